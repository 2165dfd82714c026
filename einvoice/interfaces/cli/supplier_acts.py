"""What `einvoice supplier confirm-iban` does: the first person proposes an account, the second agrees."""

from typing import TYPE_CHECKING

from einvoice.errors import EinvoiceError, Refused
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
    from einvoice.approval import proposals
    from einvoice.approval.bank import proposed
    from einvoice.approval.persons import actor
    from einvoice.store.tables import CreditorAccount, Tenant

    try:
        with here.store.reading() as reading:
            row = reading.get(CreditorAccount, number)
            if row is None:
                raise Refused(f"There is no account {number}.", f"Ein Konto {number} gibt es nicht.")
            town = reading.get_one(Tenant, row.tenant_id).name
            waiting = proposed(reading, row)
        who = actor(here.store, acting_as)
        if waiting is not None and waiting.proposed_by == who.person_id:
            made = waiting
        elif waiting is not None:
            made = proposals.decide(here.store, who, waiting.id or 0, True, source)
        else:
            subject = f"{row.creditor_id}/{row.iban}"
            made = proposals.propose(
                here.store, who, "creditor-account", subject, town, {"source": source.strip()}
            )
    except EinvoiceError as error:
        note(f"{number}: {error.said(session.lang)}")
        return False
    shown = f"{number}: {grouped(row.iban)}"
    if made.state == "open":
        tell(made, shown)
    else:
        print(say(f"{shown} ist bestätigt.", f"{shown} is confirmed."))
    return True
