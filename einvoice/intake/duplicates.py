"""Whether a new invoice is there already, replaces one, or is not like its supplier: layers, each with its reason.

All questions stay inside one tenant and are answered by an index in one look, however many invoices there are. The
same bytes and the same canonical XML are linked by themselves; everything else that is suspected waits for a clerk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, not_, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.model.credit import CREDIT_NOTES, is_credit
from einvoice.model.lexical import iso_date, trim
from einvoice.store import people
from einvoice.store.tables import Identity, Invoice, Tenant

NEAR_DAYS, FACTOR, HISTORY = 14, 10, 3
"""Dates this near are near · so many times the greatest amount so far is unusual · for suppliers with so many."""

AUTOMATIC = ("bytes", "content")
"""The layers that link by themselves: nothing in the two invoices differs that could mean anything."""

_GONE = ("rejected", "returned", "duplicate", "expired")
"""States of invoices that will not be paid."""

_PARTIAL = frozenset({"326", "386", "875", "876", "877"})
"""Codes of BT-3 whose reference to an earlier invoice (BG-3) is a sequence, not a replacement."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an invoice stands among its tenant's others, and why. reason: None where nothing is to be said."""

    state: str = "routed"
    reason: dict[str, Any] | None = None
    duplicate_of: int | None = None
    replaces: int | None = None


def supplier(vat_id: str | None, name: str | None) -> str | None:
    """What a seller is compared by: the VAT id, else the name, without case, blanks and signs; None without both."""
    text = trim(vat_id or "") or trim(name or "")
    return "".join(char for char in text.upper() if char.isalnum()) or None


def identities(row: Invoice) -> list[tuple[str, str]]:
    """What makes two invoices one, strongest first: (kind, value). The database keeps each once per tenant."""
    number, year = trim(row.number or "").upper(), (row.issue_date or "")[:4]
    stated = [("bytes", row.sha256), ("content", row.content_sha256)]
    if row.supplier and number:
        stated.append(("number", f"{row.supplier}|{number}|{year}"))
    return [(kind, value) for kind, value in stated if value]


def standing(session: Session, row: Invoice, answered: int | None = None) -> Standing:
    """Where a new invoice stands; the tenant's row stays locked, so that of two at once one sees the other.

    answered: the invoice whose rejection this one answers, as its mail says.
    """
    locked = select(Tenant.id).where(Tenant.id == row.tenant_id)
    session.exec(locked.with_for_update(key_share=True)).one()
    limits = people.policy(session, row.tenant_id or 0, "duplicates")
    known = _known(session, row)
    if known is not None:
        return known
    replaced = _replaced(session, row, answered)
    if replaced is not None and _pays(replaced) and not _is_credit(row):
        return Standing("held", _reason("corrects", replaced.id), replaces=replaced.id)
    number = replaced.id if replaced is not None else None
    reason = _suspected(session, row, number, limits) or _unlike(session, row, limits)
    return Standing("held" if reason else "routed", reason, replaces=number)


def new_identities(session: Session, row: Invoice) -> list[Identity]:
    """The rows that say what this invoice is, where no earlier one says it; a returned one gives its number up."""
    found = []
    for kind, value in identities(row):
        other = _holder(session, row, kind, value)
        if other is None:
            found.append(
                Identity(tenant_id=row.tenant_id or 0, kind=kind, value=value, invoice_id=row.id or 0)
            )
        elif kind == "number" and other.state == "returned":
            same = _identity(row, kind, value)
            held = session.exec(select(Identity).where(*same)).one()
            held.invoice_id = row.id or 0
            found.append(held)
    return found


def _holder(session: Session, row: Invoice, kind: str, value: str) -> Invoice | None:
    query = (
        select(Invoice).join(Identity, col(Identity.invoice_id) == Invoice.id)
        .where(*_identity(row, kind, value))
    )  # fmt: skip
    return session.exec(query).first()


def _identity(row: Invoice, kind: str, value: str) -> tuple[Any, ...]:
    return Identity.tenant_id == row.tenant_id, Identity.kind == kind, Identity.value == value


def _known(session: Session, row: Invoice) -> Standing | None:
    """By what this invoice is there already; None if it is not."""
    for kind, value in identities(row):
        other = _holder(session, row, kind, value)
        if other is None:
            continue
        if kind in AUTOMATIC and other.state != "returned":
            return Standing("duplicate", _reason(f"same-{kind}", other.id), duplicate_of=other.id)
        if _one_case(row, other):
            return Standing("duplicate", _reason("twin", other.id), duplicate_of=other.id)
        if kind == "number" and other.state == "returned":
            return None
        return Standing("held", _reason(f"same-{kind}", other.id), duplicate_of=other.id)
    return None


def _one_case(row: Invoice, other: Invoice) -> bool:
    """Whether an invoice and another are the XML and the PDF of one, side by side in the same delivery."""
    alike = ("delivery_id", "type_code", "issue_date", "currency", "net", "vat", "gross", "payable", "iban")
    return row.sha256 != other.sha256 and all(getattr(row, name) == getattr(other, name) for name in alike)


