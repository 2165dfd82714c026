"""What stands in the way of an act on an invoice: a posting that is not complete, an IBAN nobody confirmed, …

Each module that knows of such a thing has a function that looks at one invoice; the list here names them, and every
confirmation and authorisation asks them all.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from einvoice.errors import Refused
from einvoice.store.tables import Invoice


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that blocks an act: a code (`iban-unconfirmed`) and what to do about it, in German and English."""

    code: str
    de: str
    en: str


Look = Callable[[Session, Invoice, str], list[Obstacle]]
"""Looks at an invoice for an act (`confirm-factual`, `confirm-arithmetic`, `budget`, `authorise`, `visa`)."""

OBSTACLES: tuple[Look, ...] = ()
"""All that are asked, in this order. A room that has another adds a line."""


def obstacles(session: Session, invoice: Invoice, act: str) -> list[Obstacle]:
    """All that blocks an act on an invoice now."""
    return [one for look in OBSTACLES for one in look(session, invoice, act)]


def demand_none(session: Session, invoice: Invoice, act: str) -> None:
    """Raises Refused, naming all that blocks an act."""
    found = obstacles(session, invoice, act)
    if found:
        raise Refused(
            f"Invoice {invoice.id}: " + " ".join(one.en for one in found),
            f"Rechnung {invoice.id}: " + " ".join(one.de for one in found),
            found[0].code,
        )
