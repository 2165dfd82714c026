"""A service that takes files by POST: checked certificate, no redirects, one idempotency key for every try.

Whether a request arrived whose answer was lost nobody here can know: the same file is sent again under the same key,
and the receiver tells by it that it has the file already.
"""

import http.client
import ssl
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from einvoice.errors import EinvoiceError, NotDelivered
from einvoice.exports.doors.door import not_reached
from einvoice.exports.files import File
from einvoice.exports.places import HttpPlace
from einvoice.intake.source import SourceProblem, plainly
from einvoice.store.seals import sha256

_MOST = 65_536
"""Bytes of an answer that are read."""

MIMES = {"xml": "application/xml", "json": "application/json", "csv": "text/csv", "pdf": "application/pdf"}


class HttpDoor:
    """See Door."""

    def __init__(self, place: HttpPlace) -> None:
        self.place, self.parts = place, urlsplit(place.url)
        try:
            self.token = place.token.reveal(place.base) if place.token else None
        except SourceProblem as error:
            raise NotDelivered(str(error), error.said("de")) from None

    def put(self, file: File, once: str) -> str:
        """See Door."""
        target = (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")
        connection = self._connection()
        try:
            connection.request("POST", target, body=file.data, headers=self._headers(file, once))
            answer = connection.getresponse()
            answer.read(_MOST)
        except (OSError, http.client.HTTPException) as error:
            raise not_reached(self.place.url, plainly(error, self.token)) from None
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise not_reached(self.place.url, f"{file.name}: HTTP {answer.status} {answer.reason[:100]}")
        return self.place.url

    def _headers(self, file: File, once: str) -> dict[str, str]:
        headers = {
            "Content-Type": MIMES.get(file.name.rpartition(".")[2].lower(), "application/octet-stream"),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "Idempotency-Key": once,
            "X-Content-SHA256": sha256(file.data),
            "User-Agent": "einvoice",
        }
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def _connection(self) -> http.client.HTTPConnection:
        host, seconds = self.parts.hostname or "", self.place.timeout_seconds
        if self.parts.scheme == "http":
            return http.client.HTTPConnection(host, self.parts.port, timeout=seconds)
        try:
            authority = str(self.place.base / self.place.ca_file) if self.place.ca_file else None
            trust = ssl.create_default_context(cafile=authority)
        except (OSError, ssl.SSLError) as error:
            raise not_reached(self.place.url, f"ca_file: {error}") from None
        return http.client.HTTPSConnection(host, self.parts.port, timeout=seconds, context=trust)

    def faults(self) -> Iterator[EinvoiceError]:
        """See Door: only whether it can be reached and shows a right certificate."""
        connection = self._connection()
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            yield not_reached(self.place.url, plainly(error, self.token))
        finally:
            connection.close()

    def close(self) -> None:
        """See Door."""
