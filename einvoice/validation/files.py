"""Which files a command looks at: paths, folders (recursively), globs, `-` for standard input.

In folders, names of what is hidden or half-copied are left alone; special files and links that lead out of the
given folder are reported and never opened (CONTRACT, "Documents and lines").
"""

import glob
import io
import os
import select
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from einvoice.errors import UsageError
from einvoice.model.problem import Problem

STDIN = "-"
_STEP_SECONDS = 0.2
_HALF_COPIED = (".part", ".tmp", ".crdownload", ".filepart", ".swp")
_KINDS = {
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFDIR: "folder",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at, under the name the report gives it, or the problem why it is not opened; its bytes."""

    name: str
    problem: Problem | None = None
    size: int = 0

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.name)

    def read(self) -> bytes:
        """Its bytes, all of standard input for `-`. Raises OSError."""
        if self.name == STDIN:
            return _standard_input()
        with open(
            self.name, "rb", buffering=0
        ) as source:  # which asks the system half as much as `read_bytes`
            return source.readall()


def _standard_input() -> bytes:
    """Waits in short steps: a signal that comes just before a read begins would be heard only when that ends."""
    stream = sys.stdin.buffer
    try:
        number = stream.fileno()
    except io.UnsupportedOperation:  # in memory: nothing to wait for
        return stream.read()
    parts: list[bytes] = []
    while not parts or parts[-1]:
        while not select.select([number], [], [], _STEP_SECONDS)[0]:
            pass
        parts.append(os.read(number, 1 << 20))
    return b"".join(parts)


class Reached(Collection[Found]):
    """The files below some paths, counted, and gone through anew whenever they are asked for: a hundred thousand
    of them are not kept. Raises UsageError as `reach` does.

    output: where the call writes. What is made there is none of them: a new file, or whatever lies in a folder; where
    that folder itself is looked at, they are what it holds before anything is written.
    """

    def __init__(self, paths: Sequence[str], output: str | Path | None = None) -> None:
        self._paths = tuple(paths)
        self._own = None if output is None or os.path.isfile(output) else os.path.realpath(output)
        looked_at = self._own is not None and any(_is_within(one, self._own) for one in paths)
        self._held = tuple(reach(paths)) if looked_at else None
        self._count = sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Found]:
        if self._held is not None:
            return iter(self._held)
        return reach(self._paths) if self._own is None else self._others(self._own)

    def _others(self, own: str) -> Iterator[Found]:
        """Those that this call has not made. Links are followed once a folder."""
        folder, real = None, ""
        for one in reach(self._paths):
            here, name = os.path.split(one.name)
            if here != folder:
                folder, real = here, os.path.realpath(here)
            if not _lies_in(os.path.join(real, name), own):
                yield one

    def __contains__(self, found: object) -> bool:
        return any(one == found for one in self)


def reach(paths: Sequence[str]) -> Iterator[Found]:
    """The files below `paths`, in the order given, folders sorted by name.

    Raises UsageError where a named path does not exist, before anything is looked at.
    """
    given = [named for path in paths for named in _expanded(path)]
    for path in given:
        if path != STDIN and not os.path.lexists(path):
            raise UsageError(f"{path}: no such file or folder", f"{path}: Datei oder Ordner nicht gefunden")
    for path in given:
        if path != STDIN and os.path.isdir(path):
            yield from _below(path)
        else:
            yield named(path)


def _expanded(path: str) -> list[str]:
    """The paths a glob means; a path that exists, or a glob without any match, as it is."""
    if path == STDIN or os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    return sorted(glob.glob(path, recursive=True)) or [path]


def named(path: str) -> Found:
    """A file given by name is always taken, unless it is none."""
    if path == STDIN:
        return Found(STDIN)
    try:
        return _judged(path, os.stat(path))
    except OSError as error:
        return Found(path, _unreadable(error))


def _judged(path: str, state: os.stat_result) -> Found:
    kind = stat.S_IFMT(state.st_mode)
    return Found(path, None if kind == stat.S_IFREG else _special(kind), state.st_size)


def _below(folder: str) -> Iterator[Found]:
    real = os.path.realpath(folder)
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            names = os.listdir(here)
        except OSError as error:
            yield Found(here, _unreadable(error))
            continue
        names.sort()
        folders = []
        for name in names:
            if is_left_alone(name):
                continue
            path = os.path.join(here, name)
            found = _entry(path, real)
            if found is _FOLDER:
                folders.append(path)
            elif found is not None:
                yield found
        pending += reversed(folders)


def is_left_alone(name: str) -> bool:
    """Whether a name in a folder means hidden, open in an editor or half-copied."""
    return name.startswith((".", "~$")) or name.endswith(_HALF_COPIED)


def _leads_to_what_is_reached(path: str, folder: str) -> bool:
    """Whether a link is one to a folder within the given one, whose files are reached without it."""
    return os.path.isdir(path) and _is_within(path, folder)


def _is_within(path: str, folder: str) -> bool:
    return _lies_in(os.path.realpath(path), folder)


def _lies_in(real: str, folder: str) -> bool:
    return real == folder or real.startswith(folder.rstrip(os.sep) + os.sep)


_FOLDER = Found("")
"""Stands for a folder, whose files are reached one by one."""


def _entry(path: str, folder: str) -> Found | None:
    """What stands in a folder; None for what is reached elsewhere, too."""
    try:
        state = os.lstat(path)
    except OSError as error:
        return Found(path, _unreadable(error))
    if stat.S_ISDIR(state.st_mode):
        return _FOLDER
    if not stat.S_ISLNK(state.st_mode):
        return _judged(path, state)
    if _leads_to_what_is_reached(path, folder):
        return None
    return named(path) if _is_within(path, folder) else Found(path, Problem("EI-FILE", {"why": "link"}))


def _special(kind: int) -> Problem:
    return Problem("EI-FILE", {"why": "special", "what": _KINDS.get(kind, "special file")})


def _unreadable(error: OSError) -> Problem:
    return Problem("EI-FILE", {"why": "unreadable", "detail": error.strerror or str(error)})
