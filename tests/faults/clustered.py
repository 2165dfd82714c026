"""A call on a cluster of three machines, disturbed in the middle: its reports are those of one process."""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.dask.deadly import MARK
from tests.dask.machines import COMMAND, Machines, Process, end, machines
from tests.faults.chunks import Chunk, Found, Part
from tests.parts import CORPUS, ROOT

Reports = list[dict[str, Any]]

_PATIENT = ("--limit-time", "300")
"""On a busy machine no document is unchecked for want of time."""

_ALONE = (str(COMMAND), "--lang", "en")
"""The command without a cluster."""

RELEASES = ("kosit-2026-01-31", "en16931-1.3.16")
"""Of a rehearsal."""

DOCUMENTS = 700
"""Files of a round: several chunks for each worker."""


def clustered(chunk: Chunk, folder: Path) -> Found:
    """Rounds of a `validate` on two workers, each with another disturbance while it works."""
    found = Found()
    if chunk.store != "sqlite":
        found.skipped = "stores nothing: it runs once, as sqlite"
        return found
    inbox = _filled(folder / "inbox", random.Random(chunk.seed))
    expected = _alone(inbox)
    with machines(folder / "machines") as cluster:
        scheduler = cluster.scheduler()
        workers = [cluster.worker(2, deadly=True), cluster.worker(3, deadly=True)]
        cluster.until_there(2)
        found.places["in namespaces" if cluster.apart else "in groups of processes"] += 1
        for round_, (name, disturb) in zip(range(chunk.rounds), _turns(cluster.apart), strict=False):
            workers[:] = [cluster.kept_up(one, host) for host, one in enumerate(workers, 2)]
            said = _Round(cluster, inbox, folder / f"{round_}", scheduler, workers, expected)
            found.violations += [f"{name}: {one}" for one in (*disturb(said), *_both_back(cluster))]
            scheduler = said.scheduler
            found.count += 1
            found.places[name] += 1
    return found


def _both_back(cluster: Machines) -> Iterator[str]:
    """After each disturbance both workers are there again, without a hand: as a service is started again."""
    try:
        cluster.until_there(2)
    except AssertionError as error:
        yield f"{error}"


class _Round:
    """One call of a disturbed cluster, and what must come of it."""

    def __init__(
        self, cluster: Machines, inbox: Path, kept: Path, scheduler: Process, workers: list[Process],
        expected: Reports,
    ) -> None:  # fmt: skip
        self.cluster, self.inbox, self.kept = cluster, inbox, kept
        self.scheduler, self.workers, self.expected = scheduler, workers, expected

    def call(self, disturb: Callable[[], None], *more: str) -> tuple[int, Reports, str]:
        """Calls `validate`, and disturbs it when its first reports have come: exit code, reports, stderr."""
        process = self.cluster.call("validate", str(self.inbox), "--format", "jsonl", *_PATIENT, *more)
        assert process.stdout is not None
        assert process.stderr is not None
        errors: list[bytes] = []
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))  # type: ignore[union-attr]
        reader.start()
        reports, disturbed = [], False
        for line in process.stdout:
            reports.append(_plain(line))
            if not disturbed:
                disturbed = True
                disturb()
        reader.join()
        return process.wait(), reports, errors[0].decode()

    def whole(self, disturb: Callable[[], None]) -> Iterator[str]:
        """What is wrong with a call that must come to its end."""
        code, reports, said = self.call(disturb)
        yield from _differences(reports, self.expected)
        if code != 1 or "Traceback" in said:
            yield f"ended with {code}: {said[-500:]}"


def _turns(apart: bool) -> Iterator[tuple[str, Callable[[_Round], Iterator[str]]]]:
    every = [
        ("a machine dies", _machine_dies),
        ("a deadly document", _deadly),
        ("the scheduler dies, then --resume", _scheduler_dies),
        ("a worker stands still", _stands_still),
        ("its process dies", _process_dies),
        ("Ctrl-C", _interrupted),
        ("a machine dies in a rehearsal", _rehearsal),
        ("a machine dies while pages are made", _rendering),
    ]
    while True:
        yield from every
        if apart:
            yield "a line is cut", _cut


def _machine_dies(said: _Round) -> Iterator[str]:
    yield from said.whole(lambda: end(said.workers[0]))
    said.workers[0] = said.cluster.worker(2, deadly=True)


def _process_dies(said: _Round) -> Iterator[str]:
    """Dask's process alone; the command that started it starts another."""
    yield from said.whole(lambda: os.kill(_dask(said.workers[0].pid), signal.SIGKILL))


def _stands_still(said: _Round) -> Iterator[str]:
    """Longer than the scheduler waits (15 s), and then back."""
    group = said.workers[1].pid
    os_timer = threading.Timer(25, os.killpg, (group, signal.SIGCONT))
    os_timer.start()
    yield from said.whole(lambda: os.killpg(group, signal.SIGSTOP))
    os_timer.join()


def _cut(said: _Round) -> Iterator[str]:
    yield from said.whole(lambda: said.cluster.line(3, up=False))
    said.cluster.line(3, up=True)


