"""Postings and the original: an invoice's lines read again from the archive, and what posting rules say of it."""

from pathlib import Path

from sqlmodel import Session

from einvoice.approval.booked import change
from einvoice.approval.frozen import facts_of
from einvoice.approval.persons import Actor
from einvoice.approval.postings import Part
from einvoice.approval.proposing import known, proposal
from einvoice.approval.said import said
from einvoice.errors import Refused, UsageError
from einvoice.intake.positions import Line, positions
from einvoice.intake.ruling import booked
from einvoice.pipeline.house import part_of, release_options
from einvoice.pipeline.routing import area_of, laid, propose_rules
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook import release
from einvoice.rulebook.booking import bookings
from einvoice.store import people
from einvoice.store.tables import Delivery, Invoice, Proposal
from einvoice.store.times import day_of

POLICY = "posting.rules"
"""The policy that holds the text of a town's posting rules."""


def lines(place: Opened, invoice_id: int) -> list[Line]:
    """The lines of an invoice as its archived original states them, in document order.

    Raises Refused where the original is erased, Damaged where it is not what was checked.
    """
    delivery, invoice, area = _original(place, invoice_id)
    return positions(part_of(place, delivery, invoice, area))


def rule_files(place: Opened, session: Session, tenant: int | None = None) -> dict[int, Path]:
    """The files of the posting rules in force, by tenant; of one tenant or of all that have some."""
    texts = {
        n: str((row.value or {}).get("text", ""))
        for n, row in people.policies(session, POLICY, tenant).items()
    }
    return {number: laid(place, POLICY, text) for number, text in texts.items() if text}


def propose_again(place: Opened, who: Actor, invoice_id: int) -> None:
    """Replaces the postings of an invoice by what rules, orders and history propose now. Raises Refused."""
    delivery, invoice, area = _original(place, invoice_id)
    options = release_options(place, day_of(delivery.received))
    with place.store.reading() as session:
        rules = rule_files(place, session, invoice.tenant_id).get(invoice.tenant_id or 0)
    ruled = booked(part_of(place, delivery, invoice, area), rules, options) if rules else {}

    def how(session: Session, row: Invoice, _: list[Part]) -> list[Part]:
        return proposal(session, row, facts_of(session, row), ruled, known(session, [row])[row.id or 0])

    change(place.store, who, invoice_id, how, "Kontierung neu vorgeschlagen.")


def set_rules(place: Opened, who: Actor, path: Path | None, tenant: str) -> tuple[int, Proposal]:
    """Proposes the rules of a file in place of those there are (None: no rules): how many, and the proposal.

    Raises RulebookError (file:line) for what does not make sense, UsageError for a file that cannot be read.
    """

    def count(path: Path, syntax: str) -> int:
        return len(bookings(path, release(), syntax, _known).places)

    return propose_rules(place.store, who, POLICY, path, tenant, count)


def _known(text: str) -> None:
    try:
        if not said(text):
            raise ValueError("sets nothing")
    except UsageError as error:
        raise ValueError(str(error)) from None


def _original(place: Opened, invoice_id: int) -> tuple[Delivery, Invoice, str]:
    """An invoice, the delivery it came in, and the area where that lies. Raises Refused where there is none."""
    with place.store.reading() as session:
        invoice = session.get(Invoice, invoice_id)
        delivery = session.get(Delivery, invoice.delivery_id) if invoice else None
        area = area_of(session, delivery) if delivery else None
    if invoice is None or delivery is None or area is None:
        raise Refused(
            f"Invoice {invoice_id}: there is none, or its original is not here any more.",
            f"Rechnung {invoice_id}: gibt es nicht, oder das Original liegt nicht mehr vor.",
        )
    return delivery, invoice, area
