"""What stands before every page: hosts that are ours, limits of size and time, and the headers of every answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from einvoice.pipeline.desk import Desk

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
UPLOADS = ("/check", "/api/v1/", "/validate")
_SMALL = 200_000
"""Bytes of a request that uploads nothing."""

_PAUSE, _WHOLE = 30.0, 300.0
"""Seconds without a byte, and for the whole of a request."""


class TooLarge(Exception):
    """The request has more bytes than it may."""


class TooSlow(Exception):
    """The request takes longer than it may."""


class Wall:
    """The outermost layer: nothing reaches a page, and nothing leaves one, but through it."""

    def __init__(self, app: App, settings: Desk, hosts: tuple[str, ...]) -> None:
        self._app, self._settings = app, settings
        self._hosts = {*hosts, *([settings.host] if settings.host else [])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        out = _Answer(send, self._settings.secure)
        headers = _plain(scope)
        if headers is None or _host(headers.get("host", "")) not in self._hosts:
            await out.plain(400, "Bad Request")
            return
        body = _Body(receive, self._allowed(scope), headers)
        if body.problem and not (body.problem == 413 and _reads(headers, scope["path"])):
            await out.plain(body.problem, "Content Too Large" if body.problem == 413 else "Bad Request")
            return
        try:
            await self._app(scope, body.receive, out)
        except (TooLarge, TooSlow) as error:
            status = 413 if isinstance(error, TooLarge) else 408
            await out.plain(status, "Content Too Large" if status == 413 else "Request Timeout")
        except Exception:
            if not out.begun:  # else the page of the fault is on its way, and the log has it
                raise

    def _allowed(self, scope: Scope) -> int:
        upload = scope["path"].startswith(UPLOADS)
        return self._settings.upload_bytes + 1_000_000 if upload else _SMALL


class _Body:
    """The bytes of a request: never more than allowed, never slower."""

    def __init__(self, receive: Receive, allowed: int, headers: dict[str, str]) -> None:
        self._receive, self._left = receive, allowed
        self._until = asyncio.get_running_loop().time() + _WHOLE
        stated = headers.get("content-length", "0")
        self.problem = 0 if stated.isascii() and stated.isdigit() and len(stated) < 20 else 400
        if not self.problem and int(stated) > allowed:
            self.problem, self._left = 413, -1

    async def receive(self) -> Message:
        if self._left < 0:
            raise TooLarge
        rest = self._until - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(max(0.0, min(_PAUSE, rest))):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise TooLarge
        return message


class _Answer:
    """An answer with the headers that every one has; a page may set others of the same names itself."""

    def __init__(self, send: Send, secure: bool) -> None:
        self._send, self.begun = send, False
        self._always = {**_HEADERS, **({"strict-transport-security": "max-age=31536000"} if secure else {})}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            said = {name.lower() for name, _ in message.get("headers", ())}
            more = [
                (name.encode(), value.encode())
                for name, value in self._always.items()
                if name.encode() not in said
            ]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await self._send(message)

    async def plain(self, status: int, text: str) -> None:
        """An answer without a page: what was asked is not read further."""
        if self.begun:
            return
        body = json.dumps({"status": status, "title": text}).encode()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": body})


def _reads(headers: dict[str, str], path: str) -> bool:
    """Whether a person sees the answer: he gets a page, which the first look at the body (none is taken) leads to."""
    return "text/html" in headers.get("accept", "") and not path.startswith(("/api/", "/validate"))


def _plain(scope: Scope) -> dict[str, str] | None:
    """The headers by name; None where one that decides stands twice, or the path is none of ours."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in found and name in ("host", "content-length", "content-type", "origin", "authorization"):
            return None
        found[name] = value.decode("latin-1")
    return found if scope["path"].startswith("/") and not scope["path"].startswith("//") else None


def _host(header: str) -> str:
    """The name in a Host header, without its port; "" for what is no name."""
    name = header[1:].partition("]")[0] if header.startswith("[") else header.partition(":")[0]
    return name.lower() if name and not set(name) & set("@/\\ \t?#") else ""
