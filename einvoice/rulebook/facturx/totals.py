"""The document's totals: BR-CO-10 to -17, BR-DEC-13 and -15, and their tolerant forms in EXTENDED (BR-FXEXT-CO-…)."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from einvoice.rulebook.facturx import settlement as s
from einvoice.rulebook.facturx.tree import Item, Node
from einvoice.rulebook.facturx.values import (
    Abort,
    Values,
    alike,
    cents,
    compared,
    differing,
    double,
    double_cents,
    double_sum,
    exact,
    exact_sum,
    percent,
    rounded,
    shown,
)
from einvoice.rulebook.rounding import rounded_double

_lines, _net, _gross = (s.amount(n) for n in ("LineTotalAmount", "TaxBasisTotalAmount", "GrandTotalAmount"))
_allowances, _charges = s.amount("AllowanceTotalAmount"), s.amount("ChargeTotalAmount")
_vat, _due = s.amount("TaxTotalAmount"), s.amount("DuePayableAmount")
_paid, _rounding = s.amount("TotalPrepaidAmount"), s.amount("RoundingAmount")
_line_totals = s.path(
    f"../../ram:IncludedSupplyChainTradeLineItem/ram:SpecifiedLineTradeSettlement/{s.LINE_TOTAL}"
)
_detail_lines = s.path("../../ram:IncludedSupplyChainTradeLineItem[detail_line]")
_lines_beside = s.path("../../ram:IncludedSupplyChainTradeLineItem")
_detail_totals = s.path(
    f"../../ram:IncludedSupplyChainTradeLineItem[detail_line]/ram:SpecifiedLineTradeSettlement/{s.LINE_TOTAL}"
)
_total_charges = s.path(s.TOTALS + "ram:ChargeTotalAmount")
_total_vats = s.path(s.TOTALS + "ram:TaxTotalAmount")
_total_nets = s.path(s.TOTALS + "ram:TaxBasisTotalAmount")
_total_grosses = s.path(s.TOTALS + "ram:GrandTotalAmount")
_allowances_beside = s.path("../ram:SpecifiedTradeAllowanceCharge[allowance]")
_charges_beside = s.path("../ram:SpecifiedTradeAllowanceCharge[charge]")
_logistics_beside = s.path("../ram:SpecifiedLogisticsServiceCharge")
_adjustments = s.path("../ram:SpecifiedFinancialAdjustment/ram:ActualAmount")
_currencies_beside = s.path("../ram:InvoiceCurrencyCode")
_vat_rates = s.path(".[trimmed_vat]/ram:RateApplicablePercent")
_rate, _base, _row_vat = (s.amount(n) for n in ("RateApplicablePercent", "BasisAmount", "CalculatedAmount"))


def _equal(stated: Decimal | None, expected: Decimal) -> Values | None:
    return None if stated == expected else differing(stated, expected)


def total_of_lines(node: Node) -> Values | None:
    """BR-CO-10: added as doubles, the sum read as an exact decimal."""
    expected = cents(Decimal(double_sum(_line_totals(node))))
    return _equal(s.number(_lines(node)), expected)


def total_of_allowances(node: Node) -> Values | None:
    """BR-CO-11: fine if some total stated is the sum, or there are neither allowances nor a total."""
    stated, amounts = _allowances(node), s.allowance_amounts(node)
    expected = double_cents(double_sum(amounts))
    if not amounts:  # the sum of nothing is a plain 0, which -0 equals and -0.00 does not
        found = any(compared(item) == 0 for item in stated)
    else:
        found = any(alike(double(item), expected) for item in stated)
    if found or (not s.allowances(node) and not stated):
        return None
    return differing(double(stated[0]) if stated else None, expected)


def total_of_charges(node: Node) -> Values | None:
    """BR-CO-12: charges and logistics services, each sum rounded for itself."""
    stated = s.only(_total_charges(node))
    if not s.charges(node) and not _charges(node):
        return None
    charges, services = (
        double_cents(double_sum(find(node))) for find in (s.charge_amounts, s.logistics_amounts)
    )
    expected = double_cents(charges + services)
    if stated and double_cents(double(stated[0])) == expected:
        return None
    return differing(double(stated[0]) if stated else None, expected)


def total_without_vat(node: Node) -> Values | None:
    """BR-CO-13: lines less allowances plus charges, as stated."""
    net, lines, allowances, charges = (
        s.first_number(find(node)) for find in (_net, _lines, _allowances, _charges)
    )
    if lines is None:
        return {"stated": shown(net)}
    return _equal(net, cents(lines - (allowances or 0) + (charges or 0)))


def total_of_vat(node: Node) -> Values | None:
    """BR-CO-14: the VAT total is the sum of the rows, as doubles."""
    stated, expected = double(node), double_cents(double_sum(s.row_amounts(node)))
    return None if alike(stated, expected) else differing(stated, expected)


def total_with_vat(node: Node) -> Values | None:
    """BR-CO-15: net and VAT in the invoice currency; a gross equal to the net is fine too."""
    gross, net = s.first_number(_total_grosses(node)), s.first_number(_total_nets(node))
    for currency in s.currencies(node):
        vat = _in_currency(_total_vats(node), currency)
        if gross is None or net is None:
            return {"stated": shown(gross)}
        expected = cents(net + exact(vat[0])) if len(vat) == 1 else net
        if gross not in (expected, net):
            return differing(gross, expected)
    return None


def _in_currency(amounts: Sequence[Item], currency: Item) -> list[Item]:
    return [node for node in s.nodes(amounts) if node.element.get("currencyID") == currency.text]


def amount_due(node: Node) -> Values | None:
    """BR-CO-16: gross less what is paid, plus rounding; nothing is rounded here."""
    due, gross, paid, rounding = (s.first_number(find(node)) for find in (_due, _gross, _paid, _rounding))
    if gross is None:
        return {"stated": shown(due)}
    return _equal(due, gross - (paid or 0) + (rounding or 0))


def vat_of_row(node: Node) -> Values | None:
    """BR-CO-17: base times rate, one unit of tolerance either way; the rate of VAT only, without regard to case."""
    rate = s.number(_vat_rates(node))
    vat = s.number(_row_vat(node))
    if vat is None:
        return {"stated": ""}
    if rate is None or rounded(rate) == 0:
        return None if rounded(vat) == 0 else differing(vat, Decimal(0))
    base = s.number(_base(node))
    if base is None:
        return {"stated": shown(vat)}
    expected = cents(abs(base) * percent(rate))
    return None if abs(vat) - 1 <= expected <= abs(vat) + 1 else differing(vat, expected)


# EXTENDED: one cent of tolerance for each part that was added; sub-lines of groups do not count.


def _near(stated: Decimal | None, expected: Decimal, parts: int) -> Values | None:
    if stated is not None and abs(stated - expected) <= s.CENT * parts:
        return None
    return {**differing(stated, expected), "tolerance": shown(s.CENT * parts)}


def _detail_sum(node: Node) -> Decimal:
    return cents(exact_sum(_detail_totals(node)))


def _charge_sum(node: Node) -> Decimal:
    return cents(exact_sum(s.charge_amounts(node))) + cents(exact_sum(s.logistics_amounts(node)))


def _parts(node: Node) -> int:
    beside = (_allowances_beside, _charges_beside, _logistics_beside)
    return len(_detail_lines(node)) + sum(len(find(node)) for find in beside)


def lines_nearly(node: Node) -> Values | None:
    """BR-FXEXT-CO-10."""
    return _near(s.number(_lines(node)), _detail_sum(node), len(_lines_beside(node)))


def allowances_nearly(node: Node) -> Values | None:
    """BR-FXEXT-CO-11: the sum as doubles, compared as decimals."""
    stated = s.number(_allowances(node))
    if stated is None and not s.allowances(node):
        return None
    expected = Decimal(double_cents(double_sum(s.allowance_amounts(node))))
    return _near(stated, expected, len(_allowances_beside(node)))


def charges_nearly(node: Node) -> Values | None:
    """BR-FXEXT-CO-12."""
    stated = s.number(_charges(node))
    if stated is None and not s.charges(node):
        return None
    return _near(stated, _charge_sum(node), len(_charges_beside(node)) + len(_logistics_beside(node)))


def without_vat_nearly(node: Node) -> Values | None:
    """BR-FXEXT-CO-13: from the parts, not from the totals stated."""
    expected = _detail_sum(node) - cents(exact_sum(s.allowance_amounts(node))) + _charge_sum(node)
    return _near(s.number(_net(node)), expected, _parts(node))


def with_vat_nearly(node: Node) -> Values | None:
    """BR-FXEXT-CO-15: asked for each invoice currency; without one, or without its VAT total, it fails."""
    net, gross = s.number(_net(node)), s.number(_gross(node))
    if net is None or gross is None:
        return {"stated": shown(gross)}
    currencies = _currencies_beside(node)
    vats = [s.number(_in_currency(_vat(node), currency)) for currency in currencies]
    sums = [net + vat for vat in vats if vat is not None]
    if len(sums) > 1:
        raise Abort("several", currencies)
    return _near(gross, sums[0], _parts(node)) if sums else {"stated": shown(gross)}


def amount_due_adjusted(node: Node) -> Values | None:
    """BR-FXEXT-CO-16: several of each are added; financial adjustments (such as third-party amounts) count."""
    gross, paid, rounding, more = (exact_sum(find(node)) for find in (_gross, _paid, _rounding, _adjustments))
    return _equal(s.number(_due(node)), gross - paid + rounding + more)


def _two_decimals(
    node: Node, currencies: Callable[[Node], Sequence[Item]], excused: Callable[[str | None, set[str]], bool]
) -> Values | None:
    """Some VAT total in the currency has, as a number, two decimals at most; or is excused; or there is none."""
    amounts, wanted = s.nodes(_vat(node)), {item.text for item in currencies(node)}
    for item in amounts:
        currency = item.element.get("currencyID")
        if (currency in wanted and _whole_cents(item)) or excused(currency, wanted):
            return None
    return {"value": amounts[0].text, "limit": "2"} if amounts else None


def _whole_cents(item: Item) -> bool:
    value = double(item)
    return value == rounded_double(value * 100) / 100


def two_decimals_in_invoice_currency(node: Node) -> Values | None:
    """BR-DEC-13: a VAT total in another currency excuses all."""
    return _two_decimals(node, s.currencies, lambda currency, wanted: currency not in wanted)


def two_decimals_in_vat_currency(node: Node) -> Values | None:
    """BR-DEC-15: no VAT accounting currency excuses all."""
    return _two_decimals(node, s.vat_currencies, lambda currency, wanted: not wanted)
