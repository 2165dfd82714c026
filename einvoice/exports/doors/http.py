"""A service that takes files by POST: one idempotency key for every try.

Whether a request arrived whose answer was lost nobody here can know: the same file is sent again under the same key,
and the receiver tells by it that it has the file already.
"""

from collections.abc import Iterator
from urllib.parse import quote

from einvoice.errors import EinvoiceError, NotDelivered
from einvoice.exports.doors.service import Service
from einvoice.exports.files import File
from einvoice.exports.places import HttpPlace
from einvoice.store.seals import sha256

MIMES = {
    "xml": "application/xml",
    "json": "application/json",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "html": "text/html",
    "zip": "application/zip",
}


def mime(name: str) -> str:
    """The media type of a file by its ending."""
    return MIMES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


class HttpDoor:
    """See Door."""

    described = False

    def __init__(self, place: HttpPlace) -> None:
        self.place, self.service = place, Service(place)

    def put(self, file: File, once: str) -> str:
        """See Door."""
        parts = self.service.parts
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        answer = self.service.ask("POST", target, file.data, _headers(file, once))
        if not answer.good:
            raise self.service.trouble(f"{file.name}: HTTP {answer.status} {answer.reason}")
        return self.place.url

    def faults(self) -> Iterator[EinvoiceError]:
        """See Door: only whether it can be reached and shows a right certificate."""
        try:
            self.service.reach()
        except NotDelivered as error:
            yield error

    def close(self) -> None:
        """See Door."""


def _headers(file: File, once: str) -> dict[str, str]:
    return {
        "Content-Type": mime(file.name),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Idempotency-Key": once,
        "X-Content-SHA256": sha256(file.data),
    }
