"""A dunning letter (Mahnung) is attached to its invoice: an act with its day and fee, which makes the case urgent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from einvoice.approval.obstacle import Obstacle
from einvoice.approval.persons import Actor
from einvoice.approval.signing import invoice_in, needs, signed
from einvoice.errors import Refused
from einvoice.store.store import Store
from einvoice.store.tables import Act, Invoice
from einvoice.store.work import Work

KIND = "dunning"
_WAITS = ("routed", "confirmed", "authorised")


@dataclass(frozen=True, slots=True)
class Letter:
    """A dunning letter: its day, level (1: a reminder), fee, and the document of the inbox that it is."""

    day: date
    level: int = 1
    fee: Decimal | None = None
    document: int | None = None
    text: str = ""


def attach(store: Store, who: Actor, invoice_id: int, letter: Letter) -> None:
    """Attaches a dunning letter to its invoice. Raises Refused where the document is an invoice or another town's."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, who, invoice_id, None, "", "")
        needs(work, who, invoice, "clerk", "confirmer")
        said = {
            "day": letter.day.isoformat(),
            "level": letter.level,
            "fee": str(letter.fee) if letter.fee is not None else None,
            "document": letter.document,
        }
        if letter.document is not None:
            _document(work, invoice, letter.document)
        words = letter.text.strip() or f"Mahnung vom {letter.day:%d.%m.%Y}."
        signed(work, who, invoice, KIND, words, said)
        if invoice.state in _WAITS:  # lists show the reason
            invoice.reason = {"code": "dunned", "day": letter.day.isoformat()}
            work.session.add(invoice)
        work.event("invoice-dunned", invoice, said)


def dunned(session: Session, invoice_ids: list[int]) -> dict[int, str]:
    """The day of the last dunning letter of each invoice that has one."""
    query = select(Act).where(Act.kind == KIND, col(Act.invoice_id).in_(invoice_ids)).order_by(col(Act.id))
    return {act.invoice_id: str((act.content or {}).get("day", "")) for act in session.exec(query)}


def hints(session: Session, invoice: Invoice) -> list[Obstacle]:
    """The dunning letters of an invoice."""
    query = select(Act).where(Act.invoice_id == invoice.id, Act.kind == KIND).order_by(col(Act.id))
    return [_said(act.content or {}) for act in session.exec(query)]


def _said(content: Mapping[str, object]) -> Obstacle:
    fee = content.get("fee")
    return Obstacle(
        KIND,
        f"Eilig: Mahnung {content.get('level')} vom {content.get('day')}"
        + (f", Gebühr {fee}." if fee else "."),
        f"Urgent: dunning letter {content.get('level')} of {content.get('day')}"
        + (f", fee {fee}." if fee else "."),
    )


def _document(work: Work, invoice: Invoice, number: int) -> None:
    """The document of the inbox becomes part of the case; what is an invoice itself cannot."""
    found = work.session.exec(select(Invoice).where(Invoice.id == number).with_for_update()).one_or_none()
    if found is None or found.tenant_id != invoice.tenant_id or found.state != "rejected" or found.number:
        raise Refused(
            f"No {number} is no document of this town without an invoice in it.",
            f"Nr. {number} ist kein Schriftstück dieser Kommune ohne Rechnung darin.",
        )
    found.reason = {"code": KIND, "of": invoice.id}
    work.session.add(found)
    work.event("dunning-attached", found, {"of": invoice.id})
