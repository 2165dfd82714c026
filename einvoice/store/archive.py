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
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from einvoice.errors import StoreError
from einvoice.store.host import this_host
from einvoice.store.seals import sha256

ARRIVALS = "arrivals"
MARK = "einvoice-archive.json"
"""The name of the file that says to which store an archive belongs."""

_AT_ONCE = 8
"""Files that wait for the disk at the same time."""

_DAY = 86_400.0
"""Seconds after which a half-written file is nobody's any more."""

T = TypeVar("T")

_AREA = re.compile(r"arrivals|tenants/[a-z0-9][a-z0-9-]*")
_HEX = re.compile(r"[0-9a-f]{64}")


def tenant_area(name: str) -> str:
    """The area of a tenant."""
    return f"tenants/{name}"


def checked_name(area: str, digest: str) -> None:
    """Raises StoreError for what no object of an archive can be called."""
    if not _AREA.fullmatch(area) or not _HEX.fullmatch(digest):
        raise StoreError(
            f"No object of the archive can be called {area}/{digest}.",
            f"Kein Objekt des Archivs kann {area}/{digest} heißen.",
        )


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

    def put_all(self, objects: Sequence[tuple[str, bytes]], lying: str | None = None) -> list[str]:
        """Keeps many (area, bytes), waiting for the disk together; their SHA-256. Durable when it returns.

        lying: an area in which they may lie already, durable: then they need not be written a second time. No two
        other areas ever share an object by it.
        """

    def read(self, area: str, digest: str) -> bytes:
        """The bytes of an object, proved by its name. Raises Damaged where they are not."""

    def has(self, area: str, digest: str) -> bool:
        """Whether an object is there."""

    def remove(self, area: str, digest: str) -> None:
        """Takes an object out, for good; nothing if it is not there."""

    def remove_all(self, objects: Sequence[tuple[str, str]]) -> None:
        """Takes many (area, SHA-256) out."""

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
        self._root = str(root)  # paths of objects are texts: a Path for each would cost as much as writing it

    def create(self, mark: str) -> None:
        """Makes the folder of a new archive, marked as belonging to one store."""
        with _said_plainly(self.root):
            (self.root / ".tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write_all({f"{self._root}/{MARK}": json.dumps({"archive": mark}).encode()})
            _sync_folder(self._root)

    def belongs_to(self, mark: str) -> None:
        """Raises StoreError unless this is the archive of the store with that mark."""
        try:
            found = json.loads((self.root / MARK).read_bytes())["archive"]
        except (OSError, ValueError, KeyError):
            raise StoreError(
                f"{self.root} is not an archive: {MARK} is missing or damaged.",
                f"{self.root} ist kein Archiv: {MARK} fehlt oder ist beschädigt.",
            ) from None
        if found != mark:
            raise StoreError(
                f"The archive {self.root} belongs to another store: check `archive`.",
                f"Das Archiv {self.root} gehört zu einem anderen Speicher: bitte `archive` prüfen.",
            )

    def put(self, area: str, data: bytes) -> str:
        """See Archive."""
        return self.put_all([(area, data)])[0]

    def put_all(self, objects: Sequence[tuple[str, bytes]], lying: str | None = None) -> list[str]:
        """See Archive. What is there already is made durable as well: its writer may have been killed before."""
        digests = [sha256(data) for _, data in objects]
        paths = {self._path(area, one): data for (area, data), one in zip(objects, digests, strict=True)}
        with _said_plainly(self.root):
            new = {path: data for path, data in paths.items() if not _same(path, data)}
            _make_folders({os.path.dirname(path) for path in new}, self._root)
            if lying is not None:
                there = {path: self._path(lying, os.path.basename(path)) for path in new}
                new = {path: data for path, data in new.items() if not _named(path, there[path], data)}
            self._write_all(new)
            side_by_side(_sync_folder, {os.path.dirname(path) for path in paths})
        return digests

    def read(self, area: str, digest: str) -> bytes:
        """See Archive."""
        path = self._path(area, digest)
        with _said_plainly(path):
            data = _bytes_of(path)
        if data is None:
            raise Damaged(f"{path} is missing. Run `einvoice archive verify`.")
        if sha256(data) != digest:
            raise Damaged(f"{path} is not what was archived. Run `einvoice archive verify`.")
        return data

    def has(self, area: str, digest: str) -> bool:
        """See Archive."""
        return os.path.isfile(self._path(area, digest))

    def link(self, area: str, digest: str, other: "FolderArchive") -> bool:
        """Gives an object of another archive a name here too, without copying; False where that cannot be."""
        path, there = self._path(area, digest), other._path(area, digest)
        try:
            _make_folders({os.path.dirname(path)}, self._root)
            os.link(there, path)
        except OSError:
            return os.path.isfile(path)
        return True

    def remove(self, area: str, digest: str) -> None:
        """See Archive."""
        self.remove_all([(area, digest)])

    def remove_all(self, objects: Sequence[tuple[str, str]]) -> None:
        """See Archive."""
        paths = [self._path(area, digest) for area, digest in objects]
        with _said_plainly(self.root):
            for path in paths:
                _unlink(path)
            folders = {os.path.dirname(path) for path in paths}
            side_by_side(_sync_folder, [one for one in folders if os.path.isdir(one)])

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
        """Removes what killed writers of this host left under temporary names, and what is a day old (of a host that
        is gone for good, such as a container); returns how many."""
        gone = 0
        with _said_plainly(self.root):
            for path in (self.root / ".tmp").iterdir():
                host, _, process = path.name.partition("~")
                dead = host == this_host() and not _alive(process.partition("~")[0])
                if dead or _age(path) > _DAY:
                    path.unlink(missing_ok=True)
                    gone += 1
        return gone

    def _path(self, area: str, digest: str) -> str:
        checked_name(area, digest)
        return f"{self._root}/{area}/{digest[:2]}/{digest}"

    def _write_all(self, files: Mapping[str, bytes]) -> None:
        """Complete under their names, or not there; the folders are not yet durable."""
        ours = f"{self._root}/.tmp/{this_host()}~{os.getpid()}~{secrets.token_hex(8)}"
        drafts = {path: f"{ours}{number}" for number, path in enumerate(files)}
        try:
            side_by_side(lambda path: _write(drafts[path], files[path]), files)
            for path, draft in drafts.items():
                os.rename(draft, path)
        except BaseException:
            for draft in drafts.values():
                _unlink(draft)
            raise


def side_by_side(act: Callable[[T], Any], items: Collection[T]) -> None:
    """Does the same with all items, several at a time, since each only waits; raises what one of them raised."""
    parts = [list(items)[first::_AT_ONCE] for first in range(min(_AT_ONCE, len(items)))]
    if len(parts) < 2:
        _each(act, items)
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(lambda part: _each(act, part), parts))


