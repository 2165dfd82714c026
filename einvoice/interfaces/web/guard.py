"""No unsafe request passes unseen: it must come from a page of ours, and repeat the token of its session."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from einvoice.approval.access import secrecy
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.limits import PAGES
from einvoice.interfaces.web.visitor import visitor

SAFE = ("GET", "HEAD")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FIELDS, _FILES, _FIELD_BYTES = 200, 50, 65_536


class Forbidden(Exception):
    """The request is not from a page of ours."""


class TooMany(Exception):
    """Done too often; heard again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class GuardedRoute(APIRoute):
    """A route of a page: counted, and guarded where its method is unsafe."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the guard."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await _counted(request)
            if request.method not in SAFE:
                await _demand(request)
            return await handler(request)

        return guarded


def pages() -> APIRouter:
    """A router for the routes of a page."""
    return APIRouter(route_class=GuardedRoute, include_in_schema=False)


async def _counted(request: Request) -> None:
    """Counts a look: of a person signed in by himself, as a whole town hall may have one address; else by address.
    Raises TooMany."""
    who = await run_in_threadpool(visitor, request)
    name = f"person/{who.actor.person_id}" if who.here else who.address
    if seconds := desk_of(request).limits.over("pages", name, PAGES):
        raise TooMany(seconds)


async def _demand(request: Request) -> None:
    """Raises Forbidden for a request from elsewhere, or without its session's token."""
    _from_here(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMS:
        raise Forbidden
    form = await request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD_BYTES)
    given = request.headers.get("x-csrf-token") or form.get("csrf")
    who = await run_in_threadpool(visitor, request)
    if who.new or not isinstance(given, str) or not secrecy.same(given, who.csrf):
        raise Forbidden


def _from_here(request: Request) -> None:
    """Origin, or what the browser says of it, must be this very host."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden
