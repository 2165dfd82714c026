"""The first page of administration: what is left to set up, what waits, whether all is as it should be."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session, col, func, select

from einvoice.approval.comparing import concerns
from einvoice.approval.proposals import in_force, pending
from einvoice.approval.sight import Sight
from einvoice.errors import EinvoiceError
from einvoice.interfaces.web.administration.access import (
    Administrator,
    Operator,
    looked,
    persons,
    shown,
    towns,
)
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.guard import pages
from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.condition.looks import condition
from einvoice.pipeline.condition.persons import enough
from einvoice.store.tables import Delivery, Invoice, Tenant

router = pages()
PATH = "/administration"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of setting up: its key in the words, where it is done, whether it is."""

    key: str
    href: str
    done: bool


@router.get(PATH)
def overview(request: Request, who: Administrator) -> Response:
    """The page."""
    desk = desk_of(request)
    looked(request, who, "overview")
    with desk.store.reading() as session:
        mine = towns(session, who.eyes)
        values: dict[str, Any] = {
            "steps": _steps(desk, session, who.eyes, mine),
            "waiting": sum(concerns(session, who.eyes, one) for one in pending(session)),
            "towns": len(mine),
            "persons": len(persons(session, who.eyes)),
            "lacking": [one for one in mine if not enough(session, one)],
            "unassigned": _unassigned(session) if who.eyes.operator else 0,
        }
    return shown(request, "overview.html", **values)


@router.get(PATH + "/condition")
def looked_after(request: Request, who: Operator) -> Response:
    """What `einvoice doctor` finds at this workplace."""
    desk = desk_of(request)
    looked(request, who, "condition")
    found: list[Finding] = []
    try:
        with desk.busy():
            found += condition(desk.place)
    except EinvoiceError as error:
        found.append(Finding(False, error.said("de"), error.said("en")))
    found.sort(key=lambda one: (False, None, True).index(one.ok))
    return shown(request, "condition.html", found=found)


def _steps(desk: Desk, session: Session, eyes: Sight, mine: list[Tenant]) -> list[Step]:
    """The steps of setting up, in order; of a town's administrator those he can do."""
    people_step = Step("people", f"{PATH}/persons", bool(mine) and all(enough(session, one) for one in mine))
    second = Step("second", f"{PATH}/persons", _two(session, eyes, mine))
    if not eyes.operator:
        return [people_step, second]
    came = session.exec(select(Delivery.id).limit(1)).first() is not None
    return [
        Step("town", f"{PATH}/towns", bool(mine)),
        people_step,
        Step("source", f"{PATH}/sources", bool(desk.place.workplace.sources) and came),
        second,
    ]


def _two(session: Session, eyes: Sight, mine: list[Tenant]) -> bool:
    """Whether a second administrator can agree: for the installation, or in each of one's towns."""
    wanted = [None] if eyes.operator else [one.id for one in mine]
    return all(in_force(session, one) for one in wanted)


def _unassigned(session: Session) -> int:
    """Invoices that no town has yet."""
    query = select(func.count(col(Invoice.id))).where(
        col(Invoice.tenant_id).is_(None), Invoice.state == "unrouted"
    )
    return session.exec(query).one()
