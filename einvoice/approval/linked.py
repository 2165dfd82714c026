"""Invoices that belong together: instalments and their final invoice, an order's and a contract's; sums so far.

Linked by BT-25 (either way), BT-13 or BT-12, within one supplier and one town.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, or_, select

from einvoice.approval.frozen import facts_of
from einvoice.approval.obstacle import Obstacle
from einvoice.approval.orders import COUNTED, references
from einvoice.approval.postings import NOTHING, deductions
from einvoice.approval.shares import CENT
from einvoice.model.credit import is_credit
from einvoice.model.lexical import decimal
from einvoice.store.tables import Invoice

PARTIAL = frozenset({"326", "386", "875", "876"})
"""Codes of BT-3: partial, prepayment, partial construction and partial final construction invoice."""

FINAL = "877"
"""Code of BT-3: final construction invoice."""

_OUT = ("duplicate", "rejected", "returned", "expired")
_PAID = ("exported", "acknowledged")
_MOST = 500


@dataclass(frozen=True, slots=True)
class Member:
    """An invoice of a chain: by what it belongs to it (BT-25, BT-13, BT-12), and its sums, credit notes negative."""

    invoice: Invoice
    by: str
    invoiced: Decimal
    approved: Decimal
    retained: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """What a chain comes to: stated, authorised, retained of that and not released, handed over for payment."""

    invoiced: Decimal
    approved: Decimal
    retained: Decimal
    paid: Decimal


def linked(session: Session, invoice: Invoice) -> list[Member]:
    """The other invoices of an invoice's chain, oldest first; [] if it stands alone."""
    if invoice.supplier is None or invoice.tenant_id is None:
        return []
    facts = facts_of(session, invoice)
    found: dict[int, Member] = {}
    said = {term: text for term, text in references(invoice, facts) if term != "BT-11"}
    before = [text for text in facts.get("preceding") or [invoice.preceding] if text]
    numbers, asked = {*before, invoice.number or ""} - {""}, set[str]()
    while numbers - asked and len(found) < _MOST:
        fresh, asked = numbers - asked, asked | numbers
        ways = [
            (
                "BT-25",
                or_(
                    col(Invoice.number).in_(fresh - {invoice.number or ""}), col(Invoice.preceding).in_(fresh)
                ),
            )
        ]
        if not found:
            ways += [("BT-13", col(Invoice.order_reference) == said["BT-13"])] if "BT-13" in said else []
            ways += [("BT-12", col(Invoice.contract) == said["BT-12"])] if "BT-12" in said else []
        for by, where in ways:
            for other in session.exec(_others(invoice).where(where).limit(_MOST)):
                if (other.id or 0) not in found:
                    found[other.id or 0] = _member(session, other, by)
                    if by == "BT-25":
                        numbers |= {one for one in (other.number, other.preceding) if one}
    return sorted(found.values(), key=lambda one: (one.invoice.issue_date or "", one.invoice.id or 0))


def sums(members: Sequence[Member]) -> Sums:
    """What a chain comes to."""
    return Sums(
        *(
            sum((getattr(one, name) for one in members), NOTHING)
            for name in ("invoiced", "approved", "retained", "paid")
        )
    )


def member(session: Session, invoice: Invoice) -> Member:
    """An invoice itself as part of its chain."""
    return _member(session, invoice, "")


def hints(session: Session, invoice: Invoice) -> list[Obstacle]:
    """A final invoice that takes another sum off than the instalments that were authorised."""
    members = linked(session, invoice)
    partial = [one for one in members if one.invoice.type_code in PARTIAL]
    if invoice.type_code in PARTIAL or not partial or is_credit(invoice.type_code, invoice.syntax):
        return []
    if invoice.type_code != FINAL and not any(one.by == "BT-25" for one in partial):
        return []
    before, kept = sums(partial).approved, sums(partial).retained
    taken = _taken_off(invoice, facts_of(session, invoice))
    if any(abs(one - taken) <= len(partial) * CENT for one in (before, before + kept)):
        return []
    return [
        Obstacle(
            "instalments",
            f"Schlussrechnung: genehmigte Abschläge {before}, abgezogen sind {taken} (BT-113, negative Zeilen). "
            "Bitte prüfen und gegebenenfalls kürzen.",
            f"Final invoice: instalments approved {before}, taken off {taken} (BT-113, negative lines). "
            "Look into it, and cut it where needed.",
        )
    ]


def _taken_off(invoice: Invoice, facts: Mapping[str, Any]) -> Decimal:
    """What a final invoice itself takes off: paid already (BT-113), and negative lines."""
    gross = invoice.gross or NOTHING
    payable = gross if invoice.payable is None else invoice.payable
    return max(gross - payable, NOTHING) + (decimal(facts.get("deducted") or "") or NOTHING)


def _others(invoice: Invoice) -> Any:
    return (
        select(Invoice)
        .where(Invoice.tenant_id == invoice.tenant_id, Invoice.supplier == invoice.supplier)
        .where(Invoice.id != invoice.id, col(Invoice.state).not_in(_OUT))
        .order_by(col(Invoice.id))
    )


def _member(session: Session, invoice: Invoice, by: str) -> Member:
    sign = -1 if is_credit(invoice.type_code, invoice.syntax) else 1
    counts = invoice.state in COUNTED
    approved = (invoice.approved or NOTHING) if counts else NOTHING
    kept = [
        one for one in deductions(session, invoice.id or 0) if one.kind == "retention" and not one.released
    ]
    retained = sum((one.amount or NOTHING for one in kept), NOTHING) if counts else NOTHING
    paid = approved if invoice.state in _PAID else NOTHING
    invoiced = (
        (invoice.gross or NOTHING) if invoice.position > 0 else NOTHING
    )  # a released sum was invoiced before
    return Member(invoice, by, *(sign * one for one in (invoiced, approved, retained, paid)))
