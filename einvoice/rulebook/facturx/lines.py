"""Groups of lines (EXTENDED), when a delivery must be dated in Germany, and what an amount due asks for."""

import functools
from collections.abc import Sequence

from einvoice.model.lexical import BLANKS, trim
from einvoice.rulebook.facturx import settlement as s
from einvoice.rulebook.facturx.tree import Item, Node
from einvoice.rulebook.facturx.values import Values, lenient, shown, single
from einvoice.rulebook.rounding import rounded_double

_LINE = "ram:IncludedSupplyChainTradeLineItem"
_id = s.path("ram:AssociatedDocumentLineDocument/ram:LineID")
_parent_id = s.path("ram:AssociatedDocumentLineDocument/ram:ParentLineID")
_total = s.path(f"ram:SpecifiedLineTradeSettlement/{s.LINE_TOTAL}")
_groups = s.path(f"//{_LINE}[group_with_visible_total]")
_members = s.path(f"//{_LINE}[status DETAIL,GROUP]")
_all_ids = s.path(f"//{_LINE}/ram:AssociatedDocumentLineDocument/ram:LineID")
_group_lines = s.path(f"//rsm:SupplyChainTradeTransaction/{_LINE}[status GROUP]")


def _trimmed(items: Sequence[Item]) -> str:
    return trim(single(items))


def groups_add_up(node: Node) -> Values | None:
    """BR-FXEXT-08: each group's total is that of its children; asked anew at every line of the invoice."""
    for group in s.nodes(_groups(node)):
        name = _trimmed(_id(group))
        children = [line for line in s.nodes(_members(node)) if _trimmed(_parent_id(line)) == name]
        amounts = (lenient(_trimmed(_total(child))) for child in children)
        expected = (
            rounded_double(functools.reduce(lambda total, part: total + part, amounts, 0.0) * 100) / 100
        )
        stated = _trimmed(_total(group))
        if lenient(stated) != expected:
            return {"group": name, "stated": stated, "expected": shown(expected)}
    return None


def parent_line_exists(node: Node) -> Values | None:
    """BR-FXEXT-11: the parent line that is named is there."""
    parent = _trimmed(_parent_id(node))
    return None if parent in {trim(item.text) for item in _all_ids(node)} else {"value": parent}


def group_has_one_total(node: Node) -> Values | None:
    """BR-FXEXT-12: the groups that name this line as their parent have one total each."""
    for line in _id(node)[:1]:
        groups = [
            g for g in s.nodes(_group_lines(node)) if line.text in {item.text for item in _parent_id(g)}
        ]
        if len(groups) == sum(len(_total(group)) for group in groups):
            return None
    return {"value": _id(node)[0].text if _id(node) else ""}


_type_codes = s.path("/rsm:CrossIndustryInvoice/rsm:ExchangedDocument/ram:TypeCode")
_SELLERS = (
    "ram:ApplicableHeaderTradeAgreement/ram:SellerTradeParty",
    "ram:ApplicableHeaderTradeSettlement/ram:InvoicerTradeParty",
)
_BUYERS = (
    "ram:ApplicableHeaderTradeAgreement/ram:BuyerTradeParty",
    "ram:ApplicableHeaderTradeSettlement/ram:InvoiceeTradeParty",
)
_seller_countries, _buyer_countries = (
    [s.path(f"{party}/ram:PostalTradeAddress/ram:CountryID") for party in parties]
    for parties in (_SELLERS, _BUYERS)
)
_delivery_dates = s.path(
    "ram:ApplicableHeaderTradeDelivery/ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"
)
_deliveries = s.path("ram:ApplicableHeaderTradeDelivery")
_periods = s.path("ram:ApplicableHeaderTradeSettlement/ram:BillingSpecifiedPeriod")
_lines_here = s.path(_LINE)
_line_periods = s.path("ram:SpecifiedLineTradeSettlement/ram:BillingSpecifiedPeriod")
_ADVANCE = "386"


def delivery_known_in_germany(node: Node) -> Values | None:
    """BR-FX-EN-04: between two German parties, advance invoices apart: a delivery date or a period."""
    if all(item.text == _ADVANCE for item in _type_codes(node)):
        return None
    german = [
        any(item.text.strip(BLANKS).upper() == "DE" for find in parties for item in find(node))
        for parties in (_seller_countries, _buyer_countries)
    ]
    return None if not all(german) or _delivery_known(node) else {}


def _delivery_known(node: Node) -> bool:
    """A period counts only where something is said about the delivery."""
    if _delivery_dates(node):
        return True
    period = _periods(node) or all(_line_periods(line) for line in s.nodes(_lines_here(node)))
    return bool(period) and any(item.text.strip(BLANKS) for item in _deliveries(node))


_dues = s.path("//ram:DuePayableAmount")
_due_dates = s.path("//ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime")
_terms = s.path("//ram:SpecifiedTradePaymentTerms/ram:Description")


def due_is_payable(node: Node) -> Values | None:
    """BR-CO-25: an amount due needs a due date or payment terms."""
    due = single(_dues(node))
    return {"value": due} if lenient(due) > 0 and not _due_dates(node) and not _terms(node) else None
