"""The creditors and accounts that new invoices name: those a tenant does not know yet are written down, unconfirmed.

Asked for many invoices at once: by VAT id an index answers; a tenant's list is read only where someone is new to it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_
from sqlmodel import Session, col, select

from einvoice.approval.creditors import standing
from einvoice.intake.duplicates import supplier
from einvoice.model import accounts
from einvoice.store.asked import asked
from einvoice.store.tables import Creditor, CreditorAccount, Invoice
from einvoice.store.work import Work

Key = tuple[int, str]
"""(tenant, what a creditor is compared by), or (creditor, IBAN)."""


def record(work: Work, invoices: Sequence[Invoice]) -> None:
    """Writes down creditors and accounts of invoices, which are written by now, where their tenants do not know them.

    Called under the lock of the tenants' rows, so that no creditor comes twice.
    """
    register = _Register(work.session, [one for one in invoices if (one.seller or "").strip()])
    new: list[tuple[str, Creditor | CreditorAccount, int | None]] = []
    paid: list[tuple[Creditor, str, Invoice]] = []
    for invoice in register.invoices:
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
    return Creditor(tenant_id=invoice.tenant_id or 0, name=name, vat_id=vat_id)


def _account(creditor: int, iban: str, invoice: Invoice, time: str) -> CreditorAccount:
    tenant, holder = invoice.tenant_id or 0, invoice.payee or None
    return CreditorAccount(tenant_id=tenant, creditor_id=creditor, iban=iban, seen=time, holder=holder)


def _accounts(session: Session, wanted: Iterable[Key]) -> set[Key]:
    """Which of these accounts are known for their creditors."""
    source, its = asked(session, {"creditor_id": int, "iban": str}, list(wanted))
    same = and_(
        col(CreditorAccount.creditor_id) == its["creditor_id"], col(CreditorAccount.iban) == its["iban"]
    )
    query = select(CreditorAccount.creditor_id, CreditorAccount.iban)
    found = session.exec(query.select_from(source).join(CreditorAccount, same)).all()
    return {(creditor, iban) for creditor, iban in found}


@dataclass(slots=True)
class _List:
    """All creditors of a tenant: numbers by VAT id and by name, as compared; and those that state a VAT id."""

    by_vat_id: defaultdict[str | None, list["_Known"]] = field(default_factory=lambda: defaultdict(list))
    by_name: defaultdict[str | None, list["_Known"]] = field(default_factory=lambda: defaultdict(list))

    def add(self, one: "_Known", name: str) -> None:
        """One more."""
        self.by_vat_id[one.vat_id].append(one)
        self.by_name[supplier(None, name)].append(one)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A creditor: his number, or his row if he is new; his VAT id as it is compared."""

    number: int | None
    vat_id: str | None
    new: Creditor | None = None


class _Register:
    """Who the creditors of these invoices are, as `creditors.recognised` says it of one."""

    def __init__(self, session: Session, invoices: Sequence[Invoice]) -> None:
        self.invoices = invoices
        self._session = session
        self._lists: dict[int, _List] = {}
        self._by_vat_id: defaultdict[Key, list[_Known]] = defaultdict(list)
        stated = {(one.tenant_id, text) for one in invoices for text in _stated(one)}
        source, its = asked(session, {"tenant_id": int, "vat_id": str}, list(stated))
        same = and_(col(Creditor.tenant_id) == its["tenant_id"], col(Creditor.vat_id) == its["vat_id"])
        for row in session.exec(
            select(Creditor).join_from(source, Creditor, same).order_by(col(Creditor.id))
        ):
            known = _Known(row.id, supplier(row.vat_id, None))
            self._by_vat_id[row.tenant_id, row.vat_id or ""].append(known)

    def creditor(self, invoice: Invoice) -> Creditor | None:
        """The creditor of an invoice; None for one the tenant does not know."""
        tenant, vat_id = invoice.tenant_id or 0, supplier(invoice.seller_vat_id, None)
        exact = [one for text in sorted(_stated(invoice)) for one in self._by_vat_id.get((tenant, text), ())]
        if exact:
            return self._standing(exact)
        known = self._list(tenant)
        if vat_id and (same := known.by_vat_id.get(vat_id)):
            return self._standing(same)
        named = known.by_name.get(supplier(None, invoice.seller), [])
        named = [one for one in named if not (vat_id and one.vat_id)]
        if len(named) > 1:
            query = select(CreditorAccount.creditor_id).where(
                CreditorAccount.iban == accounts.bare(invoice.iban)
            )
            having = set(self._session.exec(query))
            named = [one for one in named if one.number in having]
        return self._standing(named)

    def add(self, creditor: Creditor) -> Creditor:
        """A new one, who is written with the others."""
        one = _Known(None, supplier(creditor.vat_id, None), creditor)
        self._list(creditor.tenant_id).add(one, creditor.name)
        for text in {creditor.vat_id, one.vat_id} - {None}:
            self._by_vat_id[creditor.tenant_id, text or ""].append(one)
        return creditor

    def _standing(self, found: Sequence[_Known]) -> Creditor | None:
        numbers = sorted({one.number for one in found if one.number is not None})
        return standing(self._session, numbers) or next((one.new for one in found if one.new), None)

    def _list(self, tenant: int) -> _List:
        if tenant not in self._lists:
            self._lists[tenant] = _List()
            mine = select(Creditor.id, Creditor.name, Creditor.vat_id).where(Creditor.tenant_id == tenant)
            for number, name, vat_id in self._session.exec(mine.order_by(col(Creditor.id))):
                self._lists[tenant].add(_Known(number, supplier(vat_id, None)), name)
        return self._lists[tenant]


def _stated(invoice: Invoice) -> set[str]:
    """The VAT id of a seller, as it stands there and as it is compared."""
    return {text for text in (invoice.seller_vat_id, supplier(invoice.seller_vat_id, None)) if text}
