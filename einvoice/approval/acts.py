"""Acts on an invoice: confirm (sachlich und rechnerisch richtig), authorise (anordnen), return, hold, release, note.

Nobody authorises what he confirmed (KomHVO NRW §31: two employees). Each act signs the digest of the state it saw;
what changed afterwards has to be confirmed anew.
"""

import hashlib
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from einvoice.approval.obstacles import demand_none
from einvoice.approval.persons import Actor, roles
from einvoice.errors import Refused
from einvoice.store.store import Store
from einvoice.store.tables import Act, Deduction, Invoice, Person, Posting, canonical
from einvoice.store.times import moment
from einvoice.store.work import Work

_BERLIN = ZoneInfo("Europe/Berlin")
_SIGNED = ("sha256", "number", "seller", "currency", "net", "vat", "gross", "payable", "iban")
_LATER = ("full", "full_vat", "line")
_OPEN = ("routed", "held", "confirmed")


def confirm(store: Store, who: Actor, invoice_id: int, statement: str = "") -> None:
    """States that the claim is right in substance and in figures. Needs the role confirmer (or clerk)."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, invoice_id, ("routed",), "confirmed", "bestätigt")
        needs(work, who, invoice, "confirmer")
        demand_none(work.session, invoice, "confirm-factual")
        demand_none(work.session, invoice, "confirm-arithmetic")
        for kind in ("confirm-factual", "confirm-arithmetic"):
            signed(work, who, invoice, kind, statement or "Sachlich und rechnerisch richtig.")
        invoice.factual_by = invoice.arithmetic_by = who.person_id
        invoice.state_digest = state_digest(work.session, invoice)
        _move(work, who, invoice, "confirmed", "invoice-confirmed")


def authorise(store: Store, who: Actor, invoice_id: int, statement: str = "") -> None:
    """Orders the payment. Needs the role authoriser up to the amount; never the person who confirmed."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, invoice_id, ("confirmed",), "authorised", "angeordnet")
        needs(work, who, invoice, "authoriser", amount=abs(invoice.payable or Decimal()))
        if who.person_id in (invoice.factual_by, invoice.arithmetic_by):
            raise Refused(
                f"Invoice {invoice_id}: whoever confirmed it may not authorise it (four eyes).",
                f"Rechnung {invoice_id}: Wer bestätigt hat, darf nicht anordnen (Vier-Augen-Prinzip).",
            )
        if invoice.state_digest != state_digest(work.session, invoice):
            raise Refused(
                f"Invoice {invoice_id} was changed after it was confirmed: confirm it again.",
                f"Rechnung {invoice_id} wurde nach der Bestätigung geändert: bitte erneut bestätigen.",
            )
        demand_none(work.session, invoice, "authorise")
        signed(work, who, invoice, "authorise", statement or "Zur Zahlung angeordnet.")
        invoice.authorised_by = who.person_id
        if invoice.approved is None:  # arrived before approved sums were fixed at the beginning
            invoice.approved = invoice.gross
        _move(work, who, invoice, "authorised", "invoice-authorised")


def give_back(store: Store, who: Actor, invoice_id: int, reason: str) -> None:
    """Returns an invoice to its supplier, with the reason."""
    _set_aside(store, who, invoice_id, "returned", "return", reason, (*_OPEN, "rejected"))


def hold(store: Store, who: Actor, invoice_id: int, reason: str) -> None:
    """Keeps an invoice out of the flow until it is released."""
    _set_aside(store, who, invoice_id, "held", "hold", reason, ("routed", "confirmed"))


def release(store: Store, who: Actor, invoice_id: int, reason: str) -> None:
    """Puts a held invoice back into the flow; it has to be confirmed anew."""
    _set_aside(store, who, invoice_id, "routed", "release", reason, ("held",))


def reject_duplicate(store: Store, who: Actor, invoice_id: int, reason: str, of: int | None = None) -> int:
    """Declares a held invoice a duplicate of another of its tenant (of: by default the one it was held for).

    Returns the other's id. It is never paid; nothing of it is lost.
    """
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, invoice_id, ("held",), "declared a duplicate", "für doppelt erklärt")
        needs(work, who, invoice, "confirmer")
        known = of or invoice.duplicate_of or (invoice.reason or {}).get("of")
        query = select(Invoice.id).where(Invoice.id == known, Invoice.tenant_id == invoice.tenant_id)
        other = work.session.exec(query).one_or_none()
        if other is None or other == invoice_id:
            raise Refused(
                f"Invoice {invoice_id}: of which invoice of the same town is it a duplicate? Say it with --of.",
                f"Rechnung {invoice_id}: Zu welcher derselben Kommune ist sie doppelt? Bitte mit --of nennen.",
            )
        signed(work, who, invoice, "reject-duplicate", reason)
        invoice.duplicate_of = other
        invoice.reason = {"code": "rejected-duplicate", "of": other, "text": reason}
        _move(work, who, invoice, "duplicate", "invoice-duplicate")
    return other


