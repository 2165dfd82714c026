"""CMIS 1.1, browser binding: the few requests that a delivery needs, JSON over HTTP (OASIS CMIS 1.1, chapter 5).

Why a client of our own: docs/why.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from einvoice.errors import NotDelivered
from einvoice.exports.doors.http import mime
from einvoice.exports.doors.service import Answer, Service
from einvoice.exports.places import CmisPlace
from einvoice.store.seals import sha256

_MOST = 8_000_000
"""Bytes of an answer about objects or types that are read."""

Properties = Mapping[str, str | tuple[str, ...]]
"""What an object is to say: id → value; of a property with several values all of them."""


@dataclass(frozen=True, slots=True)
class Content:
    """A content stream: its name and bytes."""

    name: str
    data: bytes


@dataclass(slots=True)
class Browser:
    """A repository by the browser binding. Objects are named by their absolute path.

    Every call raises NotDelivered where the service cannot be reached or refuses, in the service's own words.
    """

    place: CmisPlace
    service: Service = field(init=False)
    _found: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self.service = Service(self.place)

    def seen(self, path: str) -> dict[str, Any] | None:
        """The properties of an object; None where there is none."""
        answer = self._get(f"{self._root()}{quote(path)}?cmisselector=object&succinct=true")
        if answer.status == 404:
            return None
        found = self._said(answer, path).get("succinctProperties")
        if not isinstance(found, dict):
            raise self.service.trouble(f"{path}: no answer of CMIS")
        return found

    def content(self, path: str, most: int) -> bytes:
        """The content of a document, at most so many bytes; empty where it has none."""
        answer = self._get(f"{self._root()}{quote(path)}?cmisselector=content", most)
        if answer.status in (404, 409) and _exception(answer) in ("constraint", "objectNotFound"):
            return b""
        if answer.status == 204:
            return b""
        if not answer.good:
            raise self._refused(answer, path)
        return answer.body

    def make_folder(self, parent: str, said: Properties) -> bool:
        """Makes a folder; False where there is something of that name."""
        answer = self._act(parent, "createFolder", {}, said)
        if answer.status == 409 and _exception(answer) in ("nameConstraintViolation", "contentAlreadyExists"):
            return False
        self._said(answer, parent)
        return True

    def make_document(self, parent: str, said: Properties, content: Content) -> None:
        """Makes a document with its content in one request."""
        self._said(
            self._act(parent, "createDocument", {}, said, content), f"{parent.rstrip('/')}/{content.name}"
        )

    def set_content(self, path: str, content: Content) -> None:
        """Replaces the content of a document."""
        self._said(self._act(path, "setContent", {"overwriteFlag": "true"}, {}, content), path)

    def type(self, name: str) -> dict[str, Any]:
        """A type with the definitions of its properties."""
        answer = self._get(
            f"{self._repository()[0]}?cmisselector=typeDefinition&typeId={quote(name, safe='')}"
        )
        return self._said(answer, name)

    def _repository(self) -> tuple[str, str]:
        """The paths of the repository and of its root folder.

        The service names them as URLs; of these only the path is taken, so that no answer leads to another host.
        """
        if self._found is None:
            parts = self.service.parts
            answer = self._get((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
            listed = self._said(answer, "service document")
            name = self.place.repository or (next(iter(listed)) if len(listed) == 1 else None)
            one = listed.get(name or "")
            if not isinstance(one, dict) or not all(
                one.get(key) for key in ("repositoryUrl", "rootFolderUrl")
            ):
                raise self.service.trouble(f"repository: there are {', '.join(map(str, listed)) or '-'}")
            self._found = (urlsplit(str(one["repositoryUrl"])).path, urlsplit(str(one["rootFolderUrl"])).path)
        return self._found

    def _root(self) -> str:
        return self._repository()[1].rstrip("/")

    def _get(self, target: str, most: int = _MOST) -> Answer:
        return self.service.ask("GET", target, most=most)

    def _act(
        self,
        path: str,
        action: str,
        said: Mapping[str, str],
        properties: Properties,
        content: Content | None = None,
    ) -> Answer:
        fields = {"cmisaction": action, "succinct": "true", **said}
        for number, (key, value) in enumerate(properties.items()):
            fields[f"propertyId[{number}]"] = key
            if isinstance(value, tuple):
                fields |= {f"propertyValue[{number}][{place}]": one for place, one in enumerate(value)}
            else:
                fields[f"propertyValue[{number}]"] = value
        boundary, body = _form(fields, content)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self.service.ask("POST", f"{self._root()}{quote(path)}", body, headers, _MOST)

    def _said(self, answer: Answer, what: str) -> dict[str, Any]:
        if not answer.good:
            raise self._refused(answer, what)
        found = _json(answer)
        if found is None:
            raise self.service.trouble(f"{what}: no answer of CMIS (HTTP {answer.status})")
        return found

    def _refused(self, answer: Answer, what: str) -> NotDelivered:
        words = (_json(answer) or {}).get("message")
        said = " ".join(str(words).split())[:200] if words else answer.reason
        return self.service.trouble(
            f"{what}: HTTP {answer.status} {_exception(answer)} {said}".replace("  ", " ")
        )


def _json(answer: Answer) -> dict[str, Any] | None:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _exception(answer: Answer) -> str:
    """Which exception of CMIS an answer names; empty if none."""
    return str((_json(answer) or {}).get("exception") or "")[:60]


def _form(fields: Mapping[str, str], content: Content | None) -> tuple[str, bytes]:
    """A form of fields and a file, and what divides them: a text that stands in none of them."""
    whole = "".join(fields.values()).encode() + (content.data if content else b"")
    boundary = f"einvoice-{sha256(whole)[:40]}"
    parts = [_part(name, value.encode(), "text/plain; charset=utf-8") for name, value in fields.items()]
    if content is not None:
        parts.append(_part(f'content"; filename="{_quoted(content.name)}', content.data, mime(content.name)))
    mark = f"--{boundary}\r\n".encode()
    return boundary, b"".join(mark + one for one in parts) + f"--{boundary}--\r\n".encode()


def _part(name: str, data: bytes, kind: str) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def _quoted(name: str) -> str:
    """A file name as browsers write it into a form."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
