"""What `einvoice supplier confirm-iban` does: the first person proposes an account, the second agrees."""

from typing import TYPE_CHECKING

from einvoice.errors import EinvoiceError
from einvoice.interfaces.cli.proposing import tell
from einvoice.interfaces.cli.session import note, say, session
from einvoice.model.accounts import grouped

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened


def account_of_invoice(here: "Opened", number: int, acting_as: str | None) -> int:
    """The number of the account that an invoice names; written down, unconfirmed, if the town did not know it yet.

    Raises Refused where the invoice names none that could be paid to.
    """
    from einvoice.approval.bank import noted
    from einvoice.approval.persons import actor
    from einvoice.approval.sight import sight
    from einvoice.store.tables import Invoice

    with here.store.reading() as reading:
        invoice = reading.get(Invoice, number)
    if invoice is not None:
        sight(here.store, acting_as).demand(invoice.tenant_id, number)
    return noted(here.store, actor(here.store, acting_as), number)


def confirm(here: "Opened", number: int, source: str, acting_as: str | None) -> bool:
    """Proposes an account, or agrees where another person has proposed it; whether it went through."""
    from einvoice.approval.persons import actor
    from einvoice.approval.vouching import vouch
    from einvoice.store.tables import CreditorAccount

    try:
        made = vouch(here.store, actor(here.store, acting_as), number, source)
        with here.store.reading() as reading:
            row = reading.get_one(CreditorAccount, number)
    except EinvoiceError as error:
        note(f"{number}: {error.said(session.lang)}")
        return False
    shown = f"{number}: {grouped(row.iban)}"
    if made.state == "open":
        tell(made, shown)
    else:
        print(say(f"{shown} ist bestätigt.", f"{shown} is confirmed."))
    return True
