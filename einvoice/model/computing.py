"""Computes what an invoice comes to, where it is left out: net amounts of lines, totals, VAT breakdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import TYPE_CHECKING

from einvoice.errors import NotComputable
from einvoice.model.lines import LineAllowanceOrCharge, LineTerms, LineVat
from einvoice.model.totals import AllowanceOrCharge, Totals, VatBreakdown

if TYPE_CHECKING:
    from einvoice.model.invoice import Invoice

_CENT = Decimal("0.01")
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_Key = tuple[str, Decimal | None]

_ONLY_REASON = {
    "AE": "VATEX-EU-AE",
    "K": "VATEX-EU-IC",
    "G": "VATEX-EU-G",
    "O": "VATEX-EU-O",
}
"""VAT categories that have a single reason for being exempt (BT-121)."""


def compute_totals(invoice: Invoice) -> None:
    """Fills in what is None or empty; what is stated stays. NotComputable names what is missing to compute it."""
    with localcontext(_EXACT):
        for number, line in enumerate(invoice.lines):
            _line(line, f"lines[{number}]")
        for name in ("allowances", "charges"):
            _amounts(getattr(invoice, name), name)
        _breakdown(invoice)
        invoice.totals = _totals(invoice)


def _line(line: LineTerms, path: str) -> None:
    """BT-131 = quantity × net price ÷ base quantity + charges - allowances (PEPPOL-EN16931-R120); without a price
    the sum of the sub lines (BR-DEX-02)."""
    for number, part in enumerate(line.sub_lines):
        _line(part, f"{path}.sub_lines[{number}]")
    _amounts(line.allowances, f"{path}.allowances")
    _amounts(line.charges, f"{path}.charges")
    price = line.price
    if price and price.net_price is None and price.gross_price is not None:
        price.net_price = price.gross_price - _zero(price.price_discount)
    if line.net_amount is not None:
        return
    extras = _sum(c.amount for c in line.charges) - _sum(a.amount for a in line.allowances)
    if line.invoiced_quantity is not None and price is not None and price.net_price is not None:
        line.net_amount = _cents(
            line.invoiced_quantity * price.net_price / (price.base_quantity or 1) + extras
        )
    elif line.sub_lines:
        line.net_amount = _cents(_sum(part.net_amount for part in line.sub_lines))
    else:
        raise NotComputable(
            f"{path}: net_amount, or invoiced_quantity and price.net_price, are needed",
            f"{path}: net_amount, oder invoiced_quantity und price.net_price, müssen dastehen",
        )


def _amounts(extras: Sequence[AllowanceOrCharge | LineAllowanceOrCharge], path: str) -> None:
    """An allowance or charge is its base amount × percentage (BR-41 and its kin: PEPPOL-EN16931-R040)."""
    for number, extra in enumerate(extras):
        if extra.amount is None:
            if extra.base_amount is None or extra.percentage is None:
                raise NotComputable(
                    f"{path}[{number}]: amount, or base_amount and percentage, are needed",
                    f"{path}[{number}]: amount, oder base_amount und percentage, müssen dastehen",
                )
            extra.amount = _cents(extra.base_amount * extra.percentage / 100)


def _breakdown(invoice: Invoice) -> None:
    """BG-23: one row for each VAT category and rate (BR-CO-17, BR-S-08 and its kin); rows that are stated, say for
    their reason of exemption, get the amounts that they lack."""
    stated = {_key(row.category_code, row.rate): row for row in invoice.vat_breakdown}
    if any(row.taxable_amount is None or row.tax_amount is None for row in stated.values()) or not stated:
        for (category, rate), base in _bases(invoice).items():
            row = stated.get((category, rate))
            if row is None:
                row = VatBreakdown(
                    category_code=category, rate=rate, exemption_reason_code=_ONLY_REASON.get(category)
                )
                invoice.vat_breakdown = [*invoice.vat_breakdown, row]
            row.taxable_amount = _or(row.taxable_amount, base)
    for number, row in enumerate(invoice.vat_breakdown):
        if row.taxable_amount is None:
            raise NotComputable(
                f"vat_breakdown[{number}]: nothing in the invoice has this category and rate",
                f"vat_breakdown[{number}]: nichts in der Rechnung hat diese Kategorie und diesen Satz",
            )
        row.rate = _zero(row.rate)
        row.tax_amount = _or(row.tax_amount, row.taxable_amount * row.rate / 100)


def _bases(invoice: Invoice) -> dict[_Key, Decimal]:
    """What is taxable in each VAT category at each rate."""
    bases: dict[_Key, Decimal] = {}
    for number, line in enumerate(invoice.lines):
        vat = line.vat or LineVat()
        _add(bases, vat.category_code, vat.rate, line.net_amount, f"lines[{number}].vat.category_code")
    for name, sign in (("charges", 1), ("allowances", -1)):
        for number, one in enumerate(getattr(invoice, name)):
            path = f"{name}[{number}].vat_category_code"
            _add(bases, one.vat_category_code, one.vat_rate, sign * _zero(one.amount), path)
    return bases


def _key(category: str | None, rate: Decimal | None) -> _Key:
    """Rows are told apart by category and rate; no rate is rate 0."""
    return category or "", _zero(rate)


def _add(
    bases: dict[_Key, Decimal], category: str | None, rate: Decimal | None, amount: Decimal | None, path: str
) -> None:
    if category is None:
        raise NotComputable(
            f"{path}: the VAT category is needed", f"{path}: die Umsatzsteuerkategorie muss dastehen"
        )
    key = _key(category, rate)
    bases[key] = bases.get(key, Decimal(0)) + _zero(amount)


def _totals(invoice: Invoice) -> Totals:
    """BG-22 (BR-CO-10 to BR-CO-16, BR-DEX-09), keeping what is stated."""
    totals = (invoice.totals or Totals()).model_copy()
    totals.sum_of_line_net_amounts = _or(
        totals.sum_of_line_net_amounts, _sum(x.net_amount for x in invoice.lines)
    )
    if invoice.allowances:
        totals.sum_of_allowances = _or(totals.sum_of_allowances, _sum(a.amount for a in invoice.allowances))
    if invoice.charges:
        totals.sum_of_charges = _or(totals.sum_of_charges, _sum(c.amount for c in invoice.charges))
    net = totals.sum_of_line_net_amounts - _zero(totals.sum_of_allowances) + _zero(totals.sum_of_charges)
    totals.total_amount_without_vat = _or(totals.total_amount_without_vat, net)
    vat = _sum(row.tax_amount for row in invoice.vat_breakdown)
    totals.total_vat_amount = _or(totals.total_vat_amount, vat)
    gross = totals.total_amount_without_vat + totals.total_vat_amount
    totals.total_amount_with_vat = _or(totals.total_amount_with_vat, gross)
    third = _sum(payment.amount for payment in invoice.third_party_payments)
    due = totals.total_amount_with_vat - _zero(totals.paid_amount) + _zero(totals.rounding_amount) + third
    totals.amount_due_for_payment = _or(totals.amount_due_for_payment, due)
    return totals


def _or(stated: Decimal | None, computed: Decimal) -> Decimal:
    return _cents(computed) if stated is None else stated


def _zero(amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else amount


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((_zero(amount) for amount in amounts), Decimal(0))


def _cents(amount: Decimal) -> Decimal:
    """Rounded to two decimals, half away from zero."""
    return amount.quantize(_CENT)
