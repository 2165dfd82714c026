"""What stands in the way of an act on an invoice: a posting that is not complete, an IBAN nobody confirmed, …

Each module that knows of such a thing has a function that looks at one invoice; the list here names them, and every
confirmation and authorisation asks them all.
"""

from sqlmodel import Session

from einvoice.approval import creditors, fields, orders, standing
from einvoice.approval.obstacle import Look, Obstacle
from einvoice.errors import Refused
from einvoice.store.tables import Invoice

OBSTACLES: tuple[Look, ...] = (
    fields.obstacles,
    orders.obstacles,
    standing.obstacles,
    creditors.unconfirmed,
)
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
