"""Invoices of Musterlippe as far as the cash office: authorised, and in a batch that was exported."""

from sqlmodel import select

from einvoice.approval import acts, bank, batches
from einvoice.approval.proposals import decide, propose
from einvoice.exports.delivery import hand_over
from einvoice.exports.doors.browser import TARGET, BrowserDoor
from einvoice.store.tables import CreditorAccount, Invoice
from tests.interfaces.web.town import Site

NUMBERS = ("RE-2026-0815", "E-2026-0007")
"""What can be paid there."""


def numbered(here: Site, number: str) -> int:
    """The id of an invoice by its number."""
    with here.place.store.reading() as session:
        return session.exec(select(Invoice.id).where(Invoice.number == number)).one() or 0


def iban_confirmed(here: Site, number: int) -> None:
    """Lets two persons confirm the account that an invoice names."""
    first, second = (here.actor(name) for name in ("clerk", "second"))
    account = bank.noted(here.place.store, first, number)
    with here.place.store.reading() as session:
        row = session.exec(select(CreditorAccount).where(CreditorAccount.id == account)).one()
    subject, source = f"{row.creditor_id}/{row.iban}", {"source": "Rahmenvertrag 2025, Blatt 3"}
    made = propose(here.place.store, first, "creditor-account", subject, "musterlippe", source)
    if made.state == "open":
        decide(here.place.store, second, made.id or 0, True)


def authorised(here: Site, *numbers: str) -> list[int]:
    """The ids of invoices, each confirmed by one person and authorised by another."""
    found = [numbered(here, one) for one in numbers]
    for one in found:
        iban_confirmed(here, one)
        acts.confirm(here.place.store, here.actor("confirmer"), one)
        acts.authorise(here.place.store, here.actor("authoriser"), one)
    return found


def exported(here: Site) -> int:
    """The id of a batch of all that can be paid, closed and handed out as a table."""
    authorised(here, *NUMBERS)
    store, cash = here.place.store, here.actor("cash")
    number = batches.build(store, cash, "musterlippe")
    batches.close(store, cash, number)
    hand_over(store, here.place.archive, cash, number, "csv", BrowserDoor(), TARGET)
    return number
