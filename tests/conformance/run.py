"""The comparison: chunks of documents through both judges, in several processes, resumable."""

import hashlib
import importlib.metadata
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from lxml import etree

from einvoice.formats import xml
from einvoice.validation import schema
from einvoice.validation.official import Saxon
from tests.conformance import fetch, seeds
from tests.conformance.aims import Aim, aims
from tests.conformance.minimise import minimise
from tests.conformance.mutants import aimed, mutants
from tests.conformance.singles import singles
from tests.conformance.verdicts import Document, Judged, judge
from tests.parts import ROOT

CHUNK = 100
"""Documents per task."""

_LITTER = 4
"""Mutants of one source in a row."""


@dataclass(frozen=True, slots=True)
class Task:
    """One chunk. kind: corpus, examples, singles, aimed or mutants; `first` and `count` say which of them.

    `rules`: whose aims; empty: those of all. `step`: one of how many singles.
    """

    kind: str
    releases: tuple[str, ...]
    seed: int
    first: int
    count: int
    rules: frozenset[str] = frozenset()
    step: int = 1

    @property
    def key(self) -> str:
        """Its name on disk."""
        chosen = (
            hashlib.sha256(" ".join(sorted(self.rules)).encode()).hexdigest()[:8] if self.rules else "all"
        )
        releases = "+".join(self.releases)
        step = f"-{self.step}" if self.step > 1 else ""
        return f"{self.kind}-{releases}-{chosen}-{self.seed}-{self.first:06}-{self.count}{step}"


