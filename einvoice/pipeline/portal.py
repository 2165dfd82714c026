"""What suppliers may do without an account: check a file, and hand it in to a town that allows it."""

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from einvoice.approval.access import secrecy
from einvoice.pipeline.receiving import Receipt, receive
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Delivery, Invoice, Submission, Tenant

POLICY = "portal"
Mode = Literal["off", "check", "submit"]
State = Literal["received", "checked", "rejected", "accepted", "unchecked"]
"""What a receipt tells: nothing of the content, nothing of what the town does with it."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A receipt. secret: of the link under which its state can be looked up; it cannot be guessed."""

    receipt: Receipt
    secret: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """What is known of a submission: when, its hash, size and state."""

    received: str
    sha256: str
    size: int
    state: State


def towns(session: Session, *modes: Mode) -> list[Tenant]:
    """The towns whose portal is in one of these modes, by title."""
    there = people.policies(session, POLICY)
    found = [one for one in people.tenants(session) if _mode(there, one.id or 0) in modes]
    return sorted(found, key=lambda one: one.title)


def _mode(there: object, tenant: int) -> str:
    assert isinstance(there, dict)
    row = there.get(tenant)
    return str((row.value or {}).get("mode", "off")) if row is not None else "off"


def submit(
    place: Opened, tenant: Tenant, name: str, data: bytes, *, by: str = "portal", once: str | None = None
) -> Slip:
    """Takes a file for a town, through the same door as all sources; durable when it returns.

    by: by which way it came, part of the source's name. once: as of `receive`. Which town gets it is
    decided as for every delivery: by what it says of its addressee, and only where that says nothing by this town.
    """
    receipt = receive(place, f"{by}-{tenant.name}", name, data, once, tenant.name)
    secret = secrecy.fresh()
    with place.store.writing(people.SERVICE) as work:
        row = Submission(digest=secrecy.digest(secret), delivery_id=receipt.delivery_id, made=work.time)
        work.add(row)
        work.session.flush()
        work.event("submitted", row, {"delivery": receipt.delivery_id, "by": by})
    return Slip(receipt, secret)


def submitted(place: Opened, secret: str) -> Submitted | None:
    """What a receipt's link tells; None for a link that is none."""
    with place.store.reading() as session:
        query = (
            select(Delivery)
            .join(Submission, col(Submission.delivery_id) == Delivery.id)
            .where(Submission.digest == secrecy.digest(secret))
        )
        row = session.exec(query).one_or_none()
        if row is None:
            return None
        verdicts = set(session.exec(select(Invoice.verdict).where(Invoice.delivery_id == row.id)))
    return Submitted(row.received, row.sha256, row.size, _state(row.state, verdicts))


def _state(delivery: str, verdicts: set[str]) -> State:
    if delivery == "stored":
        return "received"
    for one in ("unchecked", "rejected"):
        if one in verdicts:
            return one
    return "accepted" if verdicts else "checked"
