"""The switch between German and English."""

from typing import Literal

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.languages import COOKIE
from einvoice.interfaces.web.visitor import local

router = pages()
_YEAR = 365 * 86_400


@router.get("/language/{lang}")
def choose(request: Request, lang: Literal["de", "en"], to: str = "/") -> Response:
    """Keeps the choice in the browser and returns to the page it was made on."""
    answer = RedirectResponse(local(to, "/"), 303)
    secure = desk_of(request).settings.secure
    answer.set_cookie(COOKIE, lang, max_age=_YEAR, httponly=True, secure=secure, samesite="lax")
    return answer
