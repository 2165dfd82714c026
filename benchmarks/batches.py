"""What many files cost in one process and in two: CPU of whole calls of `einvoice validate`, and their memory."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inbox import fill
from benchmarks.starts import EINVOICE, cpu


@dataclass(slots=True)
class Cost:
    """What a call cost: seconds of CPU and of wall time, and MB at most of its biggest process."""

    cpu: float
    wall: float
    memory: float


def batches(quick: bool) -> Iterator[tuple[str, float]]:
    """Figures of a batch. Each call is made several times, in turns; the best counts.

    A machine with others on it spreads no work evenly: scaling is the CPU of one process beside half of all that
    two need together, which is what the clock shows where two cores are free.
    """
    few, many, rounds = (200, 1_000, 2) if quick else (1_000, 10_000, 2)
    with tempfile.TemporaryDirectory() as folder:
        small, big = (_filled(Path(folder) / str(count), count) for count in (few, many))
        start, one, two = _best({"start": (small, 1), "one": (big, 1), "two": (big, 2)}, rounds).values()
        fresh = _best({"two": (small, 2)}, rounds)["two"]
        called_one, called_two = _best({"one": (big, 1), "two": (big, 2)}, rounds, _called).values()
    apart = many - few
    yield "batch-overhead", 1000 * ((two.cpu - fresh.cpu) - (one.cpu - start.cpu)) / apart
    yield "batch-scaling", one.cpu / (two.cpu / 2)
    yield "batch-wall", one.wall / two.wall
    yield "many-scaling", called_one.cpu / (called_two.cpu / 2)
    if not quick:
        yield "batch-memory", one.memory / start.memory
    told = f"one {one.cpu:.1f} s CPU, {one.wall:.1f} s wall, {one.memory:.0f} MB; "
    told += f"two {two.cpu:.1f} s CPU, {two.wall:.1f} s wall"
    print(f"  {many} files: {told}", file=sys.stderr)


def _filled(folder: Path, count: int) -> Path:
    folder.mkdir()
    fill(folder, count)
    return folder


def _commanded(folder: Path, jobs: int) -> list[str]:
    return [EINVOICE, "validate", "--isolated", str(folder), "--jobs", str(jobs), "--format", "jsonl"]


def _called(folder: Path, jobs: int) -> list[str]:
    """A program of two lines that asks the library."""
    asked = f"map(str, pathlib.Path({str(folder)!r}).iterdir()), jobs={jobs}"
    return [
        sys.executable,
        "-c",
        f"import einvoice, pathlib\nfor one in einvoice.validate_many({asked}): pass",
    ]


def _best(
    calls: dict[str, tuple[Path, int]], rounds: int, call: Callable[[Path, int], list[str]] = _commanded
) -> dict[str, Cost]:
    best: dict[str, Cost] = {}
    for _ in range(rounds):
        for name, (folder, jobs) in calls.items():
            found = _cost(call(folder, jobs))
            known = best.setdefault(name, found)
            known.cpu, known.wall = min(known.cpu, found.cpu), min(known.wall, found.wall)
    return best


def _cost(call: list[str]) -> Cost:
    began = time.monotonic()
    spent, memory = cpu(call)
    return Cost(spent, time.monotonic() - began, memory / 1024)
