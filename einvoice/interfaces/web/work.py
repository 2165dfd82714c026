"""The page `My work`: what waits for me, the most urgent first; or all of my towns, by state and words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, HTTPException, Query, Request, Response
from sqlmodel import col, select

from einvoice.approval.listing import SIZE, Listed, Wish, counted, listed, one
from einvoice.approval.signing import shown
from einvoice.errors import Refused, UsageError
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.invoice_acts import DOES, STEPS, Said
from einvoice.interfaces.web.limits import SEARCH
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.render.states import state as called
from einvoice.rulebook.releases import today
from einvoice.store.tables import STATES, Tenant

router = pages()

Short = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one invoice of several: its number, what it is called, and why not, if it was refused."""

    invoice: int
    name: str
    refused: str = ""


def asked(
    show: Short = "mine", town: Short = "", state: Short = "", q: Short = "", after: Short = ""
) -> dict[str, str]:
    """The filters of the list as the address says them; it can be kept."""
    mine = "all" if show == "all" else "mine"
    return {
        "show": mine,
        "town": town,
        "state": state if state in STATES else "",
        "q": q.strip(),
        "after": after,
    }


Asked = Annotated[dict[str, str], Depends(asked)]


@router.get("/work")
def work(request: Request, who: Person, wanted: Asked) -> Response:
    """The list; every filter stands in the address, so that it can be kept."""
    return _page(request, who, wanted)


@router.post("/work")
def several(
    request: Request,
    who: Person,
    wanted: Asked,
    act: Annotated[str, Form(max_length=20)],
    pick: Annotated[list[str] | None, Form(max_length=SIZE)] = None,
) -> Response:
    """Does one step on each of the invoices picked, wholly or not at all; the result of each is told."""
    if act not in STEPS.values():
        raise HTTPException(422)
    return _page(request, who, wanted, [_done(desk_of(request), who, act, one) for one in pick or ()])


def _done(desk: Desk, who: Visitor, act: str, picked: str) -> Result:
    """One of several; picked: number and what it looked like on the page, `17:…`."""
    text, _, version = picked.partition(":")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    with desk.store.reading() as session:
        known = one(session, who.eyes, number)
    if known is None:
        return Result(0, text[:20], who.say("gibt es nicht", "is not there"))
    name = known[0].number or f"#{number}"
    try:
        DOES[act](desk.place, replace(who.actor, seen=version), number, Said())
    except (Refused, UsageError) as error:
        return Result(number, name, error.said(who.lang))
    return Result(number, name)


def _page(request: Request, who: Visitor, wanted: dict[str, str], results: Sequence[Result] = ()) -> Response:
    desk = desk_of(request)
    if wanted["q"] and (seconds := desk.limits.over("search", f"person/{who.actor.person_id}", SEARCH)):
        raise TooMany(seconds)
    with desk.store.reading() as session:
        mine = select(Tenant).where(col(Tenant.id).in_(who.eyes.tenants), col(Tenant.removed).is_(None))
        towns = session.exec(mine.order_by(col(Tenant.title))).all()
        chosen = next((town for town in towns if town.name == wanted["town"]), None)
        wish = Wish(
            mine=wanted["show"] == "mine",
            tenant=chosen.id if chosen else None,
            state=wanted["state"] or None,
            text=wanted["q"],
            after=wanted["after"],
        )
        found = listed(session, who.eyes, wish, today())
        count = _count(found, wish.after) if wish.mine else counted(session, who.eyes, wish)
        versions = shown(session, [row.invoice for row in found.rows]) if wish.mine else {}
    filters = {key: text for key, text in wanted.items() if key != "after"}
    steps = [STEPS[row.step] for row in found.rows if row.step and row.step in STEPS]
    return page(
        request,
        "work.html",
        found=found,
        count=count,
        versions=versions,
        steps=list(dict.fromkeys(steps)),
        results=results,
        towns=[(town.name, town.title) for town in towns],
        states=[(name, called(name, who.lang)) for name in STATES],
        filters=filters,
        address=_address(filters),
        more=_more(found, filters),
        empty=_empty(who, wish),
    )


def _count(found: Listed, after: str) -> int | None:
    """How many wait, where the page shows them all; counting the rest would mean to look at each."""
    return len(found.rows) if found.after is None and not after else None


def _address(filters: dict[str, str]) -> str:
    return urlencode({key: value for key, value in filters.items() if value})


def _more(found: Listed, filters: dict[str, str]) -> str | None:
    return _address({**filters, "after": found.after}) if found.after else None


def _empty(who: Visitor, wish: Wish) -> str:
    """Why a list is empty, as a key of the words."""
    if not who.eyes.tenants:
        return "work.no_role"
    return (
        "work.nothing_waits" if wish.mine and not (wish.text or wish.state or wish.tenant) else "work.nothing"
    )
