"""What is taken off an invoice, with its reason: Kürzung, Sicherheitseinbehalt, Skonto.

The approved sum is the invoice's total less its deductions; postings follow to the cent (see settling).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlmodel import Session

from einvoice.approval.booked import changeable, replace, written_down
from einvoice.approval.frozen import facts_of
from einvoice.approval.persons import Actor
from einvoice.approval.postings import NOTHING, deductions, part_of, rows
from einvoice.approval.refusals import logged
from einvoice.approval.shares import CENT
from einvoice.errors import Refused, UsageError
from einvoice.intake.positions import Line
from einvoice.model.discounts import offered
from einvoice.store.store import Store
from einvoice.store.tables import Deduction, Invoice
from einvoice.store.work import Work

KINDS = ("cut", "retention", "skonto")
"""What a person may deduct."""


@dataclass(frozen=True, slots=True)
class Off:
    """What shall be taken off: percent of what is left of the invoice's total, or an amount; gross unless `net`.

    line: the invoice line it concerns; until: the day from which a retained sum can be released.
    """

    kind: str
    reason: str
    amount: Decimal | None = None
    percent: Decimal | None = None
    net: bool = False
    line: Line | None = None
    until: date | None = None


def deduct(store: Store, who: Actor, invoice_id: int, off: Off) -> Decimal:
    """Takes something off an invoice; the approved sum after it. What was confirmed before begins anew.

    Raises Refused, UsageError where there is no reason, or more would be taken off than there is.
    """
    if not off.reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with logged(store, who, "deduct", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        invoice = changeable(work, who, invoice_id)
        amount = _amount(off, _base(invoice, deductions(work.session, invoice_id)))
        row = Deduction(
            tenant_id=invoice.tenant_id or 0,
            invoice_id=invoice_id,
            kind=off.kind,
            line=off.line.id if off.line else None,
            amount=amount,
            reason=off.reason.strip(),
            person_id=who.person_id,
            made=work.time,
            percent=off.percent,
            until=off.until.isoformat() if off.until else None,
            vat_category=off.line.category if off.line else None,
            vat_rate=off.line.rate if off.line else None,
        )
        work.add(row)
        work.session.flush()
        _settle(work, invoice)
        said = {"kind": off.kind, "amount": str(amount), "line": row.line or "", "deduction": row.id}
        written_down(work, who, invoice, "deduct", off.reason.strip(), said)
        return invoice.approved or NOTHING


def take_back(store: Store, who: Actor, invoice_id: int, number: int, reason: str) -> Decimal:
    """Takes a deduction back (number: its place in the list, from 1); the approved sum after it. Raises Refused."""
    with logged(store, who, "take-back", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        invoice = changeable(work, who, invoice_id)
        row = numbered(work.session, invoice_id, number)
        if row.released:
            raise Refused(
                f"Invoice {invoice_id}: that sum is released and paid by itself.",
                f"Rechnung {invoice_id}: Dieser Einbehalt ist freigegeben und wird eigens ausgezahlt.",
            )
        said = {"kind": row.kind, "amount": str(row.amount), "line": row.line or "", "taken_back": row.id}
        work.session.delete(row)
        work.session.flush()
        _settle(work, invoice)
        written_down(work, who, invoice, "take-back", reason, said)
        return invoice.approved or NOTHING


def numbered(session: Session, invoice_id: int, number: int) -> Deduction:
    """A deduction by its place in the list, from 1. Raises Refused where there is none."""
    found = deductions(session, invoice_id)
    if not 1 <= number <= len(found):
        raise Refused(
            f"Invoice {invoice_id} has no deduction {number}: see `einvoice posting show {invoice_id}`.",
            f"Rechnung {invoice_id} hat keinen Abzug {number}: siehe `einvoice posting show {invoice_id}`.",
        )
    return found[number - 1]


def _base(invoice: Invoice, before: Sequence[Deduction]) -> Decimal:
    """What percentages are of: the total less what was cut."""
    cut = sum((one.amount or NOTHING for one in before if one.kind == "cut"), NOTHING)
    return (invoice.gross or NOTHING) - cut


def _amount(off: Off, base: Decimal) -> Decimal:
    if (off.amount is None) == (off.percent is None):
        raise UsageError("Say an amount or a percentage.", "Bitte einen Betrag oder Prozentsatz angeben.")
    rate = 1 + (off.line.rate or NOTHING) / 100 if off.line is not None else Decimal(1)
    if off.percent is not None and off.line is not None:
        base = off.line.net * rate
    amount = off.amount if off.amount is not None else base * (off.percent or NOTHING) / 100
    if off.net and off.amount is not None:
        amount *= rate
    amount = amount.quantize(CENT, ROUND_HALF_UP)
    if amount <= 0:
        raise UsageError(f"{amount}: nothing is taken off.", f"{amount}: Das zieht nichts ab.")
    return amount if base >= 0 else -amount


def _offered(session: Session, invoice: Invoice) -> list[dict[str, Any]]:
    """The Skonto that an invoice itself grants, in its terms and as data; none of a released retention."""
    stated = facts_of(session, invoice).get("discounts") or () if invoice.position > 0 else ()
    return [one.plain() for one in offered(invoice.terms or "", stated)]


def _settle(work: Work, invoice: Invoice) -> None:
    kinds = {one.kind for one in deductions(work.session, invoice.id or 0)}
    if "skonto" in kinds:
        invoice.skonto = []  # taken by hand: nothing is left to be taken when it is paid
    elif invoice.skonto == []:
        invoice.skonto = _offered(work.session, invoice)
    replace(work, invoice, [part_of(row) for row in rows(work.session, invoice.id or 0)])
    gross, approved = invoice.gross or NOTHING, invoice.approved or NOTHING
    if gross * approved < 0:
        raise Refused(
            f"Invoice {invoice.id}: {gross - approved} would be taken off {gross}.",
            f"Rechnung {invoice.id}: Es würden {gross - approved} von {gross} abgezogen.",
        )
