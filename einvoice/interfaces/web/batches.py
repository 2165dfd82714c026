"""The page `Batches`: the payment batches of a person's towns, and building a new one by filter or by selection."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlmodel import col, select

from einvoice.approval import batch_list, batches
from einvoice.approval.cashier import capacity_for_cash
from einvoice.approval.choosing import Choice, fitting
from einvoice.approval.said import money
from einvoice.errors import Refused, UsageError
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.faults import refusal
from einvoice.interfaces.web.forms import Id
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.model.lexical import iso_date
from einvoice.render.states import BATCHES
from einvoice.rulebook.releases import today
from einvoice.store.tables import Invoice, Office, Tenant

router = pages()

_SHOWN = 100
"""So many invoices can be chosen from on one page; all that fit can be taken at once."""


class Filter(BaseModel):
    """What shall be in a batch, as a page says it; empty: all."""

    due: str = Field("", max_length=10)
    supplier: str = Field("", max_length=100)
    currency: str = Field("", max_length=3)
    least: str = Field("", max_length=20)
    most: str = Field("", max_length=20)
    office: str = Field("", max_length=40)
    skonto: str = Field("", max_length=10)

    def choice(self, numbers: Sequence[int] | None = None) -> Choice:
        """As batches are built by. Raises UsageError for a day or an amount that is none."""
        return Choice(
            numbers=numbers,
            due_until=_day(self.due),
            supplier=self.supplier.strip() or None,
            currency=self.currency.strip().upper() or None,
            least=_amount(self.least),
            most=_amount(self.most),
            office=self.office or None,
            skonto_until=_day(self.skonto),
        )


def _day(text: str) -> str | None:
    if not text.strip():
        return None
    found: date | None = iso_date(text.strip())
    if found is None:
        raise UsageError(f"{text}: a day as 2026-12-04.", f"{text}: einen Tag wie 2026-12-04 angeben.")
    return found.isoformat()


def _amount(text: str) -> Decimal | None:
    return money(text) if text.strip() else None


@router.get("/batches")
def listed(
    request: Request, who: Person, state: str = "", after: Annotated[Id | None, Query()] = None
) -> Response:
    """The list, and for the cash office what could be put into a new batch."""
    with desk_of(request).store.reading() as session:
        state = state if state in BATCHES else ""
        found = batch_list.listed(session, who.eyes.tenants, state or None, after)
        ready = batch_list.ready(session, who.eyes.tenants)
        mine = select(Tenant).where(col(Tenant.id).in_(ready)).order_by(col(Tenant.title))
        towns = [(one, ready[one.id or 0]) for one in session.exec(mine)]
        cash = {one.id for one, _ in towns if _cash(session, who, one)}
    more = urlencode({**({"state": state} if state else {}), "after": found.after}) if found.after else None
    states = [(name, who.say(*words)) for name, words in BATCHES.items()]
    return page(
        request,
        "batches.html",
        found=found.rows,
        more=more,
        towns=towns,
        cash=cash,
        called=batches.name,
        chosen=state,
        states=states,
    )


def _cash(session, who: Visitor, town: Tenant) -> bool:  # type: ignore[no-untyped-def]
    return capacity_for_cash(session, who.actor.person_id, town.id or 0, today()) is not None


@router.get("/batches/new/{town}")
def choose(request: Request, who: Person, town: str, wish: Annotated[Filter, Query()]) -> Response:
    """What is authorised and fits a filter, to be taken as it is or one by one."""
    return _form(request, who, town, wish)


@router.post("/batches/new/{town}")
def build(
    request: Request,
    who: Person,
    town: str,
    wish: Annotated[Filter, Query()],
    act: Annotated[str, Form(max_length=10)],
    title: Annotated[str, Form(max_length=200)] = "",
    pick: Annotated[list[Id] | None, Form(max_length=_SHOWN)] = None,
) -> Response:
    """Builds a batch: of those picked, or of all that fit the filter."""
    desk = desk_of(request)
    owner = _town(desk, who, town)
    try:
        if act != "all" and not pick:
            raise UsageError(
                "Please choose at least one invoice.", "Bitte mindestens eine Rechnung auswählen."
            )
        choice = wish.choice(None if act == "all" else pick)
        made = batches.build(desk.store, who.actor, owner.name, title=title.strip(), choice=choice)
    except (Refused, UsageError) as error:
        return _form(request, who, town, wish, refusal(error), error.said(who.lang), title)
    return RedirectResponse(f"/batches/{made}?done=build", 303)


def _form(
    request: Request,
    who: Visitor,
    town: str,
    wish: Filter,
    status: int = 200,
    problem: str = "",
    title: str = "",
) -> Response:
    desk = desk_of(request)
    owner = _town(desk, who, town)
    found: list[Invoice] = []
    more = False
    with desk.store.reading() as session:
        offices = session.exec(select(Office).where(Office.tenant_id == owner.id).order_by(col(Office.code)))
        named = [(one.code, f"{one.code} {one.name}") for one in offices]
        cash = _cash(session, who, owner)
        try:
            found, more = fitting(session, owner, wish.choice(), _SHOWN)
        except (Refused, UsageError) as error:
            problem, status = problem or error.said(who.lang), refusal(error)
    query = urlencode({key: text for key, text in wish.model_dump().items() if text})
    return page(
        request,
        "batch_new.html",
        status,
        owner=owner,
        wish=wish,
        found=found,
        more=more,
        offices=named,
        cash=cash,
        query=query,
        problem=problem,
        title=title,
    )


def _town(desk: Desk, who: Visitor, name: str) -> Tenant:
    """A town this person sees into. Raises 404 for every other."""
    with desk.store.reading() as session:
        mine = select(Tenant).where(Tenant.name == name, col(Tenant.id).in_(who.eyes.tenants))
        found = session.exec(mine.where(col(Tenant.removed).is_(None))).one_or_none()
    if found is None:
        raise HTTPException(404)
    return found
