"""Requests to the service of a place: checked certificate, no redirects, and to its own host alone."""

import base64
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from einvoice.errors import NotDelivered
from einvoice.exports.doors.door import not_reached
from einvoice.exports.places import CmisPlace, ServicePlace
from einvoice.intake.source import SourceProblem, plainly

_MOST = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered. body: as much of it as was asked for."""

    status: int
    reason: str
    body: bytes

    @property
    def good(self) -> bool:
        """Whether it did what it was asked; a redirect did not."""
        return 200 <= self.status < 300


class Service:
    """The service of a place. Raises NotDelivered for a secret that is not there; errors never say secrets."""

    def __init__(self, place: ServicePlace) -> None:
        self.place, self.parts = place, urlsplit(place.url)
        try:
            self.secret, self._headers = _authorization(place)
        except SourceProblem as error:
            raise NotDelivered(str(error), error.said("de")) from None

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = _MOST,
    ) -> Answer:
        """A request to a path with its query; at most so many bytes of the answer. Raises NotDelivered."""
        connection = self._connection()
        said = {"User-Agent": "einvoice", **self._headers, **(headers or {})}
        try:
            connection.request(method, target, body=body, headers=said)
            answer = connection.getresponse()
            return Answer(answer.status, answer.reason[:100], answer.read(most))
        except (OSError, http.client.HTTPException) as error:
            raise self.trouble(plainly(error, self.secret)) from None
        finally:
            connection.close()

    def trouble(self, why: str) -> NotDelivered:
        """That something did not get there."""
        return not_reached(self.place.url, why)

    def reach(self) -> None:
        """Only whether it can be reached and shows a right certificate. Raises NotDelivered."""
        connection = self._connection()
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            raise self.trouble(plainly(error, self.secret)) from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, seconds = self.parts.hostname or "", self.place.timeout_seconds
        if self.parts.scheme == "http":
            return http.client.HTTPConnection(host, self.parts.port, timeout=seconds)
        try:
            authority = str(self.place.base / self.place.ca_file) if self.place.ca_file else None
            trust = ssl.create_default_context(cafile=authority)
        except (OSError, ssl.SSLError) as error:
            raise self.trouble(f"ca_file: {error}") from None
        return http.client.HTTPSConnection(host, self.parts.port, timeout=seconds, context=trust)


def _authorization(place: ServicePlace) -> tuple[str | None, dict[str, str]]:
    """The secret of a place, and the header that carries it. Raises SourceProblem."""
    if place.token:
        token = place.token.reveal(place.base)
        return token, {"Authorization": f"Bearer {token}"}
    if isinstance(place, CmisPlace) and place.password:
        password = place.password.reveal(place.base)
        both = base64.b64encode(f"{place.user}:{password}".encode()).decode()
        return password, {"Authorization": f"Basic {both}"}
    return None, {}
