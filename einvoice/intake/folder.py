"""The folder source: files that were left alone long enough, and where they go once they are safe."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from einvoice.validation.files import is_left_alone

PROCESSED = "processed"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file in a source: its path, and what tells this arrival from any other (name, time, size)."""

    path: Path
    handle: str


def arrived(folder: Path, quiet: float) -> Iterator[Arrived]:
    """The files ready to be taken, by name. Half-copied names, links and special files are left where they are.

    A file is ready when it was not changed for `quiet` seconds.
    """
    now = time.time()
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if is_left_alone(entry.name) or not entry.is_file(follow_symlinks=False):
                continue
            state = entry.stat(follow_symlinks=False)
            if now - state.st_mtime >= quiet or state.st_mtime > now + 3600:
                yield Arrived(Path(entry.path), f"{entry.name}/{state.st_mtime_ns}/{state.st_size}")


def unchanged(file: Arrived) -> bool:
    """Whether the file is still the one that was read."""
    try:
        state = file.path.stat(follow_symlinks=False)
    except OSError:
        return False
    return file.handle == f"{file.path.name}/{state.st_mtime_ns}/{state.st_size}"


def set_aside(file: Arrived) -> None:
    """Moves a file that is safe in the archive to `processed`, under a name that is free there."""
    kept = file.path.parent / PROCESSED
    kept.mkdir(mode=0o750, exist_ok=True)
    target, number = kept / file.path.name, 1
    while target.exists():
        number += 1
        target = kept / f"{file.path.stem} ({number}){file.path.suffix}"
    file.path.rename(target)
