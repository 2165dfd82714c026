"""Sums retained as a security (Sicherheitseinbehalt): listed, and released when their time is over.

While its invoice is in approval, a released sum is simply no deduction any more. Once the invoice was handed over, it
becomes a claim of its own beside it: same document, same payee, same places of posting, the amount that was retained.
It is confirmed, authorised and batched like any invoice, so it is paid once, by two persons, in a later batch. Its
position in the delivery is that of its deduction, below zero: the database lets there be one only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.booked import OPEN, ROLES, counted
from einvoice.approval.deductions import numbered, take_back
from einvoice.approval.persons import Actor
from einvoice.approval.postings import LONGEST_TEXT, NOTHING, Part, deductions, part_of, posting, rows
from einvoice.approval.refusals import logged
from einvoice.approval.settling import Settled, settled
from einvoice.approval.signing import invoice_in, needs, signed
from einvoice.errors import Refused
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Deduction, Invoice, Posting, Report
from einvoice.store.work import Work

_PAID = ("exported", "acknowledged")
_SAME = (
    "delivery_id", "file", "path", "sha256", "tenant_id", "verdict", "container", "syntax", "specification",
    "profile", "release", "number", "type_code", "issue_date", "seller", "seller_vat_id", "seller_mail", "buyer",
    "buyer_reference", "buyer_address", "order_reference", "contract", "preceding", "currency", "iban", "means",
    "search", "content_sha256", "supplier", "payee", "office_id", "person_id", "retention", "legal_hold", "demo",
)  # fmt: skip
"""What a released sum has of its invoice. Its terms of payment it has not: they were for the whole."""


@dataclass(frozen=True, slots=True)
class Retained:
    """A retained sum: of which invoice, until when, and since when it is released (None: it is kept).

    claim: the number under which it is approved and paid, once it is released and was not simply paid with the rest.
    """

    invoice: Invoice
    number: int
    amount: Decimal
    until: str | None
    released: str | None
    reason: str
    claim: int | None = None


def retained(session: Session, tenant_id: int | None = None) -> list[Retained]:
    """All retained sums (of a tenant, or all), those that can be released first at the top."""
    query = (
        select(Deduction, Invoice).join(Invoice, col(Invoice.id) == Deduction.invoice_id)
        .where(Deduction.kind == "retention").order_by(col(Deduction.until), col(Deduction.id))
    )  # fmt: skip
    if tenant_id is not None:
        query = query.where(Deduction.tenant_id == tenant_id)
    return [
        Retained(
            invoice,
            1 + [one.id for one in deductions(session, invoice.id or 0)].index(row.id),
            row.amount or NOTHING,
            row.until,
            row.released,
            row.reason,
            _claim(session, invoice, row) if row.released else None,
        )
        for row, invoice in session.exec(query).all()
    ]


def release(store: Store, who: Actor, invoice_id: int, number: int, reason: str) -> int | None:
    """Releases a retained sum. None: the invoice is still in approval and simply has it again; else the number under
    which the sum now waits for confirmation, because the invoice was handed over without it. Raises Refused.
    """
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with store.reading() as session:
        row = numbered(session, invoice_id, number)
        state = session.exec(select(Invoice.state).where(Invoice.id == invoice_id)).one()
    if row.kind != "retention" or row.released:
        raise Refused(
            f"Invoice {invoice_id}: deduction {number} is no sum that is retained.",
            f"Rechnung {invoice_id}: Abzug {number} ist kein einbehaltener Betrag.",
        )
    if state in OPEN:
        take_back(store, who, invoice_id, number, reason)
        return None
    with logged(store, who, "release-retention", f"invoice/{invoice_id}"):
        return _release(store, who, invoice_id, number, reason)


@repeated
def _release(store: Store, who: Actor, invoice_id: int, number: int, reason: str) -> int:
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, _PAID, "released", "freigegeben")
        needs(work, who, invoice, *ROLES)
        kept = numbered(work.session, invoice_id, number)
        work.session.refresh(kept)
        if kept.released:
            raise Refused(f"It is released since {kept.released}.", f"Freigegeben seit {kept.released}.")
        new = _begun(work, invoice, kept, reason)
        kept.released = work.time
        work.session.add(kept)
        work.session.flush()
        said = {"deduction": kept.id, "amount": str(kept.amount), "claim": new.id}
        signed(work, who, invoice, "release-retention", reason, said)
        work.event("retention-released", invoice, said)
    return new.id or 0


def _begun(work: Work, invoice: Invoice, kept: Deduction, reason: str) -> Invoice:
    """The claim for a released sum, at the beginning of its approval, with its postings and the report."""
    parts = list(_parts(work.session, invoice, kept))
    gross, net, vat = (
        sum((getattr(one, name) for one in parts), NOTHING) for name in ("amount", "net", "vat")
    )
    new = Invoice(
        **{name: getattr(invoice, name) for name in _SAME},
        position=-(kept.id or 0),
        state="routed",
        received=work.time,
        since=work.time,
        reason={"code": "retention-released", "of": invoice.id, "text": reason},
        routed_by={"by": "retention", "of": invoice.id, "deduction": kept.id},
        gross=gross,
        net=net,
        vat=vat,
        payable=gross,
        payable_cents=int(gross * 100),
        approved=gross,
        skonto=[],
    )
    work.add(new)
    work.session.flush()
    work.add(*_postings(new, parts, f"Sicherheitseinbehalt {invoice.number or ''} {invoice.seller or ''}"))
    if report := _report(work, invoice, new):
        work.add(report)
    work.session.flush()
    work.event("retention-due", new, {"of": invoice.id, "deduction": kept.id})
    return new


def _parts(session: Session, invoice: Invoice, kept: Deduction) -> Iterator[Part]:
    """What the retention took off each posting: the difference it makes, so that both make up the whole to the cent.

    Sums that were released before are no deductions any more.
    """
    before = [part_of(row) for row in rows(session, invoice.id or 0)]
    taken = [one for one in deductions(session, invoice.id or 0) if not one.released]
    booked = [part.booked() for part in before]
    less = settled(booked, counted(taken))
    more = settled(booked, counted([one for one in taken if one.id != kept.id]))
    for part, one, other in zip(before, less, more, strict=True):
        amount, vat = other.amount - one.amount, other.vat - one.vat
        if amount or vat:
            yield Part(amount, amount - vat, vat, part.rate, part.category, None, part.said, part.why)


def _postings(new: Invoice, parts: list[Part], text: str) -> Iterator[Posting]:
    for number, part in enumerate(parts, 1):
        part.said = {**part.said, "text": " ".join(text.split())[:LONGEST_TEXT]}
        yield posting(new, number, part, Settled(part.amount, part.net, part.vat))


def _report(work: Work, invoice: Invoice, new: Invoice) -> Report | None:
    """The report on the document once more, for what reads it by the number of an invoice."""
    query = select(Report).where(Report.invoice_id == invoice.id).order_by(col(Report.id).desc())
    last = work.session.exec(query).first()
    said: dict[str, Any] = last.model_dump(exclude={"id"}) if last else {}
    return Report(**{**said, "invoice_id": new.id}) if said else None


def _claim(session: Session, invoice: Invoice, kept: Deduction) -> int | None:
    query = select(Invoice.id).where(
        Invoice.delivery_id == invoice.delivery_id, Invoice.position == -(kept.id or 0)
    )
    return session.exec(query).first()
