"""The location source: a folder or bucket prefix by URL (S3, SFTP, SMB, WebDAV), read through fsspec."""

import contextlib
import posixpath
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from einvoice.errors import EinvoiceError
from einvoice.intake.filesystem import filesystem
from einvoice.intake.quiet import Seen, settled
from einvoice.intake.settings import LocationSettings
from einvoice.intake.source import Gone, Kept, Ready, SourceProblem, plainly

T = TypeVar("T")
_MARKS = ("ETag", "etag", "mtime", "LastModified", "last_write_time", "modified", "created")
_TIMES = ("LastModified", "mtime", "last_write_time", "modified", "created")


class LocationSource:
    """See Source. Things lie directly below the URL; what is deeper is left alone."""

    identity: Literal["handle", "bytes"] = "handle"

    def __init__(self, settings: LocationSettings) -> None:
        self.settings = settings
        self.secret = settings.password.reveal(settings.base) if settings.password else None
        self.remembers = settings.after == "keep"
        self.files, self.root = self._do(lambda: filesystem(settings, self.secret))
        self.processed = posixpath.join(self.root, settings.processed)

    def ready(self) -> Iterator[Ready]:
        """See Source. Objects of S3 are whole or not there; elsewhere a second look proves that nobody writes."""
        quiet = 0.0 if self.settings.url.startswith("s3:") else self.settings.quiet_seconds
        for one in settled(lambda: self._list(self.root), quiet, own_clock=False):
            yield Ready(f"{one.name}/{one.mark}", one.name, one.size)

    def read(self, one: Ready) -> bytes:
        """See Source."""
        path = posixpath.join(self.root, one.name)
        data = self._do(lambda: self.files.cat_file(path))
        if len(data) != (one.size or 0) or not self._same(path, one):
            raise Gone
        return bytes(data)

    def acknowledge(self, one: Ready) -> None:
        """See Source."""
        path = posixpath.join(self.root, one.name)
        if self.remembers:
            return
        with contextlib.suppress(Gone):
            if self._same(path, one):
                self._do(lambda: self.files.makedirs(self.processed, exist_ok=True))
                target = self._free(one.name)
                self._do(lambda: self.files.mv(path, target))

    def kept(self) -> Iterator[Kept]:
        """See Source."""
        if self.remembers or not self._exists(self.processed):
            return
        for one in sorted(self._list(self.processed), key=lambda seen: seen.name):
            if one.modified is not None:
                yield Kept(one.name, datetime.fromtimestamp(one.modified, UTC))

    def read_kept(self, one: Kept) -> bytes:
        """See Source."""
        return bytes(self._do(lambda: self.files.cat_file(posixpath.join(self.processed, one.place))))

    def release(self, one: Kept) -> None:
        """See Source."""
        with contextlib.suppress(Gone):
            self._do(lambda: self.files.rm_file(posixpath.join(self.processed, one.place)))

    def faults(self) -> Iterator[EinvoiceError]:
        """See Source. Whether things may be moved cannot be seen without moving one."""
        try:
            self._list(self.root)
        except SourceProblem as error:
            yield error

    def close(self) -> None:
        """See Source."""
        with contextlib.suppress(Exception):
            client = self.files.client
            getattr(client, "http", client).close()

    def _list(self, folder: str) -> list[Seen]:
        self._do(lambda: self.files.invalidate_cache())
        try:
            rows = self._do(lambda: self.files.ls(folder, detail=True))
        except Gone:
            if self._is_empty_prefix():
                return []
            raise SourceProblem(
                f"{self.settings.url}: there is no such place.",
                f"{self.settings.url}: Diesen Ort gibt es nicht.",
            ) from None
        return [_seen(row) for row in rows if row.get("type") == "file" and _name(row)]

    def _is_empty_prefix(self) -> bool:
        """Whether there is a bucket: a prefix of it without objects is a place that waits for some."""
        return self.settings.url.startswith("s3:") and self._exists(self.root.partition("/")[0])

    def _same(self, path: str, one: Ready) -> bool:
        """Whether what lies there is what was listed."""
        self._do(lambda: self.files.invalidate_cache())
        found = {seen.name: seen for seen in [_seen(self._do(lambda: self.files.info(path)))]}
        seen = found.get(one.name)
        return seen is not None and f"{seen.name}/{seen.mark}" == one.handle

    def _free(self, name: str) -> str:
        stem, suffix = posixpath.splitext(name)
        target, number = posixpath.join(self.processed, name), 1
        while self._exists(target):
            number += 1
            target = posixpath.join(self.processed, f"{stem} ({number}){suffix}")
        return target

    def _exists(self, path: str) -> bool:
        return bool(self._do(lambda: self.files.exists(path)))

    def _do(self, action: Callable[[], T]) -> T:
        """An action on the place; FileNotFoundError means Gone, anything else is a problem without secrets."""
        try:
            return action()
        except (SourceProblem, Gone):
            raise
        except FileNotFoundError:
            raise Gone from None
        except Exception as error:  # each driver has its own tree of exceptions
            said = plainly(error, self.secret)
            raise SourceProblem(f"{self.settings.url}: {said}", f"{self.settings.url}: {said}") from None


def _name(row: dict[str, Any]) -> str:
    return posixpath.basename(str(row["name"]).rstrip("/")) if not str(row["name"]).endswith("/") else ""


def _seen(row: dict[str, Any]) -> Seen:
    mark = "/".join(str(row[key]) for key in _MARKS if row.get(key) is not None)
    return Seen(_name(row), int(row.get("size") or 0), _modified(row), f"{mark}/{row.get('size')}")


def _modified(row: dict[str, Any]) -> float | None:
    for key in _TIMES:
        value = row.get(key)
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, (int, float)):
            return float(value)
    return None
