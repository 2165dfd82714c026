"""The archive: objects named by the SHA-256 of their bytes, write-once, in areas that share nothing.

Area `arrivals` holds deliveries until they are routed, `tenants/NAME` what belongs to a tenant. An object is
complete and durable under its name or not there at all: write to a temporary name, fsync, rename, fsync
folder.
"""

import contextlib
import json
import os
import re
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from einvoice.errors import StoreError
from einvoice.store.seals import sha256

ARRIVALS = "arrivals"
MARK = "einvoice-archive.json"
"""The name of the file that says to which store an archive belongs."""

_AREA = re.compile(r"arrivals|tenants/[a-z0-9][a-z0-9-]*")
_HEX = re.compile(r"[0-9a-f]{64}")


def tenant_area(name: str) -> str:
    """The area of a tenant."""
    return f"tenants/{name}"


def checked_name(area: str, digest: str) -> None:
    """Raises StoreError for what no object of an archive can be called."""
    if not _AREA.fullmatch(area) or not _HEX.fullmatch(digest):
        raise StoreError(f"No object of the archive can be called {area}/{digest}.")


def proper_name(inner: str) -> tuple[str, str]:
    """(area, name) of what lies under a path in an archive; where no object belongs: its folder and whole path."""
    folder, _, name = inner.rpartition("/")
    area, _, first = folder.rpartition("/")
    proper = _HEX.fullmatch(name) and _AREA.fullmatch(area) and first == name[:2]
    return (area, name) if proper else (folder or ".", inner)


class Damaged(StoreError):
    """One object is missing or not what was archived; all others may be used."""


class Archive(Protocol):
    """What every kind of archive can do. All raise StoreError where the archive cannot be used."""

    def put(self, area: str, data: bytes) -> str:
        """Keeps bytes for good; returns their SHA-256. Durable when it returns; the same bytes twice are
        one.
        """

    def read(self, area: str, digest: str) -> bytes:
        """The bytes of an object, proved by its name. Raises Damaged where they are not."""

    def has(self, area: str, digest: str) -> bool:
        """Whether an object is there."""

    def remove(self, area: str, digest: str) -> None:
        """Takes an object out, for good; nothing if it is not there."""

    def objects(self) -> Iterator[tuple[str, str]]:
        """(area, name) of all that lies in the archive, whatever its name."""

    def create(self, mark: str) -> None:
        """Makes a new archive, marked as belonging to one store."""

    def belongs_to(self, mark: str) -> None:
        """Raises StoreError unless this is the archive of the store with that mark."""

    def sweep(self) -> int:
        """Removes what killed writers left half-written; returns how many."""


class FolderArchive:
    """An archive in a local folder, or on a mount that all workers share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, mark: str) -> None:
        """Makes the folder of a new archive, marked as belonging to one store."""
        with _said_plainly(self.root):
            (self.root / ".tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self.root / MARK, json.dumps({"archive": mark}).encode())

    def belongs_to(self, mark: str) -> None:
        """Raises StoreError unless this is the archive of the store with that mark."""
        try:
            found = json.loads((self.root / MARK).read_bytes())["archive"]
        except (OSError, ValueError, KeyError):
            raise StoreError(f"{self.root} is not an archive: {MARK} is missing or damaged.") from None
        if found != mark:
            raise StoreError(f"The archive {self.root} belongs to another store: check `archive`.")

    def put(self, area: str, data: bytes) -> str:
        """See Archive."""
        digest = sha256(data)
        path = self._path(area, digest)
        with _said_plainly(path):
            if self._same(path, data):
                _sync_folder(path.parent)  # whoever wrote it may have been killed before he did
            else:
                self._write(path, data)
        return digest

    def read(self, area: str, digest: str) -> bytes:
        """See Archive."""
        path = self._path(area, digest)
        if not path.exists():
            raise Damaged(f"{path} is missing. Run `einvoice archive verify`.")
        with _said_plainly(path):
            data = path.read_bytes()
        if sha256(data) != digest:
            raise Damaged(f"{path} is not what was archived. Run `einvoice archive verify`.")
        return data

    def has(self, area: str, digest: str) -> bool:
        """See Archive."""
        return self._path(area, digest).is_file()

    def link(self, area: str, digest: str, other: "FolderArchive") -> bool:
        """Gives an object of another archive a name here too, without copying; False where that cannot be."""
        path, there = self._path(area, digest), other._path(area, digest)
        try:
            _make_folder(path.parent, self.root)
            os.link(there, path)
        except OSError:
            return path.is_file()
        return True

    def remove(self, area: str, digest: str) -> None:
        """See Archive."""
        path = self._path(area, digest)
        with _said_plainly(path):
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                _sync_folder(path.parent)

    def objects(self) -> Iterator[tuple[str, str]]:
        """See Archive. A file where none belongs is given with its own path as name."""
        for folder, folders, files in os.walk(self.root):
            folders.sort()
            if Path(folder) == self.root:
                folders[:] = [name for name in folders if name != ".tmp"]
                files = [name for name in files if name != MARK]
            for name in sorted([*files, *(d for d in folders if os.path.islink(os.path.join(folder, d)))]):
                yield proper_name(Path(folder, name).relative_to(self.root).as_posix())

    def sweep(self) -> int:
        """Removes what killed writers of this host left under temporary names; returns how many."""
        gone = 0
        with _said_plainly(self.root):
            for path in (self.root / ".tmp").iterdir():
                host, _, process = path.name.partition("~")
                if host == socket.gethostname() and not _alive(process.partition("~")[0]):
                    path.unlink(missing_ok=True)
                    gone += 1
        return gone

    def _path(self, area: str, digest: str) -> Path:
        checked_name(area, digest)
        return self.root / area / digest[:2] / digest

    def _same(self, path: Path, data: bytes) -> bool:
        """Whether the object is there already; one that is damaged is never overwritten."""
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            return False
        if found != data:
            raise Damaged(f"{path} is not what was archived. Run `einvoice archive verify`.")
        return True

    def _write(self, path: Path, data: bytes) -> None:
        _make_folder(path.parent, self.root)
        name = f"{socket.gethostname()}~{os.getpid()}~{secrets.token_hex(8)}"
        temporary = self.root / ".tmp" / name
        try:
            with open(temporary, "xb", buffering=0) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
                os.fchmod(file.fileno(), 0o440)
                os.fsync(file.fileno())
            os.rename(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _make_folder(folder: Path, root: Path) -> None:
    """Makes a folder and those above it, each durable in the one above."""
    if folder.is_dir():
        return
    if folder != root:
        _make_folder(folder.parent, root)
    folder.mkdir(mode=0o750, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alive(process: str) -> bool:
    return process.isdigit() and Path("/proc", process).exists()


@contextlib.contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The archive cannot be used: {error.filename or path}: {error.strerror}."
        ) from error
