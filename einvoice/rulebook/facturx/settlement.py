"""What sums look at: the lines of the invoice, its allowances and charges, its totals, by short names."""

from collections.abc import Sequence
from decimal import Decimal

from einvoice.rulebook.facturx.conditions import named
from einvoice.rulebook.facturx.paths import Select, select
from einvoice.rulebook.facturx.tree import Item, Node
from einvoice.rulebook.facturx.values import Abort, exact

CENT = Decimal("0.01")


def path(text: str) -> Select:
    """The path, with the conditions of rules/factur-x/conditions.toml."""
    return select(text, named)


_TRADE = "/rsm:CrossIndustryInvoice/rsm:SupplyChainTradeTransaction/"
_HEADER = _TRADE + "ram:ApplicableHeaderTradeSettlement/"
TOTALS = _HEADER + "ram:SpecifiedTradeSettlementHeaderMonetarySummation/"
LINE_TOTAL = "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"

all_lines = path(_TRADE + "ram:IncludedSupplyChainTradeLineItem")
detail_lines = path(_TRADE + "ram:IncludedSupplyChainTradeLineItem[detail_line]")
allowances_and_charges = path(_HEADER + "ram:SpecifiedTradeAllowanceCharge")
allowances = path(_HEADER + "ram:SpecifiedTradeAllowanceCharge[allowance]")
charges = path(_HEADER + "ram:SpecifiedTradeAllowanceCharge[charge]")
allowance_amounts = path(_HEADER + "ram:SpecifiedTradeAllowanceCharge[allowance]/ram:ActualAmount")
charge_amounts = path(_HEADER + "ram:SpecifiedTradeAllowanceCharge[charge]/ram:ActualAmount")
logistics = path(_HEADER + "ram:SpecifiedLogisticsServiceCharge")
logistics_amounts = path(_HEADER + "ram:SpecifiedLogisticsServiceCharge/ram:AppliedAmount")
row_amounts = path(_HEADER + "ram:ApplicableTradeTax/ram:CalculatedAmount")
currencies = path(_HEADER + "ram:InvoiceCurrencyCode")
vat_currencies = path(_HEADER + "ram:TaxCurrencyCode")


def nodes(items: Sequence[Item]) -> list[Node]:
    """The items that are elements: all of them, in every use."""
    return [item for item in items if isinstance(item, Node)]


def only(items: Sequence[Item]) -> Sequence[Item]:
    """At most one item; Abort of several."""
    if len(items) > 1:
        raise Abort("several", items)
    return items


def number(items: Sequence[Item]) -> Decimal | None:
    """The number of the only item, None of none; Abort of several."""
    return exact(items[0]) if only(items) else None


def first_number(items: Sequence[Item]) -> Decimal | None:
    """The number of the first item, None of none."""
    return exact(items[0]) if items else None


def amount(name: str) -> Select:
    """The child of that local name."""
    return path(f"ram:{name}")
