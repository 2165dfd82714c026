"""What a person should know about an invoice before acting: orders, instalments, standing orders, dunning letters.

Hints block nothing; what blocks is in obstacles.py.
"""

from dataclasses import dataclass

from sqlmodel import Session

from einvoice.approval import dunning, linked, orders, standing
from einvoice.approval.linked import Member, Sums
from einvoice.approval.obstacle import Obstacle
from einvoice.approval.orders import Standing
from einvoice.store.tables import Invoice


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An invoice's chain without itself, what the chain comes to with it, its orders, and all hints."""

    members: list[Member]
    total: Sums
    orders: list[Standing]
    hints: list[Obstacle]


def hints(session: Session, invoice: Invoice) -> list[Obstacle]:
    """All hints about an invoice, the urgent ones first."""
    looks = (dunning.hints, orders.hints, linked.hints, standing.hints)
    return [one for look in looks for one in look(session, invoice)]


def surroundings(session: Session, invoice: Invoice) -> Surroundings:
    """What an invoice is linked to."""
    members = linked.linked(session, invoice)
    total = linked.sums([*members, linked.member(session, invoice)])
    return Surroundings(members, total, orders.standings(session, invoice), hints(session, invoice))
