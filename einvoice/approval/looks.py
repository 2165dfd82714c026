"""Looks at what is in an invoice are events of its town's chain: who, when, and at what."""

from typing import Literal

from einvoice.store import people, seals
from einvoice.store.store import Store
from einvoice.store.tables import INSTALLATION, Invoice

Thing = Literal["page", "original", "attachment", "report", "data"]


def at_administration(store: Store, person_id: int, page: str, tenant_id: int | None = None) -> None:
    """Writes down that an administrator looks at a page of administration; of one town: in its chain."""
    chain = seals.tenant_chain(tenant_id) if tenant_id else INSTALLATION
    with store.writing(person_id) as work:
        work.event("administration-looked", f"administration/{page}", chain=chain)


def noted(store: Store, person_id: int, invoice: Invoice, thing: Thing, **more: int) -> None:
    """Writes down that a person looks into an invoice; more: ids such as that of the token he came by."""
    chain = seals.tenant_chain(invoice.tenant_id) if invoice.tenant_id else INSTALLATION
    with store.writing(person_id or people.SERVICE) as work:
        work.event("looked", f"invoice/{invoice.id}", {"at": thing, **more}, chain=chain)
