"""What a browser keeps of a person's wishes: German or English, and whether letters alone are keys."""

from typing import Literal

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.languages import COOKIE
from einvoice.interfaces.web.visitor import local

router = pages()
LETTERS = "einvoice-letters"
"""The cookie that turns letter keys off (WCAG 2.1, criterion 2.1.4: who dictates or slips must be able to)."""

_YEAR = 365 * 86_400


@router.get("/language/{lang}")
def choose(request: Request, lang: Literal["de", "en"], to: str = "/") -> Response:
    """Keeps the choice in the browser and returns to the page it was made on."""
    return _kept(request, COOKIE, lang, to)


@router.get("/letters/{state}")
def letters(request: Request, state: Literal["on", "off"], to: str = "/account") -> Response:
    """Turns the keys that are a single letter on or off in this browser."""
    return _kept(request, LETTERS, state, to)


def _kept(request: Request, name: str, value: str, to: str) -> Response:
    answer = RedirectResponse(local(to, "/"), 303)
    secure = desk_of(request).settings.secure
    answer.set_cookie(name, value, max_age=_YEAR, httponly=True, secure=secure, samesite="lax")
    return answer
