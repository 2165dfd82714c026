"""Orders and commitments (Mittelbindung) that a town imported: what is still open, and what would be too much.

What is used up is computed, never stored: what other invoices have booked on an order and somebody authorised, unless
the accounting system knew it already when it told the open amount.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Text, type_coerce
from sqlmodel import Session, col, func, or_, select

from einvoice.approval.fields import asked
from einvoice.approval.obstacle import Obstacle
from einvoice.approval.postings import NOTHING, rows
from einvoice.model.credit import is_credit
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.tables import BatchRow, Export, Invoice, Master, Posting, canonical
from einvoice.store.times import BERLIN, stamp

COUNTED = ("authorised", "batched", "exported", "acknowledged")
"""States of invoices that use an order up."""

_FILLERS = frozenset({"", "NA", "N/A", "-", "--", "0", "KEINE", "NONE", "OHNE", "UNBEKANNT"})


@dataclass(frozen=True, slots=True)
class Standing:
    """An order and what an invoice takes of it: imported open amount and its day, what others used since, this
    invoice's part, and what is left after it (negative: too much). None: the order is not in the master data.
    """

    code: str
    text: str
    open_amount: Decimal | None
    as_of: str | None
    used: Decimal
    here: Decimal
    until: str | None = None

    @property
    def left(self) -> Decimal | None:
        """What is open after this invoice."""
        return None if self.open_amount is None else self.open_amount - self.used - self.here


def references(invoice: Invoice, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """By what an invoice names an order: (term, text) of BT-13, BT-12 and BT-11, without what stands for nothing."""
    project = (facts.get("supply") or {}).get("project")
    said = (("BT-13", invoice.order_reference), ("BT-12", invoice.contract), ("BT-11", project))
    return [(term, text.strip()) for term, text in said if text and text.strip().upper() not in _FILLERS]


def named(session: Session, invoice: Invoice, facts: Mapping[str, Any]) -> tuple[str, Master] | None:
    """The order an invoice names, with the term: by its number, else by its contract; None if none is known."""
    said = references(invoice, facts)
    if not said:
        return None
    ways = [col(Master.code).in_([text for _, text in said]), *(_says_contract(text) for _, text in said)]
    query = select(Master).where(Master.tenant_id == invoice.tenant_id, Master.kind == "order", or_(*ways))
    found = session.exec(query.order_by(col(Master.code))).all()
    for term, text in said:
        by_code = [row for row in found if row.code == text]
        by_contract = [row for row in found if (row.content or {}).get("contract") == text]
        if both := by_code or by_contract:
            return term, both[0]
    return None


def standings(session: Session, invoice: Invoice, *, locked: bool = False) -> list[Standing]:
    """The orders on which an invoice is booked. locked: for an act, so that of two at once one sees the other."""
    here: dict[str, Decimal] = {}
    sign = -1 if is_credit(invoice.type_code, invoice.syntax) else 1
    for row in rows(session, invoice.id or 0):
        if row.commitment:
            here[row.commitment] = here.get(row.commitment, NOTHING) + sign * (row.amount or NOTHING)
    return [_standing(session, invoice, code, here[code], locked) for code in sorted(here)]


def obstacles(session: Session, invoice: Invoice, act: str) -> list[Obstacle]:
    """An order that would be overrun, where the town's policy (posting.orders.overrun = "block") says so."""
    settings = people.policy(session, invoice.tenant_id or 0, "posting").get("orders") or {}
    if not asked(session, invoice, act) or settings.get("overrun") != "block":
        return []
    return [one for one in _found(standings(session, invoice, locked=True)) if one.code == "order-overrun"]


def hints(session: Session, invoice: Invoice) -> list[Obstacle]:
    """What is to be known about the orders of an invoice."""
    return list(_found(standings(session, invoice)))


def _found(orders: Sequence[Standing]) -> Iterator[Obstacle]:
    for one in orders:
        if one.left is not None and one.left < 0:
            yield Obstacle(
                "order-overrun",
                f"Auftrag {one.code} reicht nicht: offen {one.open_amount} (Stand {one.as_of}), andere {one.used}, "
                f"diese {one.here}; es fehlen {-one.left}. Bitte erhöhen lassen oder anders kontieren.",
                f"Order {one.code} does not suffice: open {one.open_amount} (as of {one.as_of}), others {one.used}, "
                f"this {one.here}; {-one.left} is missing. Have it raised, or post elsewhere.",
            )
        elif one.open_amount is None:
            yield Obstacle(
                "order-unknown",
                f"Auftrag {one.code} steht nicht in den Stammdaten.",
                f"Order {one.code} is not in the master data.",
            )
        if one.until and one.until < today().isoformat():
            yield Obstacle(
                "order-ended",
                f"Auftrag {one.code} galt bis {one.until}.",
                f"Order {one.code} ended on {one.until}.",
            )


def _standing(session: Session, invoice: Invoice, code: str, here: Decimal, locked: bool) -> Standing:
    query = select(Master).where(
        Master.tenant_id == invoice.tenant_id, Master.kind == "order", Master.code == code
    )
    row = session.exec(query.with_for_update() if locked else query).one_or_none()
    as_of = (row.content or {}).get("as_of") if row else None
    used = _used(session, invoice, code, as_of)
    return Standing(
        code,
        row.text if row else "",
        row.open_amount if row else None,
        as_of,
        used,
        here,
        row.until if row else None,
    )


def _used(session: Session, invoice: Invoice, code: str, as_of: str | None) -> Decimal:
    """What others have booked on an order, less what was exported before the day of its open amount."""
    exported = (
        select(func.min(Export.made)).join(BatchRow, col(BatchRow.batch_id) == Export.batch_id)
        .where(BatchRow.invoice_id == Invoice.id, col(BatchRow.live)).correlate(Invoice).scalar_subquery()
    )  # fmt: skip
    query = (
        select(col(Posting.amount), col(Invoice.type_code), col(Invoice.syntax), exported)
        .join(Invoice, col(Invoice.id) == Posting.invoice_id)
        .where(Posting.tenant_id == invoice.tenant_id, Posting.commitment == code)
        .where(Invoice.id != invoice.id, col(Invoice.state).in_(COUNTED))
    )
    known = stamp(datetime.combine(date.fromisoformat(as_of), time(), BERLIN)) if as_of else ""
    used = NOTHING
    for amount, type_code, syntax, made in session.exec(query):
        if made is None or made >= known:
            used += (-1 if is_credit(type_code, syntax) else 1) * (amount or NOTHING)
    return used


def _says_contract(text: str) -> Any:
    """Rows whose content may say a contract: looked at again once they are read."""
    said = canonical({"contract": text})[1:-1]
    return type_coerce(col(Master.content), Text).contains(said, autoescape=True)