def open_case(
    store: Store, who: Actor, invoice_id: int, kind: str, content: dict[str, Any], reason: str
) -> None:
    """Lets others than the town look into one case, as `content` says for how long (see sight.py)."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, invoice_id, None, "", "")
        needs(work, who, invoice, "confirmer")
        signed(work, who, invoice, kind, reason, content)
        work.event("case-opened", invoice, content)


def note(store: Store, who: Actor, invoice_id: int, text: str) -> None:
    """Writes a note to an invoice."""
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, invoice_id, None, "", "")
        signed(work, who, invoice, "note", text)
        work.event("invoice-noted", invoice, {"text": text})


def history(store: Store, invoice_id: int) -> list[tuple[Act, str]]:
    """The acts on an invoice with the names of the persons, first to last."""
    with store.reading() as session:
        rows = session.exec(
            select(Act, Person).join(Person, Person.id == Act.person_id)  # type: ignore[arg-type]
            .where(Act.invoice_id == invoice_id).order_by(Act.id)  # type: ignore[arg-type]
        ).all()  # fmt: skip
    return [(act, person.name or f"#{person.id}") for act, person in rows]


def state_digest(session: Session, invoice: Invoice) -> str:
    """The digest of what an act is signed for: document, amounts, IBAN, deductions, approved sum and postings."""
    said = {name: str(getattr(invoice, name)) for name in _SIGNED}
    if invoice.approved is not None:
        said["approved"] = str(invoice.approved)
    deductions = select(Deduction).where(Deduction.invoice_id == invoice.id).order_by(col(Deduction.id))
    if rows := session.exec(deductions).all():
        said["deductions"] = canonical([_plain(row) for row in rows])
    postings = select(Posting).where(Posting.invoice_id == invoice.id).order_by(col(Posting.position))
    said["postings"] = canonical([_plain(row) for row in session.exec(postings)])
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def _plain(row: Posting | Deduction) -> dict[str, str | None]:
    """What a row says; columns that came later count only where they say something, so that old digests hold."""
    plain = row.model_dump(exclude={"id", "tenant_id", "invoice_id", "proposed_from"})
    return {
        key: None if value is None else str(value)
        for key, value in plain.items()
        if value is not None or key not in _LATER
    }


def _set_aside(
    store: Store, who: Actor, invoice_id: int, state: str, kind: str, reason: str, fitting: tuple[str, ...]
) -> None:
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with store.writing(who.person_id) as work:
        invoice = invoice_in(work, invoice_id, fitting, state, state)
        needs(work, who, invoice, "confirmer")
        signed(work, who, invoice, kind, reason)
        invoice.factual_by = invoice.arithmetic_by = invoice.authorised_by = invoice.state_digest = None
        invoice.round += 1
        invoice.reason = {"code": kind, "text": reason}
        _move(work, who, invoice, state, f"invoice-{state}")


def invoice_in(work: Work, invoice_id: int, states: tuple[str, ...] | None, en: str, de: str) -> Invoice:
    """The invoice, locked for this transaction, if it is where the act can happen."""
    found = work.session.exec(select(Invoice).where(Invoice.id == invoice_id).with_for_update()).one_or_none()
    if found is None or found.tenant_id is None:
        raise Refused(
            f"There is no invoice {invoice_id} with a tenant.",
            f"Es gibt keine Rechnung {invoice_id} mit Kommune.",
        )
    if states is not None and found.state not in states:
        raise Refused(
            f"Invoice {invoice_id} is {found.state} and cannot be {en}.",
            f"Rechnung {invoice_id} ist im Zustand „{found.state}“ und kann nicht {de} werden.",
        )
    return found


def needs(work: Work, who: Actor, invoice: Invoice, *allowed: str, amount: Decimal | None = None) -> None:
    """Raises Refused unless the person has one of these roles in the invoice's tenant today, up to an amount."""
    day = moment(work.time).astimezone(_BERLIN).date()
    held = roles(work.session, who.person_id, invoice.tenant_id or 0, day)
    role = next((one for one in allowed if one in held), None)
    if role is None:
        raise Refused(
            f"{who.name} is no {' or '.join(allowed)} of this tenant.",
            f"{who.name} hat in dieser Kommune die Rolle „{'“ oder „'.join(allowed)}“ nicht.",
        )
    limit = held[role]
    if amount is not None and limit is not None and amount > limit:
        raise Refused(
            f"{amount} is above the limit of {limit} for {who.name}.",
            f"{amount} liegt über der Wertgrenze {limit} von {who.name}.",
        )


def signed(
    work: Work, who: Actor, invoice: Invoice, kind: str, statement: str, content: dict[str, Any] | None = None
) -> None:
    """Writes down an act, signed for the state of the invoice as it is now."""
    work.add(
        Act(
            tenant_id=invoice.tenant_id or 0,
            invoice_id=invoice.id or 0,
            round=invoice.round,
            kind=kind,
            person_id=who.person_id,
            time=work.time,
            statement=statement,
            content=content,
            state_digest=state_digest(work.session, invoice),
            demo=who.demo,
        )
    )


def reopen(work: Work, who: Actor, invoice: Invoice, why: str) -> None:
    """Puts a confirmed or authorised invoice back to the beginning of its approval: what was signed has changed."""
    if invoice.state not in ("confirmed", "authorised"):
        return
    invoice.factual_by = invoice.arithmetic_by = invoice.authorised_by = invoice.state_digest = None
    invoice.round += 1
    invoice.reason = {"code": "reopened", "text": why}
    _move(work, who, invoice, "routed", "invoice-reopened")


def _move(work: Work, who: Actor, invoice: Invoice, state: str, event: str) -> None:
    invoice.state, invoice.since = state, work.time
    work.session.add(invoice)
    work.event(event, invoice)
