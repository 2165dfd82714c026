"""Invoices of any size: many lines, many VAT rates, many allowances, sub-lines within sub-lines.

Made from the examples of the rules; totals stay as they are, and so are wrong.
"""

import copy
from collections.abc import Callable

from lxml import etree

from einvoice.formats import xml
from einvoice.formats.writing import write
from einvoice.model.bases import base

LINES = ("{*}InvoiceLine", "{*}CreditNoteLine", "{*}IncludedSupplyChainTradeLineItem")
_OWN = (("{*}ID", "{*}LineID"), ("{*}Name",), ("{*}Note",), ("{*}Description",))
"""What differs from line to line in real invoices: the first of each."""


Change = Callable[[etree._Element, int], etree._Element]
"""Makes the n-th of many copies differ from the others."""


def many_lines(count: int, syntax: str, example: str = "standard") -> bytes:
    """The example with `count` lines: its own in turn, each with an id, a name and a note of its own."""
    root = _example(example, syntax)
    _repeat(list(root.iter(*LINES)), count, _numbered)
    return _written(root)


def many_rates(count: int, syntax: str) -> bytes:
    """A line and a row of the VAT breakdown for each of `count` rates."""
    root = _example("standard", syntax)
    rows = (
        root.iter("{*}TaxSubtotal")
        if syntax != "cii"
        else root.iterfind(".//{*}ApplicableHeaderTradeSettlement/{*}ApplicableTradeTax")
    )
    _repeat(list(rows)[:1], count, _rated)
    _repeat(list(root.iter(*LINES))[:1], count, _rated)
    return _written(root)


def many_allowances(count: int, syntax: str) -> bytes:
    """`count` allowances of the document."""
    root = _example("full", syntax)
    at = (
        ".//{*}ApplicableHeaderTradeSettlement/{*}SpecifiedTradeAllowanceCharge"
        if syntax == "cii"
        else "{*}AllowanceCharge"
    )
    _repeat(list(root.iterfind(at)), count, _rated)
    return _written(root)


def many_attachments(count: int, syntax: str) -> bytes:
    """`count` attached documents, every other one under a name of its own."""
    root = _example("full", syntax)
    way = ".//{*}ApplicableHeaderTradeAgreement/{*}AdditionalReferencedDocument"
    _repeat(
        list(root.iterfind(way if syntax == "cii" else "{*}AdditionalDocumentReference")), count, _attached
    )
    return _written(root)


def deep_sub_lines(count: int, deep: int = 20) -> bytes:
    """`count` sub-lines (UBL, XRechnung Extension) in chains that go `deep` levels down."""
    root = _example("extension", "ubl-invoice")
    line = next(root.iter("{*}InvoiceLine"))
    sub = copy.deepcopy(next(line.iter("{*}SubInvoiceLine")))
    for old in list(root.iter("{*}SubInvoiceLine")):
        parent = old.getparent()
        if parent is not None:
            parent.remove(old)
    for nested in list(sub.iter("{*}SubInvoiceLine"))[1:]:
        sub.remove(nested)
    here = line
    for number in range(count):
        here = line if number % deep == 0 else here
        here.append(copy.deepcopy(sub))
        here = here[-1]
    return _written(root)


def _example(name: str, syntax: str) -> etree._Element:
    return xml.parse(write(base(name, syntax), syntax).data)


def _repeat(elements: list[etree._Element], count: int, changed: Change) -> None:
    """Puts `count` changed copies, of each in turn, in place of some elements that stand side by side."""
    parent = elements[0].getparent()
    assert parent is not None
    place = parent.index(elements[0])
    for element in elements:
        parent.remove(element)
    parent[place:place] = [changed(copy.deepcopy(elements[n % len(elements)]), n) for n in range(count)]


def _numbered(element: etree._Element, number: int) -> etree._Element:
    for names in _OWN:
        own = next(element.iter(*names), None)
        if own is not None:
            own.text = str(number) if len(names) > 1 else f"{own.text} {number}"
    return element


def _attached(element: etree._Element, number: int) -> etree._Element:
    for one in element.iterfind(".//*[@filename]"):
        one.set("filename", f"{number // 2 if number % 2 else number}.pdf")
    return element


def _rated(element: etree._Element, number: int) -> etree._Element:
    for rate in element.iter("{*}Percent", "{*}RateApplicablePercent"):
        rate.text = f"{number // 100}.{number % 100:02}"
    return element


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
