"""`python -m benchmarks.load FOLDER [COUNT] [URL]`: small invoices through `einvoice run` into one new store.

Prints on its way how many are through, the memory of the run and what each cost since the last line (CPU of the run,
and of its limited processes), then what a second run costs, how big the store is, and how many invoices ended in
which state. Not part of `make bench`: 100,000 take their time.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import func, select

from benchmarks.inbox import fill
from einvoice.pipeline.workplace import Workplace, init
from einvoice.store.store import Store
from einvoice.store.tables import Delivery, Invoice

EINVOICE = Path(sys.executable).with_name("einvoice")
EVERY = 30.0
"""Seconds between two looks at the run."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A run at one moment: received and recorded so far; its memory in MB; CPU seconds of it and its processes."""

    received: int
    recorded: int
    memory: float
    own: float
    limited: float


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
        _told(name, place, count)
    with closing(Store(place.store_url)) as store, store.reading() as session:
        query = select(Invoice.state, func.count()).group_by(Invoice.state).order_by(Invoice.state)
        for state, found in session.exec(query):
            print(f"  {state}: {found}")
    if (file := Store(place.store_url).file) is not None:
        print(f"  store: {file.stat().st_size / 1e6:.0f} MB")


def _told(name: str, place: Workplace, count: int) -> None:
    """Runs once, telling how it goes."""
    usage, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    memory, last = [0.0], Sample(0, 0, 0.0, 0.0, 0.0)
    with closing(Store(place.store_url)) as store:
        command = [str(EINVOICE), "run", "--config", str(place.file), "--quiet"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
            for one in _samples(run, store):
                print(f"  {time.monotonic() - began:6.0f} s: {_line(last, one)}", flush=True)
                memory.append(one.memory)
                last = one
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    print(
        f"{name}: {time.monotonic() - began:.0f} s wall, {cpu:.1f} s CPU ({1000 * cpu / count:.2f} ms each with the "
        f"verdict), {max(memory):.0f} MB at most",
        flush=True,
    )


def _line(before: Sample, now: Sample) -> str:
    received, recorded = now.received - before.received, now.recorded - before.recorded
    each = (
        f", {1000 * (now.own - before.own) / recorded:.2f} ms own and "
        f"{1000 * (now.limited - before.limited) / recorded:.2f} ms limited each"
        if recorded and not received
        else ""
    )
    return f"{now.received} received, {now.recorded} recorded, {now.memory:.0f} MB{each}"


def _samples(run: "subprocess.Popen[bytes]", store: Store) -> Iterator[Sample]:
    while run.poll() is None:
        try:
            with store.reading() as session:
                received = session.exec(select(func.max(Delivery.id))).one() or 0
                recorded = session.exec(select(func.max(Invoice.id))).one() or 0
            pages = int(Path(f"/proc/{run.pid}/statm").read_text("ascii").split()[1])
            tasks = Path(f"/proc/{run.pid}/task").glob("*/children")
            below = [int(one) for task in tasks for one in task.read_text("ascii").split()]
            own, limited = _cpu(run.pid), sum(map(_cpu, below))
        except (OSError, IndexError):
            return
        yield Sample(received, recorded, pages * resource.getpagesize() / 1e6, own, limited)
        try:
            run.wait(EVERY)
        except subprocess.TimeoutExpired:
            continue


def _cpu(process: int) -> float:
    """CPU seconds of a process so far."""
    said = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    stated = dict(enumerate(sys.argv))
    main(Path(stated[1]), int(stated.get(2, 100_000)), stated.get(3))
