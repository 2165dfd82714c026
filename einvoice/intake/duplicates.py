"""Whether a new invoice is there already, replaces one, or is not like its supplier: layers, each with its reason.

All questions stay inside one tenant, and are asked of its `Neighbours`. The same bytes and the same canonical XML are
linked by themselves; everything else that is suspected waits for a clerk.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from einvoice.intake.neighbours import HISTORY, Neighbours, Other, identities, near
from einvoice.model.credit import is_credit
from einvoice.model.lexical import trim
from einvoice.store.bulk import made
from einvoice.store.tables import Identity, Invoice

NEAR_DAYS, FACTOR = 14, 10
"""Dates this near are near · so many times the greatest amount so far is unusual."""

AUTOMATIC = ("bytes", "content")
"""The layers that link by themselves: nothing in the two invoices differs that could mean anything."""

_SIGNS = re.compile(r"[\W_]+")

_PARTIAL = frozenset({"326", "386", "875", "876", "877"})
"""Codes of BT-3 whose reference to an earlier invoice (BG-3) is a sequence, not a replacement."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an invoice stands among its tenant's others, and why. reason: None where nothing is to be said."""

    state: str = "routed"
    reason: dict[str, Any] | None = None
    duplicate_of: int | None = None
    replaces: int | None = None


@functools.lru_cache(maxsize=20_000)
def supplier(vat_id: str | None, name: str | None) -> str | None:
    """What a seller is compared by: the VAT id, else the name, without case, blanks and signs; None without both."""
    text = trim(vat_id or "") or trim(name or "")
    return _SIGNS.sub("", text.upper()) or None


def standing(
    row: Invoice, others: Neighbours, limits: Mapping[str, Any], answered: int | None = None
) -> Standing:
    """Where a new invoice stands among the others of its tenant.

    limits: the tenant's policy `duplicates`. answered: the invoice whose rejection this one answers, says its mail.
    """
    known = _known(row, others)
    if known is not None:
        return known
    replaced = _replaced(row, others, answered)
    if replaced is not None and replaced.pays and not _is_credit(row):
        return Standing("held", _reason("corrects", replaced.id), replaces=replaced.id)
    number = replaced.id if replaced is not None else None
    reason = _suspected(row, others, number, limits) or _unlike(row, others, limits)
    return Standing("held" if reason else "routed", reason, replaces=number)


def new_identities(row: Invoice, others: Neighbours) -> tuple[list[Identity], list[tuple[str, str]]]:
    """The rows that say what this invoice is, where no earlier one does; and what a returned one gives up to it."""
    found, given_up = [], []
    tenant, number = row.tenant_id or 0, row.id or 0
    for kind, value in identities(row):
        other = _holder(row, others, kind, value)
        if other is None:
            found.append(made(Identity, tenant_id=tenant, kind=kind, value=value, invoice_id=number))
        elif kind == "number" and other.state == "returned":
            given_up.append((kind, value))
        else:
            continue
        others.holders[tenant, kind, value] = number
    return found, given_up


def _holder(row: Invoice, others: Neighbours, kind: str, value: str) -> Other | None:
    return others.get(others.holders.get((row.tenant_id or 0, kind, value)))


def _known(row: Invoice, others: Neighbours) -> Standing | None:
    """By what this invoice is there already; None if it is not."""
    for kind, value in identities(row):
        other = _holder(row, others, kind, value)
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


def _one_case(row: Invoice, other: Other) -> bool:
    """Whether an invoice and another are the XML and the PDF of one, side by side in the same delivery."""
    alike = ("delivery_id", "type_code", "issue_date", "currency", "net", "vat", "gross", "payable", "iban")
    return row.sha256 != other.sha256 and all(getattr(row, name) == getattr(other, name) for name in alike)


def _replaced(row: Invoice, others: Neighbours, answered: int | None) -> Other | None:
    """The invoice of the same supplier that this one says it corrects, or whose rejection or return it answers."""
    other = others.get(answered)
    if other is not None and other.tenant_id == row.tenant_id:
        return other
    if row.preceding and row.type_code not in _PARTIAL and (found := others.of_number(row, row.preceding)):
        return found[-1]
    again = [one for one in others.of_number(row, row.number) if one.state in ("rejected", "returned")]
    return again[-1] if again else None


def _suspected(
    row: Invoice, others: Neighbours, replaced: int | None, limits: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Why this may be the same claim under another number: amount and supplier, or amount and account."""
    if row.payable_cents is None or row.payable_cents == 0:
        return None
    days = near(row.issue_date, int(limits.get("near_days", NEAR_DAYS)))
    for other in others.of_supplier(row) if row.supplier and days else ():
        if _same_amount(row, other, replaced) and days and days[0] <= (other.issue_date or "") <= days[1]:
            return _reason("same-amount", other.id, date=other.issue_date)
    for other in others.of_account(row) if row.iban else ():
        if _same_amount(row, other, replaced) and other.supplier != row.supplier:
            return _reason("same-account", other.id)
    return None


def _same_amount(row: Invoice, other: Other, replaced: int | None) -> bool:
    """Whether an invoice that may be paid asks for the same amount; credit notes are compared with their like."""
    alike = other.payable_cents == row.payable_cents and other.currency == row.currency
    same_way = is_credit(other.type_code, other.syntax) == _is_credit(row)
    return alike and same_way and other.pays and other.id != replaced


def _unlike(row: Invoice, others: Neighbours, limits: Mapping[str, Any]) -> dict[str, Any] | None:
    """In what this invoice is not like its supplier's earlier ones that nobody stopped."""
    if _another_payee(row, limits) and not others.payee_seen(row):
        return _reason("payee", None, payee=row.payee)
    if row.supplier is None:
        return None
    settled = [one for one in others.of_supplier(row) if one.settled]
    accounts = [one for one in settled if one.iban is not None]
    if row.iban and accounts and all(one.iban != row.iban for one in accounts):
        before = min(accounts, key=lambda one: (one.iban or "", one.id))
        return _reason("iban-changed", before.id, before=before.iban)
    amounts = [one for one in settled if one.payable_cents is not None]
    factor = Decimal(str(limits.get("factor", FACTOR)))
    top = max(amounts, key=lambda one: one.payable_cents or 0, default=None)
    if top is None or len(amounts) < HISTORY:
        return None
    if abs(row.payable_cents or 0) > factor * max(abs(top.payable_cents or 0), 1):
        return _reason("amount-unusual", top.id, greatest=f"{top.payable:f}")
    return None


def _another_payee(row: Invoice, limits: Mapping[str, Any]) -> bool:
    """Whether somebody else than the seller is to be paid, whom the town does not know as a payee."""
    if not row.payee:
        return False
    known = {supplier(None, str(name)) for name in limits.get("payees", ())}
    payee = supplier(None, row.payee)
    return payee is not None and payee != supplier(None, row.seller) and payee not in known


def _is_credit(row: Invoice) -> bool:
    return is_credit(row.type_code, row.syntax)


def _reason(code: str, of: int | None, **values: str | None) -> dict[str, Any]:
    return {"code": code, **({"of": of} if of else {}), **values}
