"""The world round a run is disturbed: no space, no right to write, files half there or gone, others at work, a wrong
clock, a source that lies about sizes."""

import contextlib
import hashlib
import itertools
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from einvoice.errors import StoreError
from tests.faults.bench import OURS, QUIET, Bench, bench, numbered
from tests.faults.chunks import Chunk, Found, Part
from tests.faults.forks import Ended, Forks, forks
from tests.pipeline.mailbox import deliveries
from tests.pipeline.place import SAMPLE, demo, differences, once
from tests.store import tampering as tampers

HOUR, YEAR = 3600.0, 365 * 86400.0


def disturbed(
    chunk: Chunk, folder: Path, act: Callable[[Bench, Forks, random.Random], Iterator[str]]
) -> Found:
    """`rounds` times the same disturbance; then what must hold."""
    dice, found = random.Random(chunk.seed), Found()
    with bench(folder, chunk.store) as place, forks() as warm:
        warm.act(place.folder)
        for _ in range(chunk.rounds):
            found.violations += act(place, warm, dice)
            found.count += 1
        found.violations += place.violations()
    return found


def full(chunk: Chunk, folder: Path) -> Found:
    """The data folder's disk is full, at another byte each time; what was there stays, and freed it goes on."""
    if os.geteuid() != 0:
        return Found(skipped="only root can mount a small disk")
    with _small_disk(folder / "place" / "data"):
        return disturbed(chunk, folder, _fill)


