"""Computes what an invoice comes to, where it is left out: net amounts of lines, totals, VAT breakdown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import TYPE_CHECKING

from einvoice.model.lines import LineTerms
from einvoice.model.totals import Totals, VatBreakdown

if TYPE_CHECKING:
    from einvoice.model.invoice import Invoice

_CENT = Decimal("0.01")
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_Key = tuple[str, Decimal | None]


def compute_totals(invoice: Invoice) -> None:
    """Fills in what is None or empty; what is stated stays. ValueError names what is missing to compute it."""
    with localcontext(_EXACT):
        for number, line in enumerate(invoice.lines, 1):
            _line(line, f"line {line.identifier or number}")
        if not invoice.vat_breakdown:
            invoice.vat_breakdown = _breakdown(invoice)
        invoice.totals = _totals(invoice)


def _line(line: LineTerms, name: str) -> None:
    """BT-131 = quantity × net price ÷ base quantity + charges - allowances (PEPPOL-EN16931-R120)."""
    for part in line.sub_lines:
        _line(part, f"sub line {part.identifier}")
    if line.net_amount is not None:
        return
    price = line.price
    if line.invoiced_quantity is None or price is None or price.net_price is None:
        raise ValueError(f"{name}: net amount, or quantity and net price, are needed")
    amount = line.invoiced_quantity * price.net_price / (price.base_quantity or 1)
    line.net_amount = _cents(
        amount + _sum(c.amount for c in line.charges) - _sum(a.amount for a in line.allowances)
    )


def _breakdown(invoice: Invoice) -> list[VatBreakdown]:
    """BG-23: one row for each VAT category and rate (BR-CO-17, BR-S-08 and its kin)."""
    bases: dict[_Key, Decimal] = {}
    for line in invoice.lines:
        vat = line.vat
        if vat is None or vat.category_code is None:
            raise ValueError(f"line {line.identifier}: the VAT category is needed")
        _add(bases, vat.category_code, vat.rate, line.net_amount)
    for charge in invoice.charges:
        _add(bases, charge.vat_category_code or "", charge.vat_rate, charge.amount)
    for allowance in invoice.allowances:
        _add(bases, allowance.vat_category_code or "", allowance.vat_rate, -(allowance.amount or Decimal(0)))
    return [
        VatBreakdown(
            taxable_amount=_cents(base),
            tax_amount=_cents(base * (rate or 0) / 100),
            category_code=category,
            rate=Decimal(0) if rate is None else rate,
        )
        for (category, rate), base in bases.items()
    ]


def _add(bases: dict[_Key, Decimal], category: str, rate: Decimal | None, amount: Decimal | None) -> None:
    bases[category, rate] = bases.get((category, rate), Decimal(0)) + (amount or Decimal(0))


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
