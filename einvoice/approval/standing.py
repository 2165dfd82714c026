"""Standing orders (Daueranordnung): a supplier's regular invoices within a span of amounts, ordered once.

It is master data of the kind `standing-order`, made from an invoice by whoever may authorise its greatest amount. An
invoice that fits is proposed as covered, with its postings; what does not fit is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.fields import asked
from einvoice.approval.obstacle import Obstacle
from einvoice.model.lexical import decimal, iso_date
from einvoice.store import people
from einvoice.store.tables import Invoice, Master

KIND = "standing-order"
PERIODS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""What a period is called → its months."""

_OUT = ("duplicate", "rejected", "returned", "expired")


@dataclass(frozen=True, slots=True)
class Covered:
    """A standing order for an invoice; wrong: why the invoice does not fit it (German, English), None: it does."""

    code: str
    said: dict[str, str]
    wrong: tuple[str, str] | None = None


def covering(session: Session, invoice: Invoice) -> Covered | None:
    """The standing order that an invoice's supplier has, the one that fits first; None if he has none."""
    if invoice.supplier is None:
        return None
    query = select(Master).where(*of_supplier(invoice)).order_by(col(Master.code))
    day = invoice.issue_date or invoice.received[:10]
    found = [row for row in session.exec(query) if _lives(row, day) and _same_contract(row, invoice)]
    looked = [
        Covered(row.code, dict((row.content or {}).get("said") or {}), _wrong(session, row, invoice))
        for row in found
    ]
    return next((one for one in looked if one.wrong is None), looked[0] if looked else None)


def hints(session: Session, invoice: Invoice) -> list[Obstacle]:
    """Whether a standing order covers an invoice, or why it does not."""
    found = covering(session, invoice)
    if found is None:
        return []
    if found.wrong is None:
        de = f"Durch Daueranordnung {found.code} gedeckt."
        return [Obstacle("standing-order", de, f"Covered by standing order {found.code}.")]
    de, en = found.wrong
    return [
        Obstacle(
            "standing-order-outside",
            f"Daueranordnung {found.code}: {de}",
            f"Standing order {found.code}: {en}",
        )
    ]


def obstacles(session: Session, invoice: Invoice, act: str) -> list[Obstacle]:
    """An invoice outside its standing order, where the policy (posting.orders.standing_orders = "block") says so."""
    settings = people.policy(session, invoice.tenant_id or 0, "posting").get("orders") or {}
    if not asked(session, invoice, act) or settings.get("standing_orders") != "block":
        return []
    return [one for one in hints(session, invoice) if one.code == "standing-order-outside"]


def of_supplier(invoice: Invoice) -> tuple[Any, ...]:
    """The standing orders of an invoice's supplier."""
    begins = col(Master.code).startswith(f"{invoice.supplier}/", autoescape=True)
    return Master.tenant_id == invoice.tenant_id, Master.kind == KIND, begins


def _lives(row: Master, day: str) -> bool:
    content = row.content or {}
    return (row.until is None or row.until >= day) and not content.get("ended")


def _same_contract(row: Master, invoice: Invoice) -> bool:
    wanted = (row.content or {}).get("contract")
    return not wanted or wanted == invoice.contract


def _wrong(session: Session, row: Master, invoice: Invoice) -> tuple[str, str] | None:
    content = row.content or {}
    least, most = (decimal(content[key]) or Decimal() for key in ("least", "most"))
    gross = invoice.gross or Decimal()
    if not least <= gross <= most:
        return (
            f"Betrag {gross} liegt nicht zwischen {least} und {most}.",
            f"the amount {gross} is not between {least} and {most}.",
        )
    other = _another(session, content, invoice)
    if other is not None:
        return (
            f"im selben Zeitraum gibt es schon Rechnung {other.number} (Nr. {other.id}).",
            f"in the same period there is invoice {other.number} (No {other.id}) already.",
        )
    return None


def _another(session: Session, content: Mapping[str, Any], invoice: Invoice) -> Invoice | None:
    """An earlier invoice of the same supplier and contract in the same period of the calendar."""
    day = iso_date(invoice.issue_date or "")
    if day is None:
        return None
    months = PERIODS[content["period"]]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    query = select(Invoice).where(
        Invoice.tenant_id == invoice.tenant_id,
        Invoice.supplier == invoice.supplier,
        col(Invoice.id) < (invoice.id or 0),
        col(Invoice.state).not_in(_OUT),
        col(Invoice.issue_date) >= first.isoformat(),
        col(Invoice.issue_date) < _next(first, months).isoformat(),
    )
    if content.get("contract"):
        query = query.where(Invoice.contract == invoice.contract)
    return session.exec(query.order_by(col(Invoice.id))).first()


def _next(first: date, months: int) -> date:
    month = first.month - 1 + months
    return first.replace(year=first.year + month // 12, month=month % 12 + 1)