def _fill(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    place.put("own")
    with _filled(place.folder / "data", dice.choice((0, 0, 4, 8, 16, 32, 64, 128, 256)) * 1024):
        ended = warm.act(place.folder)
    yield from plain(ended)
    yield from plain(warm.act(place.folder), done=True)


def readonly(chunk: Chunk, folder: Path) -> Found:
    """The data folder can only be read: nothing is taken, nothing moved, and one sentence says so."""
    if os.geteuid() != 0:
        return Found(skipped="only root can mount a disk that can only be read")
    with _small_disk(folder / "place" / "data"):
        return disturbed(chunk, folder, _only_read)


def _only_read(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    file = place.put("own")
    mounted = str(place.folder / "data")
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    ended = warm.act(place.folder)
    if ended.code != 4 or not file.exists():
        yield f"read-only: ended with {ended.code} {ended.place}, file there: {file.exists()}"
    subprocess.run(["mount", "-o", "remount,rw", mounted], check=True)
    yield from plain(warm.act(place.folder), done=True)


def halves(chunk: Chunk, folder: Path) -> Found:
    """A file is written in pieces while runs go on; it is never taken before it was left alone."""

    def act(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
        settings = place.folder / "einvoice.toml"
        settings.write_text(settings.read_text().replace("quiet_seconds = 0", "quiet_seconds = 3"))
        path = place.put("own")
        whole = path.read_bytes()
        path.write_bytes(b"")
        with path.open("r+b", buffering=0) as file:
            for cut in sorted(dice.sample(range(len(whole)), 3)):
                file.write(whole[file.tell() : cut])
                yield from plain(warm.act(place.folder))
                if not path.exists():
                    yield f"halves: taken after {cut} of {len(whole)} bytes"
                os.utime(path)  # what a slow machine took is none of the writer's pause
            file.write(whole[file.tell() :])
        old = time.time() - 10
        os.utime(path, (old, old))
        yield from plain(warm.act(place.folder), done=True)

    return disturbed(chunk, folder, act)


def vanishing(chunk: Chunk, folder: Path) -> Found:
    """A file is replaced and taken back while runs go on: what is archived is whole and was there."""
    found, versions = Found(), [numbered(OURS, f"v{i}") for i in range(50)]
    there = {hashlib.sha256(one).hexdigest() for one in versions}
    with bench(folder, chunk.store) as place, forks() as warm:
        stop = threading.Event()
        swapping = threading.Thread(target=_swap, args=(place.inbox / "swapped.xml", versions, stop))
        swapping.start()
        for _ in range(chunk.rounds):
            found.count += 1
            found.violations += plain(warm.act(place.folder), done=True)
        stop.set()
        swapping.join()
        found.violations += plain(warm.act(place.folder), done=True)
        taken = [row.sha256 for row in deliveries(place.folder)]
        aside = [hashlib.sha256(p.read_bytes()).hexdigest() for p in place.inbox.glob("processed/*")]
        if not set(taken) | set(aside) <= there or not set(aside) <= set(taken):
            found.violations.append("vanishing: bytes that were never there, or that nobody took")
        found.violations += [f"vanishing: {one.where}" for one in differences(place.folder)]
    return found


def _swap(path: Path, versions: list[bytes], stop: threading.Event) -> None:
    """Puts one version after the other under the same name, now and then none."""
    for number in itertools.count():
        if stop.is_set():
            return
        part = path.with_suffix(".part")
        part.write_bytes(versions[number % len(versions)])
        part.rename(path)
        if number % 5 == 4:
            path.unlink(missing_ok=True)
        time.sleep(0.002)


def together(chunk: Chunk, folder: Path) -> Found:
    """Two and three runs at once do what one does."""
    return disturbed(chunk, folder, _at_once)


def _at_once(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    for _ in range(3):
        place.put(dice.choice(QUIET))
    running = [warm.begin(place.folder) for _ in range(dice.choice((2, 3)))]
    for pid in running:
        yield from plain(warm.end(pid), done=True)


def clock(chunk: Chunk, folder: Path) -> Found:
    """The clock jumps: an hour or a year forth and back, while leases are held by those who were killed."""
    return disturbed(chunk, folder, _jump)


def _jump(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    place.put(dice.choice(QUIET))
    warm.act(place.folder, last=dice.randint(20, 120), shift=dice.choice((HOUR, YEAR)))
    yield from plain(warm.act(place.folder, shift=dice.choice((-HOUR, -YEAR, HOUR, YEAR))), done=True)


def lies(chunk: Chunk, folder: Path) -> Found:
    """A source says of every file that it has none, one, or a great many bytes."""
    return disturbed(chunk, folder, _lie)


def _lie(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    place.put(dice.choice(QUIET))
    yield from plain(warm.act(place.folder, lie=dice.choice((0, 1, 10**6, 10**12))))
    yield from plain(warm.act(place.folder), done=True)


def tampering(chunk: Chunk, folder: Path) -> Found:
    """`rounds` changes behind its back, one at a time: each is found, and nothing where nothing was changed."""
    dice, found = random.Random(chunk.seed), Found()
    if chunk.store == "postgres":
        return Found(skipped="done on SQLite, whose rows have the same digests")
    folder.mkdir(parents=True)
    place = demo(folder, SAMPLE, "05-mail.eml", "06-sammlung.zip")
    once(place)
    mine = tampers.Bench.of(place / "data" / "einvoice.sqlite", place / "data" / "archive")
    while found.count < chunk.rounds and not found.violations:
        with tampers.tampered(mine, dice) as act:
            if act is None:
                continue
            found.count += 1
            found.places[act] += 1
            with contextlib.suppress(StoreError):
                if not mine.differences(against=act == "cut_a_chain"):
                    found.violations.append(f"not found: {act}, number {found.count}")
        if found.count % 20 == 0 and mine.differences(against=True):
            found.violations.append(f"false alarm after {act}")
    return found


def plain(ended: Ended, *, done: bool = False) -> list[str]:
    """What is wrong with how an act ended: with a trace, or not wholly `done` where it must be."""
    if ended.code in ((0,) if done else (0, 3, 4)):
        return []
    return [f"ended with {ended.code}: {ended.place}"]


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A disk of its own for a folder, in memory."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "faults", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def _filled(folder: Path, free: int) -> Iterator[None]:
    """All of a disk is taken but for these bytes."""
    filler = folder / "filler"
    left = max(0, shutil.disk_usage(folder).free - free)
    filler.write_bytes(bytes(left))
    try:
        yield
    finally:
        filler.unlink()


def soak(chunk: Chunk, folder: Path) -> Found:
    """All of this and kills in any order, on one workplace."""
    if os.geteuid() != 0:
        return Found(skipped="only root can mount a small disk")
    dice, found = random.Random(chunk.seed), Found()
    with _small_disk(folder / "place" / "data"), bench(folder, chunk.store) as place, forks() as warm:
        warm.act(place.folder)
        while found.count < chunk.rounds and not found.violations:
            act = dice.choice(ACTS)
            found.violations += act(place, warm, dice)
            found.count += 1
            found.places[act.__name__.strip("_")] += 1
            if found.count % 10 == 0:
                found.violations += place.violations()
    return found


def _kill(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    place.put(dice.choice(QUIET))
    warm.act(place.folder, last=dice.randint(1, 400))
    yield from plain(warm.act(place.folder), done=True)


def _few_files(place: Bench, warm: Forks, dice: random.Random) -> Iterator[str]:
    place.put(dice.choice(QUIET))
    yield from plain(warm.act(place.folder, files=dice.randint(0, 24)))
    yield from plain(warm.act(place.folder), done=True)


def descriptors(chunk: Chunk, folder: Path) -> Found:
    """A process may open few files, sometimes hardly any: it ends in a sentence, and with more it goes on."""
    return disturbed(chunk, folder, _few_files)


ACTS = (_fill, _only_read, _at_once, _jump, _lie, _kill, _few_files)
"""What may be done to a workplace whose data lie on a small disk, one after the other."""

PARTS: dict[str, Part] = {
    "full": full,
    "readonly": readonly,
    "halves": halves,
    "vanishing": vanishing,
    "together": together,
    "clock": clock,
    "lies": lies,
    "tampering": tampering,
    "descriptors": descriptors,
    "soak": soak,
}
"""The disturbances by name."""