@dataclass
class Tally:
    """What a chunk (or all of them) came to. Counters are keyed `release`, or `release|family rule` and the like."""

    documents: int = 0
    invalid: int = 0
    refused: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    aborted: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    """As `agreed`, on documents that pass their schema alone."""
    differed: Counter[str] = field(default_factory=Counter)
    shown: list[dict[str, str]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Adds another chunk to this one."""
        self.documents += other.documents
        self.invalid += other.invalid
        self.refused += other.refused
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        self.shown += other.shown


_COUNTERS = ("profiles", "compared", "aborted", "agreed", "valid", "differed")


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
    for source in _documents(task):
        _compare(source, task, tally)
    return tally


_saxon: list[Saxon] = []


def _engine() -> Saxon:
    if not _saxon:
        _saxon.append(Saxon())
    return _saxon[0]


def _documents(task: Task) -> Iterator[seeds.Source]:
    if task.kind == "mutants":
        yield from mutants_of(task.seed, task.first, task.count)
    elif task.kind == "aimed":
        yield from _aimed(task)
    elif task.kind == "singles":
        chosen = singles()[task.seed % task.step :: task.step][task.first : task.first + task.count]
        yield from (source for single in chosen if (source := single.source()) is not None)
    else:
        every = list(seeds.corpus() if task.kind == "corpus" else seeds.examples())
        yield from every[task.first : task.first + task.count]


def mutants_of(seed: int, first: int, count: int) -> Iterator[seeds.Source]:
    """The mutants number `first` and the following of a seed: each scenario by its share, whatever the count."""
    slots = [stratum for stratum in seeds.STRATA for _ in range(stratum.share)]
    for number in range(first, first + count, _LITTER):
        stratum = slots[number // _LITTER % len(slots)]
        source = _source(stratum, Random(f"{seed}/{number}"))
        made = mutants(source.data, _spread(seed, number), _LITTER, source.schema)
        for index, data in enumerate(made):
            yield seeds.Source(f"{source.name}#{number + index}", data, source.in_pdf)


def _source(stratum: seeds.Stratum, random: Random) -> seeds.Source:
    own, others = seeds.pools()[stratum]
    while not own or (others and random.random() < 0.35):
        if made := seeds.under(random.choice(others), stratum):
            return made
    return random.choice(own)


def every_aim(rules: frozenset[str] = frozenset()) -> list[tuple[Aim, tuple[seeds.Stratum, ...]]]:
    """Every aim, with the strata whose documents it is for; `rules`: of certain ones (`BR-01`, `cii BR-01`)."""
    found = []
    for name in dict.fromkeys(stratum.schema for stratum in seeds.STRATA):
        strata = tuple(stratum for stratum in seeds.STRATA if stratum.schema == name)
        wanted = (aim for aim in aims(name) if not rules or {aim.rule, f"{name} {aim.rule}"} & rules)
        found += [(aim, strata) for aim in wanted]
    return found


def _aimed(task: Task) -> Iterator[seeds.Source]:
    every = every_aim(task.rules)
    for number in range(task.first, task.first + task.count):
        aim, strata = every[number % len(every)]
        random = Random(f"{task.seed}/{number}")
        source = _source(random.choice(strata), random)
        data = aimed(source.data, _spread(task.seed, number), aim, source.schema)
        yield seeds.Source(f"{source.name}!{aim.rule}#{number}", data, source.in_pdf)


def _spread(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:6], "big")


def _compare(source: seeds.Source, task: Task, tally: Tally) -> None:
    try:
        document = Document(source.data, source.in_pdf)
    except (xml.Refused, KeyError):
        tally.refused += 1
        return
    tally.documents += 1
    if document.syntax == "zugferd1":
        return
    valid = _is_valid(document)
    tally.invalid += not valid
    if not valid and task.kind in ("mutants", "aimed", "singles"):
        return
    tally.profiles[document.profile] += 1
    for edition, judged in judge(document, task.releases, _engine()).items():
        if judged.official.aborts and not valid:
            continue
        tally.compared[edition] += 1
        tally.aborted[edition] += judged.official.aborts
        both = judged.native.found & judged.official.found
        fired = {f"{edition}|{document.family} {rule}" for rule, _ in both}
        tally.agreed.update(fired)
        tally.valid.update(fired if valid else ())
        for difference in judged.differences:
            tally.differed[f"{edition}|{difference}"] += 1
            if tally.differed[f"{edition}|{difference}"] <= 2:
                tally.shown.append(_shown(difference, edition, judged, source, task))


def _is_valid(document: Document) -> bool:
    return schema.official(document.schema).is_valid(document.root)


def _shown(difference: str, edition: str, judged: Judged, source: seeds.Source, task: Task) -> dict[str, str]:
    """A difference made small, as valid as it was, and written where it can be looked at."""
    valid = _is_valid(Document(source.data, source.in_pdf))

    def shows(smaller: etree._Element) -> bool:
        try:
            document = Document(etree.tostring(smaller, encoding="UTF-8"), source.in_pdf)
        except (KeyError, xml.Refused):
            return False
        if valid and not _is_valid(document):
            return False
        again = judge(document, task.releases, _engine()).get(edition)
        return again is not None and again.profile == judged.profile and difference in again.differences

    small = minimise(etree.fromstring(source.data), shows, asks=150)
    name = f"{task.kind}-{source.name}-{difference}".replace("/", "_").replace(":", "_")[-180:]
    path = fetch.HOME / "differences" / edition / f"{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(etree.tostring(small, encoding="UTF-8"))
    return {
        "difference": difference,
        "release": edition,
        "source": source.name,
        "profile": judged.profile,
        "file": str(path),
    }


def _kept(task: Task, code: str) -> Path:
    return fetch.HOME / "chunks" / code / f"{task.key}.json"


def _read(path: Path) -> Tally:
    stored = json.loads(path.read_text("utf-8"))
    for counter in _COUNTERS:
        stored[counter] = Counter(stored.get(counter, {}))
    return Tally(**stored)


_DECIDES = (
    *(f"einvoice/{room}" for room in ("model", "formats", "rulebook", "validation")),
    *(
        "einvoice/data.py",
        "einvoice/confined.py",
        "rules",
        "schemas",
        "tests/conformance",
        "tests/rulebook/examples.py",
    ),
)
"""Files and folders that a verdict, a mutant or an example depends on; work elsewhere keeps what was compared."""

_REPORTING = ("__main__.py", "conversions.py", "d16b.py", "pdfs.py", "report.py", "unreachable.tsv")
"""Files of tests/conformance that change what is said about a comparison, not the comparison; tests are others."""


def _state_of_code() -> str:
    """A digest of rules, schemas, code and engines: what was compared under another state is compared again."""
    total = hashlib.sha256()
    for package in ("factur-x", "lxml", "saxonche"):
        total.update(f"{package} {importlib.metadata.version(package)}".encode())
    for path in (path for start in _DECIDES for path in _files(ROOT / start)):
        total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()[:16]


def _files(start: Path) -> Iterator[Path]:
    """The files at and below a place that decide, in a fixed order."""
    for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
        apart = path.name in _REPORTING or path.name.startswith("test_") or path.suffix == ".md"
        if (
            path.is_file()
            and not apart
            and not {"__pycache__", "reports"} & set(path.relative_to(ROOT).parts)
        ):
            yield path


def now() -> float:
    """Seconds on a clock that only goes forward."""
    return time.monotonic()
