"""The database is in the way: held by another, restarted in mid-run, its answers lost, slow or cut."""

import contextlib
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests import cluster
from tests.faults.bench import QUIET, Bench, bench
from tests.faults.chunks import Chunk, Found, Part
from tests.faults.disturbed import disturbed, plain
from tests.faults.forks import Forks, forks
from tests.faults.proxy import Proxy, before

_PATIENCE = 0.3
"""Seconds a run waits for a lock here; 30 elsewhere."""


def locked(chunk: Chunk, folder: Path) -> Found:
    """Another holds the store: longer than a run waits, it ends in a sentence and took nothing; else it goes on."""
    dice, found = random.Random(chunk.seed), Found()
    with bench(folder, chunk.store) as place, forks() as warm:
        warm.act(place.folder)
        for _ in range(chunk.rounds):
            file = place.put("own")
            with _held(place):
                ended = warm.act(place.folder, patience=_PATIENCE)
                if ended.code != 4 or not file.exists():
                    found.violations.append(f"locked: ended with {ended.code} {ended.place}, {file.exists()}")
            with _held(place):
                pid = warm.begin(place.folder, patience=20)
                time.sleep(dice.random())
            found.violations += plain(warm.end(pid), done=True)
            found.count += 1
        found.violations += place.violations()
    return found


@contextlib.contextmanager
def _held(place: Bench) -> Iterator[None]:
    """The store, in another's hands."""
    if place.url is None:
        with contextlib.closing(sqlite3.connect(place.folder / "data" / "einvoice.sqlite")) as other:
            other.isolation_level = None
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    import psycopg

    with psycopg.connect(place.url.replace("+psycopg", "")) as other_line:
        other_line.execute("SET einvoice.tenant = 'all'")
        other_line.execute("LOCK TABLE head IN ACCESS EXCLUSIVE MODE")
        yield
        other_line.rollback()


def restarted(chunk: Chunk, folder: Path) -> Found:
    """The server ends all our lines, or is stopped as by a power failure, at any moment of a run, and comes back."""
    if chunk.store != "postgres":
        return Found(skipped="SQLite has no server")
    with _own_server():

        def act(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
            place.put(dice.choice(QUIET))
            pid = warm.begin(place.folder)
            time.sleep(dice.random() * 0.6)
            dice.choice((cluster.end_lines, cluster.restart))()
            yield from plain(warm.end(pid))
            yield from plain(warm.act(place.folder), done=True)

        return disturbed(chunk, folder, act)


@contextlib.contextmanager
def _own_server() -> Iterator[None]:
    """A server that others do not use, so that it may be stopped."""
    with tempfile.TemporaryDirectory(prefix="einvoice-pg-") as folder, cluster.at(Path(folder) / "server"):
        Path(folder).chmod(0o755)
        try:
            yield
        finally:
            cluster.stop()


def unknown(chunk: Chunk, folder: Path) -> Found:
    """The answer to a COMMIT is lost, a line is cut or slow: what happened is looked up, not assumed."""
    if chunk.store != "postgres":
        return Found(skipped="SQLite answers in the process itself")
    dice, found = random.Random(chunk.seed), Found()
    with contextlib.ExitStack() as stack:
        door = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="einvoice-proxy-"))) / "door"
        proxy = stack.enter_context(before(cluster.started(), door))
        place, warm = stack.enter_context(bench(folder, chunk.store, door)), stack.enter_context(forks())
        warm.act(place.folder)
        while found.count < chunk.rounds and not found.violations:
            place.put(dice.choice(QUIET))
            how, broken = _break(proxy, dice), proxy.broken
            found.violations += plain(warm.act(place.folder))
            proxy.whole()
            found.violations += plain(warm.act(place.folder), done=True)
            if proxy.broken > broken or how == "slow":
                found.count += 1
                found.places[how] += 1
        found.violations += place.violations()
    return found


def _break(proxy: Proxy, dice: random.Random) -> str:
    how = dice.choice(("commit", "commit", "cut", "slow"))
    if how == "commit":
        proxy.lose_commit = dice.randint(1, 8)
    elif how == "cut":
        proxy.cut = dice.randint(500, 60_000)
    else:
        proxy.stall = 0.002
    return {"commit": "answer to COMMIT lost", "cut": "line cut"}.get(how, how)


PARTS: dict[str, Part] = {"locked": locked, "restarted": restarted, "unknown": unknown}
"""The disturbances of the database by name."""
