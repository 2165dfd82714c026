"""`python -m benchmarks.load FOLDER [COUNT] [URL]`: small invoices through `einvoice run` into one new store.

Prints what the run cost (CPU of the run and of its limited processes, wall time, memory over time), what a second run
costs, and how many invoices ended in which state. Not part of `make bench`: 100,000 take their time.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlmodel import func, select

from benchmarks.inbox import fill
from einvoice.pipeline.workplace import Workplace, init
from einvoice.store.store import Store
from einvoice.store.tables import Invoice

EINVOICE = Path(sys.executable).with_name("einvoice")
EVERY = 10.0
"""Seconds between two looks at the memory of the run."""


def main(folder: Path, count: int = 100_000, url: str | None = None) -> None:
    """Makes the workplace, runs twice, tells."""
    place = init(folder, demo=True, **({"url": url} if url else {}))
    for sample in place.inbox.iterdir():
        sample.unlink()
    fill(place.inbox, count)
    print(
        f"{count} invoices, Python {sys.version.split()[0]}, {place.store_url.partition(':')[0]}", flush=True
    )
    for name in ("first run", "second run"):
        wall, cpu, memory = _run(place)
        first, last = (memory or [0.0])[min(2, len(memory) - 1)], max(memory or [0.0])
        print(
            f"{name}: {wall:.0f} s wall, {cpu:.0f} s CPU ({1000 * cpu / count:.2f} ms each with the verdict), "
            f"{first:.0f} MB early, {last:.0f} MB at most",
            flush=True,
        )
        print("  MB over time:", " ".join(f"{one:.0f}" for one in memory), flush=True)
    for state, found in _states(place):
        print(f"  {state}: {found}")


def _run(place: Workplace) -> tuple[float, float, list[float]]:
    """Wall and CPU seconds of one run with its processes, and its resident memory (MB) every so often."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [str(EINVOICE), "run", "--config", str(place.file), "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
        memory = list(_memory(run))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu, memory


def _memory(run: "subprocess.Popen[bytes]") -> Iterator[float]:
    while run.poll() is None:
        try:
            pages = int(Path(f"/proc/{run.pid}/statm").read_text("ascii").split()[1])
        except (OSError, IndexError):
            return
        yield pages * resource.getpagesize() / 1e6
        try:
            run.wait(EVERY)
        except subprocess.TimeoutExpired:
            continue


def _states(place: Workplace) -> list[tuple[str, int]]:
    with closing(Store(place.store_url)) as store, store.reading() as session:
        query = select(Invoice.state, func.count()).group_by(Invoice.state).order_by(Invoice.state)
        return list(session.exec(query))


if __name__ == "__main__":
    stated = dict(enumerate(sys.argv))
    main(Path(stated[1]), int(stated.get(2, 100_000)), stated.get(3))
