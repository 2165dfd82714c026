"""Where an invoice is booked, as proposed: one posting per row of the VAT breakdown, gross, exact to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from einvoice.errors import Refused
from einvoice.model.lexical import decimal
from einvoice.store.tables import Invoice, Posting

NOTHING = Decimal("0.00")


NEEDED = ("consultant", "client", "account_length", "expense", "creditor")
"""What the policy `posting` must say before anything can be exported to DATEV."""


def checked_settings(table: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a policy `posting`, if they are complete. Raises Refused, naming what is missing."""
    missing = [key for key in NEEDED if not str(table.get(key, "")).isdigit()]
    if missing:
        raise Refused(
            f"The posting settings lack {', '.join(missing)} (digits): see `einvoice tenant posting --help`.",
            f"In den Buchungseinstellungen fehlt {', '.join(missing)} (Ziffern): `einvoice tenant posting --help`.",
        )
    return dict(table)


@dataclass(slots=True)
class Part:
    """A part of an invoice to be booked: gross amount, net and VAT of one row of the breakdown, tax key."""

    amount: Decimal = NOTHING
    net: Decimal = NOTHING
    vat: Decimal = NOTHING
    rate: Decimal | None = None
    category: str | None = None
    tax_key: str | None = None


def propose(
    vat: Sequence[Mapping[str, str | None]], gross: Decimal, settings: Mapping[str, Any]
) -> list[Part]:
    """Parts that make up `gross` (EUR as stated in BT-112); a difference of rounding goes to the largest.

    vat: the rows of the breakdown (BG-23) by term, as stated. settings: the tenant's policy `posting` (tax_keys
    by category and rate, `S-19`).
    """
    parts = [_part(row, settings) for row in vat] or [Part()]
    largest = max(parts, key=lambda part: abs(part.amount))
    largest.amount += gross - sum((part.amount for part in parts), NOTHING)
    return [part for part in parts if part.amount or len(parts) == 1]


def _part(row: Mapping[str, str | None], settings: Mapping[str, Any]) -> Part:
    net, vat = (decimal(row.get(term) or "") or NOTHING for term in ("BT-116", "BT-117"))
    rate, category = decimal(row.get("BT-119") or ""), row.get("BT-118") or ""
    key = settings.get("tax_keys", {}).get(f"{category}-{(rate or Decimal()).normalize():f}")
    return Part(net + vat, net, vat, rate, category, key)


def post(invoice: Invoice, parts: list[Part], settings: Mapping[str, Any]) -> list[Posting]:
    """The rows that book an invoice: expense against creditor, as the tenant's settings name them."""
    return [
        Posting(
            tenant_id=invoice.tenant_id or 0,
            invoice_id=invoice.id or 0,
            position=position,
            amount=part.amount,
            net=part.net,
            vat=part.vat,
            vat_rate=part.rate,
            vat_category=part.category,
            tax_key=part.tax_key,
            account=settings.get("expense"),
            contra_account=settings.get("creditor"),
            text=f"{invoice.seller or ''} {invoice.number or ''}".strip()[:60],
        )
        for position, part in enumerate(parts, 1)
    ]
