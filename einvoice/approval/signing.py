"""What every act is made of: the invoice, locked; a role; what is signed; the row that says who did it."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from einvoice.approval.persons import Actor, roles
from einvoice.approval.rights import Capacity, absent, not_his_own
from einvoice.errors import Refused, Stale
from einvoice.render.states import state
from einvoice.store.once import read_ahead, recalled
from einvoice.store.tables import Act, Deduction, Invoice, Posting, canonical
from einvoice.store.times import in_berlin
from einvoice.store.work import Work

BY = {
    "confirm-factual": "factual_by",
    "confirm-arithmetic": "arithmetic_by",
    "budget": "budget_by",
    "authorise": "authorised_by",
    "visa": "visa_by",
}
"""Step → where the invoice keeps who did it in the current round."""

_SIGNED = ("sha256", "number", "seller", "currency", "net", "vat", "gross", "payable", "iban")
_LATER = ("full", "full_vat", "line")


def state_digest(session: Session, invoice: Invoice) -> str:
    """The digest of what an act is signed for: document, amounts, IBAN, deductions, approved sum and postings."""
    return _digest({**_substance(session, invoice), "postings": canonical(_postings(session, invoice))})


def substance_digest(session: Session, invoice: Invoice) -> str:
    """The digest of the claim alone, without where it is booked: what is confirmed where posting comes later."""
    return _digest(_substance(session, invoice))


def _digest(said: dict[str, str]) -> str:
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def _substance(session: Session, invoice: Invoice) -> dict[str, str]:
    said = {name: str(getattr(invoice, name)) for name in _SIGNED}
    if invoice.approved is not None:
        said["approved"] = str(invoice.approved)
    if rows := _rows(session, Deduction, invoice.id):
        said["deductions"] = canonical([_plain(row) for row in rows])
    return said


_IN_ORDER: tuple[tuple[Any, Any], ...] = ((Deduction, col(Deduction.id)), (Posting, col(Posting.position)))
"""What digests look at beside the invoice itself, and by what it is ordered."""


def _rows(
    session: Session, table: type[Posting] | type[Deduction], number: int | None
) -> list[Posting | Deduction]:
    """The postings or deductions of an invoice, in their order."""
    order = dict(_IN_ORDER)[table]
    query: Any = select(table).where(col(table.invoice_id) == number).order_by(order)
    return recalled(session, table.__name__, number, lambda: list(session.exec(query)))


def read_content(session: Session, numbers: Sequence[int]) -> None:
    """Reads at once the postings and deductions that digests of some invoices look at."""
    for table, order in _IN_ORDER:
        found: dict[int, list[Posting | Deduction]] = {number: [] for number in numbers}
        query = select(table).where(col(table.invoice_id).in_(numbers)).order_by(order)
        for row in session.exec(query) if numbers else ():
            found[row.invoice_id].append(row)
        read_ahead(session, table.__name__, found)


def _postings(session: Session, invoice: Invoice) -> list[dict[str, str | None]]:
    return [_plain(row) for row in _rows(session, Posting, invoice.id)]


def _plain(row: Posting | Deduction) -> dict[str, str | None]:
    """What a row says; columns that came later count only where they say something, so that old digests hold."""
    plain = row.model_dump(exclude={"id", "tenant_id", "invoice_id", "proposed_from"})
    return {
        key: None if value is None else str(value)
        for key, value in plain.items()
        if value is not None or key not in _LATER
    }


TALK = ("note", "question", "answer", "dunning", "open-to-operator")
"""Acts that leave an invoice as it is."""


def shown(session: Session, invoices: Sequence[Invoice]) -> dict[int, str]:
    """What invoices look like now, by number: `LAST-ACT_DIGEST`, another whenever something was done to one.

    Whatever changes an invoice moves it or is an act, so content need not be read. One statement for all.
    """
    query = select(Act.invoice_id, func.max(Act.id)).where(
        col(Act.invoice_id).in_([one.id for one in invoices]), col(Act.kind).not_in(TALK)
    )
    last = {number: act or 0 for number, act in session.exec(query.group_by(col(Act.invoice_id)))}
    found = {}
    for one in invoices:
        act = last.get(one.id or 0, 0)
        said = f"{one.id} {one.state} {one.since} {one.round} {act}"
        found[one.id or 0] = f"{act}_{hashlib.sha256(said.encode()).hexdigest()[:32]}"
    return found


def invoice_in(
    work: Work, who: Actor, invoice_id: int, states: tuple[str, ...] | None, en: str, de: str
) -> Invoice:
    """The invoice, locked for this transaction, if it is where the act can happen, and as the person saw it.

    Raises Refused, Stale.
    """
    query = select(Invoice).where(Invoice.id == invoice_id).with_for_update()
    found = work.session.exec(query, execution_options={"populate_existing": True}).one_or_none()
    if found is None or found.tenant_id is None:
        raise Refused(
            f"There is no invoice {invoice_id} with a tenant.",
            f"Es gibt keine Rechnung {invoice_id} mit Kommune.",
        )
    if who.seen is not None and who.seen != shown(work.session, [found])[invoice_id]:
        raise Stale(
            f"Invoice {invoice_id} has changed since you looked at it; nothing was done.",
            f"Rechnung {invoice_id} hat sich geändert, seit Sie sie angesehen haben; es wurde nichts getan.",
        )
    if states is not None and found.state not in states:
        raise Refused(
            f"Invoice {invoice_id} is {found.state} and cannot be {en}.",
            f"Rechnung {invoice_id} ist „{state(found.state, 'de')}“ und kann nicht {de} werden.",
        )
    return found


def needs(
    work: Work, who: Actor, invoice: Invoice, *allowed: str, amount: Decimal | None = None
) -> int | None:
    """For whom a person acts (None: himself) who has one of these roles in the invoice's tenant today, up to an
    amount, or stands in for somebody who has. Raises Refused otherwise, and on an invoice of his own.
    """
    day, session = in_berlin(work.time).date(), work.session
    wanted = " or ".join(allowed), "“ oder „".join(allowed)
    refused = Refused(
        f"{who.name} is no {wanted[0]} of this tenant.",
        f"{who.name} hat in dieser Kommune die Rolle „{wanted[1]}“ nicht.",
        "role",
    )
    for one in (Capacity(who.person_id), *absent(session, who.person_id, invoice.tenant_id, day)):
        held = roles(session, one.for_person or one.person_id, invoice.tenant_id or 0, day)
        limits = [held[role] for role in allowed if role in held]
        if not limits:
            continue
        if amount is not None and not any(limit is None or amount <= limit for limit in limits):
            refused = Refused(
                f"{amount} is above the limit of {limits[0]} for {who.name}.",
                f"{amount} liegt über der Wertgrenze {limits[0]} von {who.name}.",
                "limit",
            )
            continue
        not_his_own(session, one, invoice)
        return one.for_person
    raise refused


def signed(
    work: Work,
    who: Actor,
    invoice: Invoice,
    kind: str,
    statement: str,
    content: dict[str, Any] | None = None,
    *,
    step: str | None = None,
    for_person: int | None = None,
) -> Act:
    """Writes down an act, signed for the state of the invoice as it is now. step: of the chain, if it does one."""
    row = Act(
        tenant_id=invoice.tenant_id or 0,
        invoice_id=invoice.id or 0,
        round=invoice.round,
        kind=kind,
        person_id=who.person_id,
        for_person_id=for_person,
        time=work.time,
        statement=statement,
        content=content,
        state_digest=state_digest(work.session, invoice),
        step=step,
        demo=who.demo,
    )
    work.add(row)
    return row


def moved(
    work: Work, invoice: Invoice, state: str, event: str, payload: dict[str, Any] | None = None
) -> None:
    """Puts an invoice into a state, with the event that says so."""
    invoice.state, invoice.since = state, work.time
    work.session.add(invoice)
    work.event(event, invoice, payload)


def begin_anew(invoice: Invoice) -> None:
    """Begins another round: nothing that was signed so far counts any more."""
    for name in BY.values():
        setattr(invoice, name, None)
    invoice.state_digest = None
    invoice.round += 1
