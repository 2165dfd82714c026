"""Which files a command looks at: paths, folders (recursively), globs, `-` for standard input.

In folders, names of what is hidden or half-copied are left alone; special files and links that lead out of the
given folder are reported and never opened (CONTRACT, "Documents and lines").
"""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from einvoice.errors import UsageError
from einvoice.model.problem import Problem

STDIN = "-"
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
    """A file to look at, under the name the report gives it, or the problem why it is not opened."""

    name: str
    path: Path
    problem: Problem | None = None


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
        return Found(STDIN, Path(STDIN))
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except OSError as error:
        return Found(path, Path(path), _unreadable(error))
    problem = None if kind == stat.S_IFREG else _special(kind)
    return Found(path, Path(path), problem)


def _below(folder: str) -> Iterator[Found]:
    real = os.path.realpath(folder)
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            yield Found(here, Path(here), _unreadable(error))
            continue
        folders = []
        for entry in entries:
            if is_left_alone(entry.name):
                continue
            path = os.path.join(here, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif not _leads_to_what_is_reached(path, real):
                yield _entry(path, real)
        pending += reversed(folders)


def is_left_alone(name: str) -> bool:
    """Whether a name in a folder means hidden, open in an editor or half-copied."""
    return name.startswith((".", "~$")) or name.endswith(_HALF_COPIED)


def _leads_to_what_is_reached(path: str, folder: str) -> bool:
    """Whether it is a link to a folder within the given one, whose files are reached without it."""
    return os.path.islink(path) and os.path.isdir(path) and _is_within(path, folder)


def _is_within(path: str, folder: str) -> bool:
    real = os.path.realpath(path)
    return real == folder or real.startswith(folder.rstrip(os.sep) + os.sep)


def _entry(path: str, folder: str) -> Found:
    if os.path.islink(path) and not _is_within(path, folder):
        return Found(path, Path(path), Problem("EI-FILE", {"why": "link"}))
    return named(path)


def _special(kind: int) -> Problem:
    return Problem("EI-FILE", {"why": "special", "what": _KINDS.get(kind, "special file")})


def _unreadable(error: OSError) -> Problem:
    return Problem("EI-FILE", {"why": "unreadable", "detail": error.strerror or str(error)})
