"""Compiled books kept on disk. A cache is used only if it is the caller's own, and may be deleted at any time."""

import contextlib
import hashlib
import marshal
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_HEAD = 32


def digests(paths: Iterable[Path]) -> dict[Path, str]:
    """SHA-256 (hex) of each file, its name and its folder's name included, wherever that folder lies."""
    found = {}
    for path in paths:
        name = f"{path.parent.name}/{path.name}\0".encode()
        found[path] = hashlib.sha256(name + path.read_bytes()).hexdigest()
    return found


def digest(parts: Iterable[str]) -> str:
    """One digest (hex) of several."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def key(*parts: str) -> str:
    """What a book is filed under: what went into it, the engine's own source and this Python."""
    return digest([sys.version, *_ENGINE, *parts])


_ENGINE = tuple(digests(sorted(Path(__file__).parent.glob("*.py"))).values())
"""Digests of the source as this process has it: read when it starts, since an update may replace the files under it,
and what an old engine makes must not be filed under a new one's key."""


def fetch(name: str) -> Any:
    """What is kept under a key; None if there is nothing that can be trusted."""
    folder = _folder(make=False)
    if folder is None:
        return None
    try:
        with (folder / f"{name}.book").open("rb") as file:
            if not _ours(os.fstat(file.fileno())):
                return None
            content = file.read()
    except OSError:
        return None
    if hashlib.sha256(content[_HEAD:]).digest() != content[:_HEAD]:
        return None
    return marshal.loads(content[_HEAD:])


def keep(name: str, what: Any) -> None:
    """Keeps what `marshal` can write; does nothing where there is no folder to write to."""
    folder = _folder(make=True)
    if folder is None:
        return
    content = marshal.dumps(what)
    with contextlib.suppress(OSError):
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(temporary, folder / f"{name}.book")


def clear() -> None:
    """Deletes all compiled books: they are made again when they are needed."""
    folder = _folder(make=False)
    for path in folder.glob("*.book") if folder is not None else ():
        path.unlink(missing_ok=True)


def _folder(make: bool) -> Path | None:
    """EINVOICE_CACHE, or `einvoice` in the user's cache folder; None unless it is the caller's alone."""
    if named := os.environ.get("EINVOICE_CACHE"):
        folder = Path(named)
    else:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        folder = Path(home, "einvoice")
    folder = folder / "books"
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _ours(folder.stat()) else None
    except OSError:
        return None


def _ours(found: os.stat_result) -> bool:
    """Whether a file or folder belongs to the caller, and no other may write it."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
