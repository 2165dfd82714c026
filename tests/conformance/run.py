"""The comparison: chunks of documents through both judges, in several processes, resumable."""

import hashlib
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from einvoice.formats import xml
from einvoice.validation import schema
from einvoice.validation.official import Saxon
from tests.conformance import fetch, seeds
from tests.conformance.minimise import minimise
from tests.conformance.mutants import mutants
from tests.conformance.verdicts import Judged, judge, scenario_of
from tests.parts import ROOT

CHUNK = 100
"""Documents per task."""


@dataclass(frozen=True, slots=True)
class Task:
    """One chunk. kind: corpus, examples or mutants; `first` and `count` say which of them."""

    kind: str
    release: str
    seed: int
    first: int
    count: int

    @property
    def key(self) -> str:
        """Its name on disk."""
        return f"{self.kind}-{self.release}-{self.seed}-{self.first:06}-{self.count}"


@dataclass
class Tally:
    """What a chunk (or all of them) came to."""

    documents: int = 0
    invalid: int = 0
    aborted: int = 0
    refused: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    differed: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Adds another chunk to this one."""
        self.documents += other.documents
        self.invalid += other.invalid
        self.aborted += other.aborted
        self.refused += other.refused
        self.profiles.update(other.profiles)
        self.agreed.update(other.agreed)
        self.differed.update(other.differed)
        self.shown += other.shown


def run(tasks: list[Task], jobs: int, fresh: bool = False) -> Iterator[tuple[Task, Tally]]:
    """The result of each task, as it comes; those done before are read from `.conformance/` unless `fresh`."""
    code = _state_of_code()
    waiting = []
    for task in tasks:
        known = _kept(task, code)
        if known.is_file() and not fresh:
            yield task, _read(known)
        else:
            waiting.append(task)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        pending = {pool.submit(work, task): task for task in waiting}
        for done in as_completed(pending):
            task, tally = pending[done], done.result()
            path = _kept(task, code)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(vars(tally)), "utf-8")
            yield task, tally


def work(task: Task) -> Tally:
    """Compares one chunk; runs in a process of its own."""
    tally = Tally()
    shown: Counter[str] = Counter()
    for source in _documents(task):
        _compare(source, task, tally, shown)
    return tally


_saxon: list[Saxon] = []


def _engine() -> Saxon:
    if not _saxon:
        _saxon.append(Saxon())
    return _saxon[0]


def _documents(task: Task) -> Iterator[seeds.Source]:
    if task.kind == "mutants":
        yield from _mutants(task)
        return
    every = list(seeds.corpus() if task.kind == "corpus" else seeds.examples(task.release))
    yield from every[task.first : task.first + task.count]


def _mutants(task: Task) -> Iterator[seeds.Source]:
    """One seed document in four is of a Factur-X profile."""
    plain, profiles = _seeds()
    for number in range(task.first, task.first + task.count, 4):
        pool = profiles if profiles and (number // 4) % 4 == 3 else plain
        source = pool[_spread(task.seed, number) % len(pool)]
        made = mutants(source.data, _spread(task.seed, number), 4, source.schema)
        for index, data in enumerate(made):
            yield seeds.Source(f"{source.name}#{number + index}", data, source.in_pdf)


_seeds_kept: list[tuple[list[seeds.Source], list[seeds.Source]]] = []


def _seeds() -> tuple[list[seeds.Source], list[seeds.Source]]:
    if not _seeds_kept:
        _seeds_kept.append((seeds.accepted(), seeds.facturx()))
    return _seeds_kept[0]


def _spread(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:6], "big")


def _compare(source: seeds.Source, task: Task, tally: Tally, shown: Counter[str]) -> None:
    try:
        root = xml.parse(source.data)
        syntax, scenario = scenario_of(root, source.in_pdf)
    except (xml.Refused, KeyError):
        tally.refused += 1
        return
    tally.documents += 1
    if syntax == "zugferd1":
        return
    valid = schema.official(f"facturx-{scenario.facturx}" if scenario.facturx else syntax).is_valid(root)
    tally.invalid += not valid
    if not valid and task.kind == "mutants":
        return
    judged = judge(root, task.release, _engine(), source.in_pdf)
    if judged.official.aborts and not valid:
        return
    tally.aborted += judged.official.aborts
    tally.profiles[judged.profile] += 1
    family = judged.profile.split()[0] if scenario.facturx else syntax[:3]
    tally.agreed.update(f"{family} {rule}" for rule, _ in judged.native.found & judged.official.found)
    tally.differed.update(judged.differences)
    for difference in judged.differences:
        shown[difference] += 1
        if shown[difference] <= 2:
            tally.shown.append(_shown(difference, judged, source, root, task))


def _shown(
    difference: str, judged: Judged, source: seeds.Source, root: etree._Element, task: Task
) -> dict[str, str]:
    """A difference made small and written where it can be looked at."""

    def shows(smaller: etree._Element) -> bool:
        try:
            again = judge(smaller, task.release, _engine(), source.in_pdf)
        except (KeyError, AttributeError):
            return False
        return again.profile == judged.profile and difference in again.differences

    small = minimise(root, shows, asks=150)
    name = f"{task.kind}-{source.name}-{difference}".replace("/", "_").replace(":", "_")[-180:]
    path = fetch.HOME / "differences" / task.release / f"{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(etree.tostring(small, encoding="UTF-8", pretty_print=True))
    return {
        "difference": difference,
        "source": source.name,
        "profile": judged.profile,
        "file": str(path),
    }


def _kept(task: Task, code: str) -> Path:
    return fetch.HOME / "chunks" / code / f"{task.key}.json"


def _read(path: Path) -> Tally:
    stored = json.loads(path.read_text("utf-8"))
    for counter in ("profiles", "agreed", "differed"):
        stored[counter] = Counter(stored[counter])
    return Tally(**stored)


def _state_of_code() -> str:
    """A digest of rules, schemas and code: what was compared under another state is compared again."""
    total = hashlib.sha256()
    for folder in ("einvoice", "rules", "schemas", "tests/conformance"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(str(path).encode() + path.read_bytes())
    return total.hexdigest()[:16]


def now() -> float:
    """Seconds on a clock that only goes forward."""
    return time.monotonic()
