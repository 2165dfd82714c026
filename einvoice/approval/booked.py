"""The postings of an invoice in the store: read, placed anew, split. Each change is an act with what was before; what
was confirmed or authorised begins anew, since its signatures were for other postings.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from einvoice.approval.persons import Actor
from einvoice.approval.postings import (
    DIMENSIONS,
    NOTHING,
    THIRD_PARTY,
    Part,
    deductions,
    part_of,
    posting,
    rows,
    usual,
)
from einvoice.approval.progress import reopen
from einvoice.approval.refusals import logged
from einvoice.approval.settling import Taken, group_of, settled
from einvoice.approval.signing import invoice_in, needs, signed
from einvoice.approval.splitting import Share, by_line, by_shares, by_vat
from einvoice.errors import Refused, UsageError
from einvoice.intake.positions import Line
from einvoice.store import people
from einvoice.store.bulk import put
from einvoice.store.store import Store
from einvoice.store.tables import Deduction, Invoice, Posting
from einvoice.store.work import Work

OPEN = ("routed", "held", "confirmed", "authorised")
"""States of an invoice in which its postings can be changed."""

ROLES = ("clerk", "confirmer")
"""Who may change them."""


def counted(found: Sequence[Deduction]) -> list[Taken]:
    """What deductions take off the approved sum."""
    return [
        Taken(
            one.amount,
            one.line,
            group_of(one.vat_category, one.vat_rate) if one.vat_category is not None else None,
        )
        for one in found
        if one.amount
    ]


def change(
    store: Store,
    who: Actor,
    invoice_id: int,
    how: Callable[[Session, Invoice, list[Part]], list[Part]],
    statement: str,
) -> None:
    """Replaces the postings of an invoice by what `how` makes of them; the same again changes nothing.

    Raises Refused where the invoice is elsewhere, the person may not, or the parts do not make up the invoice.
    """
    with logged(store, who, "post", f"invoice/{invoice_id}"), store.writing(who.person_id) as work:
        invoice = changeable(work, who, invoice_id)
        before = [part_of(row) for row in rows(work.session, invoice_id)]
        after = how(work.session, invoice, [part_of(row) for row in rows(work.session, invoice_id)])
        if before == after:
            return
        replace(work, invoice, after)
        written_down(
            work, who, invoice, "post", statement, {"before": _plain(before), "after": _plain(after)}
        )


def changeable(work: Work, who: Actor, invoice_id: int) -> Invoice:
    """The invoice, locked, if its postings may be changed by this person now. Raises Refused."""
    invoice = invoice_in(work, who, invoice_id, OPEN, "posted anew", "neu kontiert")
    needs(work, who, invoice, *ROLES)
    return invoice


def written_down(
    work: Work, who: Actor, invoice: Invoice, kind: str, statement: str, content: dict[str, Any]
) -> None:
    """The act about a change, and the event; what was signed before is no longer."""
    work.session.flush()
    reopen(work, invoice, statement)
    signed(work, who, invoice, kind, statement, content)
    work.event("invoice-posted", invoice, content)


def replace(work: Work, invoice: Invoice, parts: Sequence[Part]) -> None:
    """Books an invoice in these parts, its deductions taken off. Raises Refused unless they make up its total."""
    total, said = invoice.gross or NOTHING, sum((part.amount for part in parts), NOTHING)
    if total != said:
        raise Refused(
            f"Invoice {invoice.id}: the postings make {said}, the invoice {total}.",
            f"Rechnung {invoice.id}: Die Kontierung ergibt {said}, die Rechnung {total}.",
        )
    for row in rows(work.session, invoice.id or 0):
        work.session.delete(row)
    work.session.flush()
    work.add(*posted(invoice, parts, deductions(work.session, invoice.id or 0)))
    work.session.add(invoice)


def posted(invoice: Invoice, parts: Sequence[Part], taken: Sequence[Deduction]) -> list[Posting]:
    """The rows that book an invoice in these parts, what is taken off taken off; fixes its approved sum."""
    found = settled([part.booked() for part in parts], counted(taken))
    put(invoice, approved=sum((one.amount for one in found), NOTHING))
    return [posting(invoice, number, *one) for number, one in enumerate(zip(parts, found, strict=True), 1)]


def place(
    store: Store, who: Actor, invoice_id: int, said: Mapping[str, str], positions: Sequence[int] = ()
) -> None:
    """Sets where an invoice is booked: dimensions of all its postings, or of some; an empty code takes one away.

    Raises Refused, UsageError for a position there is not.
    """
    if not said:
        raise UsageError("Nothing is to be set.", "Es ist nichts angegeben, was gesetzt werden soll.")
    place_each(store, who, invoice_id, dict.fromkeys(positions, said), {} if positions else said)


def place_each(
    store: Store,
    who: Actor,
    invoice_id: int,
    each: Mapping[int, Mapping[str, str]],
    every: Mapping[str, str] | None = None,
) -> None:
    """Sets where an invoice is booked, its postings by their positions; `every`: what the others are given.

    Raises Refused, UsageError for a position there is not. A posting that stays as it is keeps why it was proposed.
    """

    def how(_: Session, invoice: Invoice, parts: list[Part]) -> list[Part]:
        if wrong := [one for one in each if not 1 <= one <= len(parts)]:
            raise UsageError(
                f"Invoice {invoice.id} has the postings 1 to {len(parts)}, not {wrong[0]}.",
                f"Rechnung {invoice.id} hat die Kontierungen 1 bis {len(parts)}, nicht {wrong[0]}.",
            )
        for number, part in enumerate(parts, 1):
            both = {**part.said, **each.get(number, every or {})}
            codes = {key: both[key] for key in DIMENSIONS if both.get(key)}
            if codes != part.said:
                part.said, part.why = codes, None
        return parts

    change(store, who, invoice_id, how, "Kontierung gesetzt.")


def _plain(parts: Sequence[Part]) -> list[dict[str, str]]:
    return [{"amount": str(part.amount), "line": part.line or "", **part.said} for part in parts]


def split(
    store: Store,
    who: Actor,
    invoice_id: int,
    by: str | Sequence[Share],
    lines: Sequence[Line] = (),
) -> None:
    """Splits an invoice by `line`, by `vat`, or into shares. lines: the invoice's, where lines are spoken of.

    Raises Refused, UsageError where the parts do not make up the invoice.
    """

    def how(session: Session, invoice: Invoice, parts: list[Part]) -> list[Part]:
        own = [part for part in parts if part.line != THIRD_PARTY]
        if isinstance(by, str):
            after = by_line(own, lines) if by == "line" else by_vat(own)
        else:
            after = by_shares(own, by, lines)
        after += [part for part in parts if part.line == THIRD_PARTY]
        usual(invoice, after, people.policy(session, invoice.tenant_id or 0, "posting"))
        return after

    change(store, who, invoice_id, how, "Kontierung aufgeteilt.")
