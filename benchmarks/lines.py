"""Invoices with many lines: the lines of an example in turn, each with an id, a name and a quantity of its own."""

import copy

from lxml import etree

from einvoice.formats import xml
from einvoice.formats.writing import write
from einvoice.model.bases import base

_LINES = ("{*}InvoiceLine", "{*}CreditNoteLine", "{*}IncludedSupplyChainTradeLineItem")
_OWN = ("{*}ID", "{*}LineID", "{*}Name", "{*}Note", "{*}Description")
"""What differs from line to line in real invoices."""


def many_lines(count: int, syntax: str, example: str = "standard") -> bytes:
    """The example with `count` lines in place of its own. Its totals stay as they are, and so are wrong."""
    root = xml.parse(write(base(example, syntax), syntax).data)
    lines = list(root.iter(*_LINES))
    parent = lines[0].getparent()
    assert parent is not None
    place = parent.index(lines[0])
    for line in lines:
        parent.remove(line)
    parent[place:place] = [_numbered(lines[number % len(lines)], number) for number in range(count)]
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _numbered(line: etree._Element, number: int) -> etree._Element:
    line = copy.deepcopy(line)
    for name in _OWN:
        own = next(line.iter(name), None)
        if own is not None:
            own.text = f"{own.text} {number}" if name != "{*}ID" else str(number)
    return line