def _each(act: Callable[[T], Any], items: Iterable[T]) -> None:
    for item in items:
        act(item)


def _same(path: str, data: bytes) -> bool:
    """Whether an object is there already; one that is damaged is never overwritten."""
    found = _bytes_of(path)
    if found is not None and found != data:
        raise Damaged(f"{path} is not what was archived. Run `einvoice archive verify`.")
    return found is not None


def _bytes_of(path: str) -> bytes | None:
    """What is in a file; None where there is none."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except FileNotFoundError:
        return None


def _named(path: str, there: str, data: bytes) -> bool:
    """Gives bytes that lie elsewhere in the archive a second name, never a third, which would be another tenant's;
    False where that cannot be."""
    try:
        if _bytes_of(there) != data or os.stat(there).st_nlink != 1:
            return False
        os.link(there, path)
        if os.stat(path).st_nlink == 2:
            return True
        os.unlink(path)  # another worker gave it a name at the same moment
    except OSError:
        return False
    return False


def _write(path: str, data: bytes) -> None:
    with open(path, "xb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]
        os.fchmod(file.fileno(), 0o440)
        os.fsync(file.fileno())


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _make_folders(folders: Collection[str], root: str) -> None:
    """Makes folders and those above them up to the root, each durable in the one above."""
    missing = [one for one in folders if not os.path.isdir(one)]
    if not missing:
        return
    above = {os.path.dirname(one) for one in missing}
    _make_folders({os.path.dirname(one) for one in missing if one != root}, root)
    for one in missing:
        with contextlib.suppress(FileExistsError):
            os.mkdir(one, 0o750)
    side_by_side(_sync_folder, above)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _age(path: Path) -> float:
    """Seconds since a file was written; 0 if it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _alive(process: str) -> bool:
    return process.isdigit() and Path("/proc", process).exists()


@contextlib.contextmanager
def _said_plainly(path: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The archive cannot be used: {error.filename or path}: {error.strerror}.",
            f"Das Archiv ist nicht benutzbar: {error.filename or path}: {error.strerror}.",
        ) from error
