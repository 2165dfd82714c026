"""The pages of towns: which there are, how each is addressed, what suppliers may do; changed by two persons."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from fastapi import HTTPException, Request, Response
from sqlmodel import Session, col, func, select

from einvoice.approval.proposals import pending
from einvoice.approval.towns import Town, stated
from einvoice.errors import EinvoiceError
from einvoice.intake.routing import MAIL
from einvoice.interfaces.web.administration.access import Administrator, Operator, looked, shown, town, towns
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.pipeline.condition.persons import enough
from einvoice.pipeline.tenants import bring, town_from, warnings
from einvoice.store import people
from einvoice.store.tables import Invoice, Office, Tenant

router = pages()
PATH = "/administration/towns"
MODES = {
    "answers": ("off", "draft", "send"),
    "portal": ("off", "check", "submit"),
    "unknown_profile": ("reject", "check"),
}
"""Policies of one word each, and the words."""


@router.get(PATH)
def listed(request: Request, who: Administrator) -> Response:
    """The list, with counts by state; and the form of a new town."""
    looked(request, who, "towns")
    return _list(request, who)


@router.post(PATH)
def add(request: Request, who: Operator, form: Fields) -> Response:
    """Proposes a new town."""
    desk = desk_of(request)
    try:
        wanted = _wanted(form, form.get("name", "").lower())
        with desk.store.reading() as session:
            if session.exec(select(Tenant).where(Tenant.name == wanted.name)).first():
                text = who.say(
                    f"Die Kommune {wanted.name} gibt es schon.", f"There is a tenant {wanted.name} already."
                )
                return _list(request, who, 409, problem=text, given=form)
        _, row = bring(desk.store, who.actor, [wanted])
    except EinvoiceError as error:
        return _list(request, who, 409, problem=error.said(who.lang), given=form)
    return after(PATH, row, "unchanged")


@router.get(PATH + "/{name}")
def show(request: Request, who: Administrator, name: str) -> Response:
    """One town."""
    with desk_of(request).store.reading() as session:
        looked_at = town(session, who.eyes, name).id
    looked(request, who, "town", looked_at)
    return _page(request, who, name)


@router.post(PATH + "/{name}")
def change(request: Request, who: Administrator, name: str, form: Fields) -> Response:
    """Proposes how the town is named and addressed, or renames an office."""
    desk, path = desk_of(request), f"{PATH}/{name}"
    with desk.store.reading() as session:
        row = town(session, who.eyes, name)
    if form.get("act") == "office":
        return _office(request, who, row, form)
    if not who.eyes.operator:
        raise HTTPException(404)
    try:
        _, made = bring(desk.store, who.actor, [_wanted(form, row.name)])
    except EinvoiceError as error:
        return _page(request, who, name, 409, problem=error.said(who.lang), given=form)
    return after(path, made, "unchanged")


def _wanted(form: Mapping[str, str], name: str) -> Town:
    """The town a form states. Raises UsageError."""
    lists = {key: form.get(key, "").split() for key in ("leitweg", "mail", "addresses")}
    modes = {key: form[key] for key in MODES if form.get(key)}
    return town_from(name or "?", {"name": name, "title": form.get("title", ""), **lists, **modes})


def _office(request: Request, who: Visitor, row: Tenant, form: Mapping[str, str]) -> Response:
    """An office is a name for a code: nobody may more by it."""
    desk, code, title = desk_of(request), form.get("code", ""), form.get("title", "")
    if not code or not title or "/" in code or len(code) > 20:
        text = who.say(
            "Nummer (ohne /) und Name des Amtes angeben.", "Give the office's code (without /) and name."
        )
        return _page(request, who, row.name, 409, problem=text)
    with desk.store.writing(who.actor.person_id) as work:
        people.name_office(work, row, code, title)
    return after(f"{PATH}/{row.name}")


def _list(request: Request, who: Visitor, status: int = 200, **values: object) -> Response:
    with desk_of(request).store.reading() as session:
        found = towns(session, who.eyes)
        counts = _counts(session, found)
        rows = [
            (one, stated(session, one), counts[one.id], enough(session, one), modes(session, one)["portal"])
            for one in found
        ]
    values = {"given": defaultdict(str), **values}
    return shown(request, "towns.html", status, rows=rows, modes=MODES, **values)


def _counts(session: Session, found: list[Tenant]) -> dict[int | None, Counter[str]]:
    """How many invoices of each state a town has."""
    query = select(Invoice.tenant_id, Invoice.state, func.count()).group_by(
        col(Invoice.tenant_id), col(Invoice.state)
    )
    counts: dict[int | None, Counter[str]] = {one.id: Counter() for one in found}
    for number, state, count in session.exec(query.where(col(Invoice.tenant_id).in_(counts))):
        counts[number][state] += count
    return counts


def modes(session: Session, row: Tenant) -> dict[str, str]:
    """The one-word policies of a town, with what holds where nothing is said."""
    return {
        key: str(people.policy(session, row.id or 0, key).get("mode", words[0]))
        for key, words in MODES.items()
    }


def _page(request: Request, who: Visitor, name: str, status: int = 200, **values: object) -> Response:
    with desk_of(request).store.reading() as session:
        row = town(session, who.eyes, name)
        had = stated(session, row)
        mails = [value for kind, value in had.addresses if kind == MAIL]
        others = [f"{kind}:{value}" for kind, value in had.addresses if kind != MAIL]
        known = {
            "row": row,
            "given": {
                "title": row.title,
                "leitweg": "\n".join(had.leitweg),
                "mail": "\n".join(mails),
                "addresses": "\n".join(others),
                **modes(session, row),
            },
            "wrong": [claim for _, claim in warnings([had])],
            "offices": session.exec(
                select(Office).where(Office.tenant_id == row.id).order_by(col(Office.code))
            ).all(),
            "counts": sorted(_counts(session, [row])[row.id].items()),
            "enough": enough(session, row),
            "waiting": len(pending(session, row.id)),
        }
    return shown(request, "town.html", status, modes=MODES, **{**known, **values})
