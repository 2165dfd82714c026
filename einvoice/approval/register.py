"""Who the creditors of some invoices are, asked for all at once: by VAT id an index answers; a tenant's list is read
only where someone is not found by that.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_
from sqlmodel import Session, col, select

from einvoice.approval.creditors import standing
from einvoice.intake.duplicates import supplier
from einvoice.model import accounts
from einvoice.store.asked import asked
from einvoice.store.tables import Creditor, CreditorAccount, Invoice


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A creditor: his number (None while he is new), VAT id as it is compared, and his row where it was read."""

    number: int | None
    vat_id: str | None
    row: Creditor | None = None


@dataclass(slots=True)
class _List:
    """All creditors of a tenant, by VAT id and by name as they are compared."""

    by_vat_id: defaultdict[str | None, list[_Known]] = field(default_factory=lambda: defaultdict(list))
    by_name: defaultdict[str | None, list[_Known]] = field(default_factory=lambda: defaultdict(list))

    def add(self, one: _Known, name: str) -> None:
        """One more."""
        self.by_vat_id[one.vat_id].append(one)
        self.by_name[supplier(None, name)].append(one)


class Register:
    """Who the creditors of these invoices are, as `creditors.recognised` says it of one. Good for one transaction."""

    def __init__(self, session: Session, invoices: Sequence[Invoice]) -> None:
        self._session = session
        self._lists: dict[int, _List] = {}
        self._by_vat_id: defaultdict[tuple[int, str], list[_Known]] = defaultdict(list)
        stated = {(one.tenant_id, text) for one in invoices for text in _stated(one)}
        source, its = asked(session, {"tenant_id": int, "vat_id": str}, list(stated))
        same = and_(col(Creditor.tenant_id) == its["tenant_id"], col(Creditor.vat_id) == its["vat_id"])
        query = select(Creditor).join_from(source, Creditor, same).order_by(col(Creditor.id))
        for row in session.exec(query) if stated else ():
            known = _Known(row.id, supplier(row.vat_id, None), row)
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
        name = supplier(None, invoice.seller)
        named = [one for one in known.by_name.get(name, ()) if name and not (vat_id and one.vat_id)]
        if len(named) > 1:
            iban = accounts.bare(invoice.iban)
            query = select(CreditorAccount.creditor_id).where(CreditorAccount.iban == iban)
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
        known = sorted((one for one in found if one.number is not None), key=lambda one: one.number or 0)
        if known and (row := known[0].row) is not None and row.until is None:
            return row
        new = (one.row for one in found if one.number is None)
        return standing(self._session, [one.number for one in known]) or next(new, None)

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
