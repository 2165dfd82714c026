"""Pages of signing in: login, one-time code, setting one up, the link of an invitation, signing out."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from einvoice.approval.access import accounts, onetime, sessions, signing_in
from einvoice.approval.access.passwords import LEAST
from einvoice.approval.access.signing_in import Wait
from einvoice.errors import Refused
from einvoice.interfaces.web import portal
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.limits import LOGIN
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Anyone, SignInNeeded, Visitor, hold, local
from einvoice.store import people

router = pages()

Text = Annotated[str, Form(max_length=1000)]


@router.get("/login")
def login(request: Request, who: Anyone, to: str = "") -> Response:
    """The page to sign in; whoever is here already goes on."""
    if who.here:
        return RedirectResponse(local(to), 303)
    return login_page(request, to)


@router.post("/login")
def sign_in(request: Request, who: Anyone, login: Text, password: Text, to: Text = "") -> Response:
    """Login and password. The answer is the same whether the login exists or not."""
    _counted(request, who)
    try:
        secret = signing_in.by_password(desk_of(request).gate, login, password)
    except Wait as error:
        return login_page(request, to, error.said(who.lang), 429, {"retry-after": str(error.seconds)})
    except Refused as error:
        return login_page(request, to, error.said(who.lang), 401)
    right(request, who)
    return begun(request, secret, to)


@router.post("/login/demo")
def as_demo(request: Request, who: Anyone, name: Text, to: Text = "") -> Response:
    """Somebody of an invented town, in a demo only."""
    _counted(request, who)
    secret = signing_in.as_demo(desk_of(request).gate, name)
    right(request, who)
    return begun(request, secret, to)


@router.get("/login/code")
def code(request: Request, who: Anyone, to: str = "") -> Response:
    """The page that asks for the one-time code."""
    _half_way(who, "code")
    return page(request, "code.html", to=local(to, ""), problem="")


@router.post("/login/code")
def give_code(request: Request, who: Anyone, code: Text, to: Text = "") -> Response:
    """The one-time code: right, and the session is complete, under a new secret."""
    signed = _half_way(who, "code")
    try:
        secret = signing_in.by_code(desk_of(request).gate, signed, code)
    except Refused as error:
        status, headers = _status(error)
        said = {"to": local(to, ""), "problem": error.said(who.lang)}
        return _headed(page(request, "code.html", status, **said), headers)
    return begun(request, secret, to)


@router.get("/login/set-up")
def set_up(request: Request, who: Anyone, to: str = "") -> Response:
    """The page on which one-time codes are set up."""
    _half_way(who, "enrol")
    return _set_up(request, who, to)


@router.post("/login/set-up")
def give_first_code(request: Request, who: Anyone, code: Text, to: Text = "") -> Response:
    """The first code proves that the telephone has the secret."""
    signed = _half_way(who, "enrol")
    try:
        secret = signing_in.enrol(desk_of(request).gate, signed, who.secret, code)
    except Refused as error:
        return _set_up(request, who, to, error.said(who.lang), _status(error)[0])
    return begun(request, secret, to)


@router.post("/logout")
def sign_out(request: Request, who: Anyone) -> Response:
    """Ends the session; its secret stands for nobody any more."""
    sessions.end(desk_of(request).store, who.secret)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie("einvoice")
    answer.delete_cookie("__Host-einvoice", secure=True)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@router.get("/welcome/{link}")
def welcome(request: Request, who: Anyone, link: str) -> Response:
    """The page of an invitation: choose a password."""
    return _welcome(request, who, link)


@router.post("/welcome/{link}")
def choose(request: Request, who: Anyone, link: str, password: Text, again: Text) -> Response:
    """Sets the password; the person signs in with it right away."""
    _counted(request, who)
    desk = desk_of(request)
    if password != again:
        text = who.say("Die beiden Passwörter sind verschieden.", "The two passwords differ.")
        return _welcome(request, who, link, text, 422)
    try:
        account = accounts.accept(desk.store, link, password)
        secret = signing_in.by_password(desk.gate, account.name, password)
    except Refused as error:
        return _welcome(request, who, link, error.said(who.lang), 422)
    right(request, who)
    return begun(request, secret, "")


def begun(request: Request, secret: str, to: str) -> Response:
    """On to where somebody wanted to go, with his new session; to its second proof first, if one is missing."""
    signed = desk_of(request).gate.signed(secret)
    stage = signed.stage if signed else "code"
    where = {"in": local(to), "code": "/login/code", "enrol": "/login/set-up"}[stage]
    if stage != "in" and to:
        where += f"?to={quote(local(to), safe='')}"
    answer = RedirectResponse(where, 303)
    hold(answer, desk_of(request), secret)
    return answer


def login_page(
    request: Request, to: str, problem: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The page to sign in, with what went wrong."""
    desk = desk_of(request)
    names: list[tuple[str, list[str]]] = []
    if desk.demo:
        with desk.store.reading() as session:
            names = people.demo_persons(session)
    answer = page(
        request,
        "login.html",
        status,
        to=local(to, ""),
        problem=problem,
        names=names,
        provider=desk.settings.oidc,
        check=portal.open_to_all(desk),
    )
    return _headed(answer, headers)


def _set_up(request: Request, who: Visitor, to: str, problem: str = "", status: int = 200) -> Response:
    import segno

    secret = signing_in.offered(who.secret)
    address = onetime.address(secret, who.signed.account if who.signed else "")
    picture = segno.make(address, micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    spaced = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return page(
        request, "set_up.html", status, to=local(to, ""), problem=problem, picture=picture, spaced=spaced
    )


def _welcome(request: Request, who: Visitor, link: str, problem: str = "", status: int = 200) -> Response:
    with desk_of(request).store.reading() as session:
        found = accounts.invited(session, link)
    if found is None:
        return page(request, "over.html", 404)
    _, account, person = found
    return page(
        request,
        "welcome.html",
        status,
        login=account.name,
        name=person.name or "",
        problem=problem,
        least=LEAST,
    )


def _half_way(who: Visitor, stage: str) -> sessions.Signed:
    if who.signed is None or who.signed.stage != stage:
        raise SignInNeeded("/work" if who.here else "/login")
    return who.signed


def _counted(request: Request, who: Visitor) -> None:
    if seconds := desk_of(request).limits.over("login", who.address, LOGIN):
        raise TooMany(seconds)


def right(request: Request, who: Visitor) -> None:
    """A sign-in that was right slows down nobody at the same address; only those that fail add up there."""
    desk_of(request).limits.forgive("login", who.address)


def _status(error: Refused) -> tuple[int, dict[str, str]]:
    return (429, {"retry-after": str(error.seconds)}) if isinstance(error, Wait) else (401, {})


def _headed(answer: Response, headers: dict[str, str] | None) -> Response:
    answer.headers.update(headers or {})
    return answer
