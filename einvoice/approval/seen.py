"""The creditors and accounts that new invoices name: those a tenant does not know yet are written down, unconfirmed.

Asked for many invoices at once: by VAT id an index answers; a tenant's list is read only where someone is new to it.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import and_
from sqlmodel import Session, col, select

from einvoice.approval.register import Register
from einvoice.model import accounts
from einvoice.store.asked import asked
from einvoice.store.bulk import made
from einvoice.store.tables import Creditor, CreditorAccount, Invoice
from einvoice.store.work import Work

Key = tuple[int, str]
"""(tenant, what a creditor is compared by), or (creditor, IBAN)."""


def record(work: Work, invoices: Sequence[Invoice]) -> None:
    """Writes down creditors and accounts of invoices, which are written by now, where their tenants do not know them.

    Called under the lock of the tenants' rows, so that no creditor comes twice.
    """
    named = [one for one in invoices if (one.seller or "").strip()]
    register = Register(work.session, named)
    new: list[tuple[str, Creditor | CreditorAccount, int | None]] = []
    paid: list[tuple[Creditor, str, Invoice]] = []
    for invoice in named:
        creditor = register.creditor(invoice)
        if creditor is None:
            creditor = register.add(_creditor(invoice))
            new.append(("creditor-seen", creditor, invoice.id))
        iban = accounts.bare(invoice.iban)
        if iban and not accounts.problem(iban):
            paid.append((creditor, iban, invoice))
    work.number(*(row for _, row, _ in new))
    wanted = {(creditor.id or 0, iban): invoice for creditor, iban, invoice in reversed(paid)}
    known = _accounts(work.session, wanted)
    for key, invoice in wanted.items():
        if key not in known:
            new.append(("creditor-account-seen", _account(*key, invoice, work.time), invoice.id))
    work.insert(*(row for _, row, _ in new))
    for kind, row, number in new:
        work.event(kind, row, {"invoice": number})


def _creditor(invoice: Invoice) -> Creditor:
    name, vat_id = (invoice.seller or "").strip(), invoice.seller_vat_id or None
    return made(Creditor, tenant_id=invoice.tenant_id or 0, name=name, vat_id=vat_id)


def _account(creditor: int, iban: str, invoice: Invoice, time: str) -> CreditorAccount:
    tenant, holder = invoice.tenant_id or 0, invoice.payee or None
    return made(CreditorAccount, tenant_id=tenant, creditor_id=creditor, iban=iban, seen=time, holder=holder)


def _accounts(session: Session, wanted: Iterable[Key]) -> set[Key]:
    """Which of these accounts are known for their creditors."""
    source, its = asked(session, {"creditor_id": int, "iban": str}, list(wanted))
    same = and_(
        col(CreditorAccount.creditor_id) == its["creditor_id"], col(CreditorAccount.iban) == its["iban"]
    )
    query = select(CreditorAccount.creditor_id, CreditorAccount.iban)
    found = session.exec(query.select_from(source).join(CreditorAccount, same)).all()
    return {(creditor, iban) for creditor, iban in found}
