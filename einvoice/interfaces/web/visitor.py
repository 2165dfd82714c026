"""Who is there: language, session, person, what he sees, and the token that unsafe requests must repeat."""

import re
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request, Response

from einvoice.approval.access import secrecy
from einvoice.approval.access.sessions import Signed
from einvoice.approval.persons import Actor
from einvoice.approval.sight import Sight, sight_of
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.languages import COOKIE, Lang, language
from einvoice.interfaces.web.limits import network

_LOCAL_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~%=&?+-]*")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request is from. secret: what his browser holds; signed: None for nobody in particular."""

    lang: Lang
    address: str
    secret: str
    new: bool
    signed: Signed | None
    demo: bool
    eyes: Sight = field(default_factory=lambda: Sight(0))

    @property
    def here(self) -> bool:
        """Whether he is signed in, all the way."""
        return self.signed is not None and self.signed.stage == "in"

    @property
    def actor(self) -> Actor:
        """The person who acts; only for who is here."""
        assert self.signed is not None
        return Actor(self.signed.person_id, self.signed.name, self.demo)

    @property
    def administers(self) -> bool:
        """Whether he administers the installation or a town."""
        return self.eyes.operator or bool(self.eyes.administers)

    @property
    def csrf(self) -> str:
        """What unsafe requests of this browser must repeat."""
        return secrecy.derived(self.secret, "csrf")

    def say(self, de: str, en: str) -> str:
        """The text in his language."""
        return de if self.lang == "de" else en


class SignInNeeded(Exception):
    """The page is for somebody who is signed in; `to` is where he signs in first."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


def cookie_name(desk: Desk) -> str:
    """The name of the session's cookie: bound to the host and to TLS where people come by TLS."""
    return "__Host-einvoice" if desk.settings.secure else "einvoice"


def visitor(request: Request) -> Visitor:
    """Who a request is from; looked up once per request."""
    known = getattr(request.state, "visitor", None)
    if isinstance(known, Visitor):
        return known
    desk = desk_of(request)
    held = request.cookies.get(cookie_name(desk), "")
    secret = held if 20 <= len(held) <= 100 else secrecy.fresh()
    signed = desk.gate.signed(secret) if held == secret else None
    here = signed is not None and signed.stage == "in"
    found = Visitor(
        lang=language(request.cookies.get(COOKIE), request.headers.get("accept-language", "")),
        address=network(request.client.host if request.client else ""),
        secret=secret,
        new=held != secret,
        signed=signed,
        demo=desk.demo,
        eyes=sight_of(desk.store, signed.person_id) if here and signed else Sight(0),
    )
    request.state.visitor = found
    return found


def signed_in(request: Request, who: Annotated[Visitor, Depends(visitor)]) -> Visitor:
    """Who is signed in all the way. Raises SignInNeeded for everybody else."""
    if who.here:
        return who
    if who.signed is not None:
        raise SignInNeeded("/login/code" if who.signed.stage == "code" else "/login/set-up")
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    raise SignInNeeded(f"/login?to={quote(back, safe='')}" if request.method == "GET" else "/login")


Anyone = Annotated[Visitor, Depends(visitor)]
Person = Annotated[Visitor, Depends(signed_in)]


def local(path: str | None, otherwise: str = "/work") -> str:
    """A path of ours; anything else, another site above all, is `otherwise`."""
    return path if path and len(path) < 500 and _LOCAL_PATH.fullmatch(path) else otherwise


def hold(response: Response, desk: Desk, secret: str) -> None:
    """Lets the browser keep a session's secret, until it is closed."""
    response.set_cookie(
        cookie_name(desk), secret, httponly=True, secure=desk.settings.secure, samesite="lax", path="/"
    )
