"""The page of one's own account: who one is, what one may, one's keys to the API, where one is signed in."""

from fastapi import HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select

from einvoice.approval.access import sessions, tokens
from einvoice.errors import EinvoiceError
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after, number_in
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.store.tables import Role, Tenant, WebSession
from einvoice.store.times import utc_now

router = pages()


@router.get("/account")
def account(request: Request, who: Person) -> Response:
    """Roles, keys and open sessions."""
    return _page(request, who)


@router.post("/account/keys")
def key(request: Request, who: Person, form: Fields) -> Response:
    """Makes a key of one's own, shown once, or revokes one."""
    desk, me = desk_of(request), who.actor.person_id
    if form.get("act") == "revoke":
        wanted = number_in(form.get("key", ""))
        if wanted not in {one.id for one, *_ in tokens.listed(desk.store, me)}:
            raise HTTPException(404)
        tokens.revoke(desk.store, me, wanted)
        return after("/account")
    with desk.store.reading() as session:
        found = select(Tenant).where(Tenant.name == form.get("town", ""), col(Tenant.removed).is_(None))
        where = session.exec(found.where(col(Tenant.id).in_(who.eyes.tenants))).one_or_none()
    if where is None:
        raise HTTPException(404)
    scopes = tuple(one for one in tokens.SCOPES if form.get(f"scope-{one}"))
    name, days = form.get("name", "")[:100] or who.actor.name, number_in(form.get("days", ""))
    try:
        secret = tokens.make(desk.store, me, me, where, name, scopes, days)
    except EinvoiceError as error:
        return _page(request, who, 409, error.said(who.lang))
    return _page(request, who, secret=secret)


@router.post("/account/sign-out-everywhere")
def everywhere(request: Request, who: Person) -> Response:
    """Ends all sessions of this person, this one too."""
    with desk_of(request).store.writing(who.actor.person_id) as work:
        sessions.end_all(work, who.actor.person_id)
    return RedirectResponse("/login", 303)


def _page(request: Request, who: Visitor, status: int = 200, problem: str = "", secret: str = "") -> Response:
    store, me = desk_of(request).store, who.actor.person_id
    with store.reading() as session:
        roles = session.exec(
            select(Role, Tenant)
            .join(Tenant, col(Tenant.id) == Role.tenant_id, isouter=True)
            .where(Role.person_id == me)
            .order_by(col(Tenant.title), col(Role.id))
        ).all()
        open_ones = session.exec(
            select(WebSession)
            .where(WebSession.person_id == me, col(WebSession.ended).is_(None))
            .order_by(col(WebSession.seen).desc())
            .limit(20)
        ).all()
    return page(
        request,
        "account.html",
        status,
        roles=roles,
        sessions=open_ones,
        keys=[(one, town) for one, _, town in tokens.listed(store, me)],
        towns=list(dict.fromkeys((town.name, town.title) for _, town in roles if town)),
        scopes=tokens.SCOPES,
        days=tokens.DAYS,
        now=utc_now(),
        problem=problem,
        secret=secret,
        done="done" if request.query_params.get("done") else "",
    )
