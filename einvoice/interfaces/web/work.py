"""The page `My work`: what waits for me, the most urgent first; or all of my towns, by state and words."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from sqlmodel import col, select

from einvoice.approval.listing import Listed, Wish, counted, listed
from einvoice.approval.persons import today
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.limits import SEARCH
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.render.states import state as called
from einvoice.store.tables import STATES, Tenant

router = pages()

Short = Annotated[str, Query(max_length=100)]


@router.get("/work")
def work(
    request: Request,
    who: Person,
    show: Short = "mine",
    town: Short = "",
    state: Short = "",
    q: Short = "",
    after: Short = "",
) -> Response:
    """The list; every filter stands in the address, so that it can be kept."""
    desk = desk_of(request)
    if q and (seconds := desk.limits.over("search", f"person/{who.actor.person_id}", SEARCH)):
        raise TooMany(seconds)
    with desk.store.reading() as session:
        mine = select(Tenant).where(col(Tenant.id).in_(who.eyes.tenants), col(Tenant.removed).is_(None))
        towns = session.exec(mine.order_by(col(Tenant.title))).all()
        chosen = next((one for one in towns if one.name == town), None)
        wish = Wish(
            mine=show != "all",
            tenant=chosen.id if chosen else None,
            state=state if state in STATES else None,
            text=q.strip(),
            after=after,
        )
        found = listed(session, who.eyes, wish, today())
        count = _count(found, after) if wish.mine else counted(session, who.eyes, wish, today())
    filters = {"show": "mine" if wish.mine else "all", "town": town, "state": state, "q": wish.text}
    return page(
        request,
        "work.html",
        found=found,
        count=count,
        towns=[(one.name, one.title) for one in towns],
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
