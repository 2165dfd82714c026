"""Two hosts at one PostgreSQL store and one archive: one of them dies, the other takes over what it had."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import Session, col, select

from einvoice.pipeline.run import open_deliveries
from einvoice.store import times
from einvoice.store.tables import Lease
from tests.faults.bench import QUIET, Bench, bench
from tests.faults.chunks import Chunk, Found, Part

COMMAND = Path(sys.executable).with_name("einvoice")
FILES = 40
"""Put into the inbox in each round."""

_LONG = 240.0
"""Seconds in which a round must have come to rest."""


def hosts(chunk: Chunk, folder: Path) -> Found:
    """`rounds` times files come, and one of two hosts that `watch` dies while it works on them."""
    found, dice = Found(), random.Random(chunk.seed)
    if chunk.store != "postgres" or not _can():
        found.skipped = "needs PostgreSQL, and namespaces of names and processes (root)"
        return found
    with bench(folder, chunk.store) as place, contextlib.ExitStack() as stack:
        watches = {name: _watch(stack, place, name) for name in ("host-a", "host-b")}
        for number in range(chunk.rounds):
            watches |= {n: _watch(stack, place, n) for n, one in watches.items() if one.poll() is not None}
            for _ in range(FILES):
                place.put(dice.choice(QUIET))
            dying = _first_at_work(place, "source/" if number % 3 == 2 else "delivery/", dice.random())
            _end(watches[dying])
            found.places[_left(place, dying)] += 1
            found.count += 1
            found.violations += [*_others_keep_off(place, dying)]
            _run_out(place, dying)
            found.violations += _rest(place)
            watches[dying] = _watch(stack, place, dying)
        for watch in watches.values():
            _asked_to_end(watch)
        for draft in (place.folder / "data" / "archive" / ".tmp").iterdir():
            os.utime(draft, (0, time.time() - 2 * 86400))  # two days pass
        found.violations += place.violations()
    return found


def _can() -> bool:
    tried = ["unshare", "--uts", "--pid", "--fork", "true"]
    return not os.geteuid() and bool(shutil.which("unshare")) and not subprocess.run(tried).returncode


def _watch(stack: contextlib.ExitStack, place: Bench, name: str) -> "subprocess.Popen[bytes]":
    """`einvoice watch` on a host of that name, with its own numbers of processes."""
    line = f'hostname {name}; exec "$0" watch --every 1 --config "$1"'
    command = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c", line]
    with (place.folder.parent / f"{name}.log").open("ab") as log:
        started = subprocess.Popen(
            [*command, str(COMMAND), str(place.folder / "einvoice.toml")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    stack.callback(_end, started)
    return started


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a host as a power failure would."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _asked_to_end(watch: "subprocess.Popen[bytes]") -> None:
    """Asked again and again: the first process of a namespace hears no signal before it listens."""
    for _ in range(24):
        os.killpg(watch.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            watch.wait(5)
            return
    raise AssertionError("a watch does not end")


def _of(session: Session, host: str) -> list[Lease]:
    return list(session.exec(select(Lease).where(col(Lease.holder).startswith(host))))


def _left(place: Bench, host: str) -> str:
    """What a dead host had taken."""
    with place.at() as at, at.store.reading() as session:
        kinds = {one.name.partition("/")[0] for one in _of(session, host)}
    return "holding " + (", ".join(sorted(kinds)) or "nothing")


def _first_at_work(place: Bench, on: str, wait: float) -> str:
    """The host that first holds a lease of a kind, or any after a minute; then a moment more."""
    deadline = time.monotonic() + 60
    with place.at() as at:
        while time.monotonic() < deadline:
            with at.store.reading() as session:
                held = [
                    one.holder for one in session.exec(select(Lease).where(col(Lease.name).startswith(on)))
                ]
            if held:
                time.sleep(0.3 * wait)
                return held[0].partition(".")[0]
            time.sleep(0.02)
    return "host-a"


def _others_keep_off(place: Bench, dead: str) -> Iterator[str]:
    """What the dead one had is its own until its leases run out: the living one works, but not on these."""
    with place.at() as at:
        with at.store.reading() as session:
            before = {one.name: one.fence for one in _of(session, dead)}
        time.sleep(2)
        with at.store.reading() as session:
            after = {one.name: one.fence for one in _of(session, dead)}
    if before != after:
        yield f"leases of {dead} were taken before they ran out: {before} {after}"


def _run_out(place: Bench, host: str) -> None:
    """Five minutes pass for the leases of a host."""
    with place.at() as at, at.store.writing(actor=0) as work:
        for lease in _of(work.session, host):
            lease.until = times.later(times.utc_now(), -1)
            work.session.add(lease)


def _rest(place: Bench) -> Iterator[str]:
    """The other host does what is left."""
    deadline = time.monotonic() + _LONG
    with place.at() as at:
        while time.monotonic() < deadline:
            if not any(path.is_file() for path in place.inbox.iterdir()) and not open_deliveries(at):
                return
            time.sleep(0.5)
        yield f"after {_LONG:g} s not at rest: {list(open_deliveries(at))}"


PARTS: dict[str, Part] = {"hosts": hosts}
"""These disturbances by name."""