def _replaced(session: Session, row: Invoice, answered: int | None) -> Invoice | None:
    """The invoice of the same supplier that this one says it corrects, or whose rejection or return it answers."""
    if answered is not None:
        other = session.exec(_others(row).where(Invoice.id == answered)).first()
        if other is not None:
            return other
    if row.preceding and row.type_code not in _PARTIAL:
        earlier = _others(row).where(Invoice.number == row.preceding, Invoice.supplier == row.supplier)
        if found := session.exec(_last(earlier)).first():
            return found
    again = _others(row).where(Invoice.number == row.number, Invoice.supplier == row.supplier)
    return session.exec(_last(again.where(col(Invoice.state).in_(("rejected", "returned"))))).first()


def _suspected(
    session: Session, row: Invoice, replaced: int | None, limits: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Why this may be the same claim under another number: amount and supplier, or amount and account."""
    if row.payable_cents is None or row.payable_cents == 0:
        return None
    amount = _others(row).where(
        Invoice.payable_cents == row.payable_cents,
        Invoice.currency == row.currency,
        col(Invoice.state).not_in(_GONE),
        Invoice.id != (replaced or 0),
        _as_credit(_is_credit(row)),
    )
    near = _near(row.issue_date, int(limits.get("near_days", NEAR_DAYS)))
    if row.supplier and near:
        same = amount.where(Invoice.supplier == row.supplier, col(Invoice.issue_date).between(*near))
        if found := session.exec(same.limit(1)).first():
            return _reason("same-amount", found.id, date=found.issue_date)
    if row.iban:
        same = amount.where(Invoice.iban == row.iban, col(Invoice.supplier).is_distinct_from(row.supplier))
        if found := session.exec(same.limit(1)).first():
            return _reason("same-account", found.id)
    return None


def _unlike(session: Session, row: Invoice, limits: Mapping[str, Any]) -> dict[str, Any] | None:
    """In what this invoice is not like its supplier's earlier ones that nobody stopped."""
    settled = _others(row).where(
        Invoice.supplier == row.supplier, col(Invoice.state).not_in((*_GONE, "held"))
    )
    same_account = settled.where(Invoice.iban == row.iban)
    seen = same_account.where(Invoice.payee == row.payee).limit(1)
    if _another_payee(row, limits) and session.exec(seen).first() is None:
        return _reason("payee", None, payee=row.payee)
    if row.supplier is None:
        return None
    paid = settled.where(col(Invoice.iban).is_not(None)).order_by(col(Invoice.iban))
    before = session.exec(paid.limit(1)).first() if row.iban else None
    if before is not None and session.exec(same_account.limit(1)).first() is None:
        return _reason("iban-changed", before.id, before=before.iban)
    greatest = settled.where(col(Invoice.payable_cents).is_not(None))
    top = session.exec(greatest.order_by(col(Invoice.payable_cents).desc()).limit(HISTORY)).all()
    factor = Decimal(str(limits.get("factor", FACTOR)))
    if len(top) == HISTORY and abs(row.payable_cents or 0) > factor * max(abs(top[0].payable_cents or 0), 1):
        return _reason("amount-unusual", top[0].id, greatest=f"{top[0].payable:f}")
    return None


def _another_payee(row: Invoice, limits: Mapping[str, Any]) -> bool:
    """Whether somebody else than the seller is to be paid, whom the town does not know as a payee."""
    known = {supplier(None, str(name)) for name in limits.get("payees", ())}
    payee = supplier(None, row.payee)
    return payee is not None and payee != supplier(None, row.seller) and payee not in known


def _others(row: Invoice) -> SelectOfScalar[Invoice]:
    return select(Invoice).where(Invoice.tenant_id == row.tenant_id, Invoice.id != row.id)


def _last(query: SelectOfScalar[Invoice]) -> SelectOfScalar[Invoice]:
    return query.order_by(col(Invoice.id).desc()).limit(1)


def _near(day: str | None, days: int) -> tuple[str, str] | None:
    found: date | None = iso_date(day or "")
    if found is None:
        return None
    ahead = timedelta(days=days)
    return (found - ahead).isoformat(), (found + ahead).isoformat()


def _as_credit(credit: bool) -> Any:
    """Those that give money back, or those that ask for it: each is compared with its like."""
    gives = or_(
        func.coalesce(col(Invoice.type_code), "").in_(sorted(CREDIT_NOTES)),
        func.coalesce(col(Invoice.syntax), "") == "ubl-creditnote",
    )
    return gives if credit else not_(gives)


def _is_credit(row: Invoice) -> bool:
    return is_credit(row.type_code, row.syntax)


def _pays(row: Invoice) -> bool:
    return row.state not in _GONE


def _reason(code: str, of: int | None, **values: str | None) -> dict[str, Any]:
    return {"code": code, **({"of": of} if of else {}), **values}
