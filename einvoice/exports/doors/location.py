"""A place by URL through fsspec: written under another name, read back, renamed; S3 takes an object whole or not."""

import contextlib
import posixpath
from collections.abc import Callable, Iterator
from typing import TypeVar

from einvoice.errors import EinvoiceError, NotDelivered, Refused
from einvoice.exports.doors.door import not_reached, other_content
from einvoice.exports.files import File
from einvoice.exports.places import LocationPlace
from einvoice.intake.filesystem import filesystem
from einvoice.intake.source import SourceProblem, plainly

T = TypeVar("T")


class LocationDoor:
    """See Door. Two deliveries of one file at once are kept apart by the lease of whoever delivers."""

    described = False

    def __init__(self, place: LocationPlace) -> None:
        self.place = place
        self.secret: str | None = None
        try:
            self.secret = place.password.reveal(place.base) if place.password else None
        except SourceProblem as error:
            raise NotDelivered(str(error), error.said("de")) from None
        self.files, self.root = self._do(lambda: filesystem(place, self.secret))

    @property
    def _whole(self) -> bool:
        """Whether what is written is there whole or not at all."""
        return self.place.url.startswith("s3:")

    def put(self, file: File, once: str) -> str:
        """See Door."""
        path = posixpath.join(self.root, file.name)
        where = f"{self.place.url.rstrip('/')}/{file.name}"
        self._do(lambda: self.files.invalidate_cache())
        if self._do(lambda: self.files.exists(path)):
            if self._read(path) != file.data:
                raise other_content(where)
            return where
        part = (
            path
            if self._whole
            else posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path)}.part")
        )
        if "/" in file.name and not self._whole:
            self._do(lambda: self.files.makedirs(posixpath.dirname(path), exist_ok=True))
        self._do(lambda: self.files.pipe_file(part, file.data))
        if self._read(part) != file.data:
            raise not_reached(where, "what lies there is not what was sent")
        if part != path:
            self._do(lambda: self.files.mv(part, path))
        return where

    def _read(self, path: str) -> bytes:
        self._do(lambda: self.files.invalidate_cache())
        return bytes(self._do(lambda: self.files.cat_file(path)))

    def faults(self) -> Iterator[EinvoiceError]:
        """See Door. Whether files may be written there cannot be seen without writing one."""
        try:
            bucket = self.root.partition("/")[0]
            if not self._do(lambda: self.files.exists(bucket if self._whole else self.root or "/")):
                yield not_reached(self.place.url, "no such place")
        except NotDelivered as error:
            yield error

    def close(self) -> None:
        """See Door."""
        with contextlib.suppress(Exception):
            client = self.files.client
            getattr(client, "http", client).close()

    def _do(self, action: Callable[[], T]) -> T:
        """An action on the place; whatever goes wrong is one sentence without secrets."""
        try:
            return action()
        except (NotDelivered, Refused):
            raise
        except SourceProblem as error:
            raise NotDelivered(str(error), error.said("de")) from None
        except Exception as error:  # each driver has its own tree of exceptions
            raise not_reached(self.place.url, plainly(error, self.secret)) from None
