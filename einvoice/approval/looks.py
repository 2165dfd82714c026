"""Looks at what is in an invoice are events of its town's chain: who, when, and at what."""

from typing import Literal

from einvoice.store import people, seals
from einvoice.store.store import Store
from einvoice.store.tables import INSTALLATION, Invoice

Thing = Literal["page", "original", "attachment", "report", "data"]


def at_administration(store: Store, person_id: int, page: str, *tenants: int) -> None:
    """Writes down that somebody looks at a page of administration; of some towns: in the chain of each."""
    chains = [seals.tenant_chain(one) for one in tenants] or [INSTALLATION]
    with store.writing(person_id) as work:
        for chain in chains:
            work.event("administration-looked", f"administration/{page}", chain=chain)


def noted(store: Store, person_id: int, invoice: Invoice, thing: Thing, **more: int) -> None:
    """Writes down that a person looks into an invoice; more: ids such as that of the token he came by."""
    chain = seals.tenant_chain(invoice.tenant_id) if invoice.tenant_id else INSTALLATION
    with store.writing(person_id or people.SERVICE) as work:
        work.event("looked", f"invoice/{invoice.id}", {"at": thing, **more}, chain=chain)
