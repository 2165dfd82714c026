"""What goes wrong, in words: one page for people, one problem (RFC 9457) for programs; never a stack trace."""

import traceback

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from einvoice.errors import EinvoiceError, Refused, Stale, Unchecked, UsageError
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import Forbidden, TooMany
from einvoice.interfaces.web.languages import Lang, language
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import SignInNeeded, visitor
from einvoice.interfaces.web.wall import TooLarge, TooSlow
from einvoice.interfaces.web.words import Words

API = "/api/"
_LAST = {"connection": "close"}
_INSTEAD = {"hx-retarget": "#main", "hx-reselect": "#main", "hx-reswap": "outerHTML"}
"""For a part of a page that was asked for: a fault takes the place of the whole."""

_KNOWN = (400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 422, 429, 500, 503)


def install(app: FastAPI) -> None:
    """Teaches an application its faults."""
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(Forbidden, lambda request, _: told(request, 403))
    app.add_exception_handler(TooMany, _too_many)
    app.add_exception_handler(TooLarge, lambda request, _: told(request, 413, headers=_LAST))
    app.add_exception_handler(TooSlow, lambda request, _: told(request, 408, headers=_LAST))
    app.add_exception_handler(EinvoiceError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)


def told(request: Request, status: int, detail: str = "", headers: dict[str, str] | None = None) -> Response:
    """The answer that something is not so: as a page, or as a problem where a program asks."""
    known = status if status in _KNOWN else 500 if status >= 500 else 400
    if _for_programs(request):
        lang = _lang(request)
        said = {"type": "about:blank", "status": status, "title": Words(lang)(f"fault.{known}")}
        problem = {**said, **({"detail": detail} if detail else {})}
        return JSONResponse(
            problem, status, {**(headers or {}), "content-language": lang}, "application/problem+json"
        )
    answer = page(request, "fault.html", status, fault=known, detail=detail)
    answer.headers.update({**(headers or {}), **(_INSTEAD if request.headers.get("hx-request") else {})})
    return answer


def refusal(error: EinvoiceError) -> int:
    """The status that says that an act is refused: 412 for what was seen otherwise, 422 for what does not fit."""
    return 412 if isinstance(error, Stale) else 422 if isinstance(error, UsageError) else 409


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith(API) or request.url.path == "/validate"


def _lang(request: Request) -> Lang:
    accepts = request.headers.get("accept-language", "")
    return language(None, accepts) if _for_programs(request) else visitor(request).lang


def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": error.to})
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(error.to, 303)
    return told(request, 401)


def _too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooMany)
    return told(request, 429, headers={"retry-after": str(error.seconds)})


def _refused(request: Request, error: Exception) -> Response:
    """A sentence of ours; what concerns the installation (paths, database) is for the log only."""
    assert isinstance(error, EinvoiceError)
    lang = _lang(request)
    if isinstance(error, (Refused, UsageError)):
        return told(request, refusal(error), error.said(lang))
    if isinstance(error, Unchecked):
        return told(request, 503, error.said(lang), {"retry-after": "60"})
    return _unforeseen(request, error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = [".".join(map(str, one["loc"][1:])) for one in error.errors()]
    return told(request, 422, ", ".join(dict.fromkeys(place for place in places if place)))


def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return told(request, error.status_code, headers=dict(error.headers or {}))


def _unforeseen(request: Request, error: Exception) -> Response:
    """What happened and where in our code, without the words of the error: they may be an invoice's."""
    ours = [one for one in traceback.extract_tb(error.__traceback__) if "/einvoice/" in one.filename]
    where = " ".join(f"{one.filename.rpartition('/einvoice/')[2]}:{one.lineno}" for one in ours[-3:])
    desk_of(request).journal("fault", path=bare(request.url.path), error=type(error).__name__, where=where)
    return told(request, 500)


def bare(path: str) -> str:
    """A path without the secrets that links carry."""
    parts = path.split("/")
    return "/".join("…" if len(one) > 24 else one for one in parts)