def _deadly(said: _Round) -> Iterator[str]:
    """One document kills each worker that takes it: it is unchecked, the others are as ever."""
    number = len(said.expected) // 2
    file = Path(said.expected[number]["file"])
    whole = file.read_bytes()
    file.write_bytes(whole + MARK)
    code, reports, text = said.call(lambda: None)
    file.write_bytes(whole)
    odd = [n for n, one in enumerate(reports) if one["verdict"] == "unchecked"]
    if len(reports) != len(said.expected) or odd != [number] or code != 3:
        yield f"unchecked {odd}, not [{number}]; {len(reports)} reports, code {code}: {text[-300:]}"
    elif "died of it" not in reports[number]["reason"]:
        yield f"unchecked because: {reports[number]['reason']}"
    del reports[number : number + 1]
    yield from _differences(reports, said.expected[:number] + said.expected[number + 1 :])


def _scheduler_dies(said: _Round) -> Iterator[str]:
    """Exit 3, how far it came; the same call with the same --resume goes on, and does not ask twice."""
    kept = str(said.kept.with_suffix(".resume"))
    code, reports, text = said.call(lambda: end(said.scheduler), "--resume", kept)
    if code != 3 or "scheduler is lost" not in text or "Traceback" in text:
        yield f"ended with {code}: {text[-500:]}"
    yield from _differences(reports, said.expected[: len(reports)])
    said.scheduler = said.cluster.scheduler()
    said.cluster.until_there(2)  # the workers come back by themselves
    code, again, text = said.call(lambda: None, "--resume", kept)
    yield from _differences(again, said.expected)
    if code != 1 or f"Done before: {len(reports)}" not in text:
        yield f"resumed: {code}, {len(reports)} were done: {text[-300:]}"


def _interrupted(said: _Round) -> Iterator[str]:
    """What is done is done; the next call is as ever."""
    process = said.cluster.call("validate", str(said.inbox), "--format", "jsonl")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    if process.returncode != 130 or b"Broken off" not in errors or b"Traceback" in errors:
        yield f"ended with {process.returncode}: {errors.decode()[-500:]}"
    yield from said.whole(lambda: None)


def _rehearsal(said: _Round) -> Iterator[str]:
    """What a change of release means for these documents: word for word what one process says."""
    question = ["rules", "diff", *RELEASES, "--on", str(said.inbox)]
    alone = subprocess.run([*_ALONE, *question, "--isolated"], capture_output=True, check=False)
    process = said.cluster.call(*question)
    assert process.stderr is not None
    process.stderr.readline()  # connected: the first chunks are on their way
    end(said.workers[0])
    told, errors = process.communicate()
    said.workers[0] = said.cluster.worker(2, deadly=True)
    if (process.returncode, told) != (alone.returncode, alone.stdout):
        yield f"ended with {process.returncode}, not {alone.returncode}: {errors.decode()[-300:]}"


def _rendering(said: _Round) -> Iterator[str]:
    """The pages are byte for byte those of one process, one for each invoice."""
    here, there = said.kept / "here", said.kept / "there"
    question = ["show", str(said.inbox), "--html", "-o"]
    subprocess.run([*_ALONE, *question, str(here), "--isolated"], capture_output=True, check=False)
    process = said.cluster.call(*question, str(there))
    while process.poll() is None and not (there.is_dir() and any(there.iterdir())):
        time.sleep(0.02)
    end(said.workers[0])
    process.communicate()
    said.workers[0] = said.cluster.worker(2, deadly=True)
    ours, theirs = ({one.name: one.read_bytes() for one in folder.iterdir()} for folder in (here, there))
    if wrong := [name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)]:
        yield f"{len(wrong)} pages differ from those of one process: {sorted(wrong)[:3]}"


def _filled(inbox: Path, dice: random.Random) -> Path:
    """Documents of the corpus, of all kinds, drawn by a seed; the samples where the corpus is not at hand."""
    inbox.mkdir(parents=True)
    kinds = ("*.xml", "*.pdf")
    every = sorted(
        path for kind in kinds for path in (CORPUS if CORPUS.is_dir() else ROOT / "samples").rglob(kind)
    )
    for number in range(DOCUMENTS):
        path = dice.choice(every)
        shutil.copyfile(path, inbox / f"{number:05d}{path.suffix}")
    return inbox


def _alone(inbox: Path) -> Reports:
    """What one process says."""
    command = [*_ALONE, "validate", str(inbox), "--format", "jsonl", "--isolated", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, check=False)
    return [_plain(line) for line in done.stdout.splitlines()]


def _plain(line: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(line)
    del said["milliseconds"]
    return said


def _differences(reports: Reports, expected: Reports) -> Iterator[str]:
    if len(reports) != len(expected):
        yield f"{len(reports)} reports, not {len(expected)}"
    for one, other in zip(reports, expected, strict=False):
        if one != other:
            yield f"{other['file']}: {one['verdict']} {one['reason']}, not {other['verdict']}"
            return


def _dask(process: int) -> int:
    """Dask's process below `einvoice worker`."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return next(int(one) for one in children if b"dask_worker" in Path(f"/proc/{one}/cmdline").read_bytes())


PARTS: dict[str, Part] = {"cluster": clustered}
"""These disturbances by name."""
