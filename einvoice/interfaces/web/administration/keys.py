"""The page of keys to the REST API: made for a person and a town, shown once, revoked at once."""

from collections import defaultdict

from fastapi import HTTPException, Request, Response

from einvoice.approval.access import tokens
from einvoice.errors import EinvoiceError
from einvoice.interfaces.web.administration.access import (
    Administrator,
    looked,
    person,
    persons,
    shown,
    town,
    towns,
)
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after, number_in
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.store.times import utc_now

router = pages()
PATH = "/administration/keys"


@router.get(PATH)
def listed(request: Request, who: Administrator) -> Response:
    """The list, and the form of a new one."""
    looked(request, who, "keys")
    return _page(request, who)


@router.post(PATH)
def act(request: Request, who: Administrator, form: Fields) -> Response:
    """Makes a key, or revokes one."""
    desk = desk_of(request)
    if form.get("act") == "revoke":
        mine = {str(one.id) for one, *_ in _mine(request, who)}
        if form.get("key") not in mine:
            raise HTTPException(404)
        tokens.revoke(desk.store, who.actor.person_id, int(form["key"]))
        return after(PATH)
    with desk.store.reading() as session:
        where = town(session, who.eyes, form.get("town", ""))
        whose = person(session, who.eyes, number_in(form.get("person", "")))
    scopes = tuple(one for one in tokens.SCOPES if form.get(f"scope-{one}"))
    try:
        name = form.get("name", "")[:100] or whose.name or f"#{whose.id}"
        days = number_in(form.get("days", ""))
        secret = tokens.make(desk.store, who.actor.person_id, whose.id or 0, where, name, scopes, days)
    except EinvoiceError as error:
        return _page(request, who, 409, problem=error.said(who.lang), given=form)
    return _page(request, who, secret=secret)


def _mine(request: Request, who: Visitor):  # type: ignore[no-untyped-def]
    """The keys of the towns somebody administers, with person and town."""
    return [row for row in tokens.listed(desk_of(request).store) if who.eyes.governs(row[2].id)]


def _page(request: Request, who: Visitor, status: int = 200, **values: object) -> Response:
    with desk_of(request).store.reading() as session:
        mine = [(one.name, one.title) for one in towns(session, who.eyes)]
        others = [(str(one.id), one.name or f"#{one.id}") for one in persons(session, who.eyes)]
    known = {"secret": "", "given": defaultdict(str), **values}
    return shown(
        request,
        "keys.html",
        status,
        rows=_mine(request, who),
        towns=mine,
        persons=others,
        scopes={one: words for one, words in tokens.SCOPES.items() if one not in tokens.PERSONAL},
        days=tokens.DAYS,
        now=utc_now(),
        **known,
    )
