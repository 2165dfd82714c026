"""The invoice at a glance: the few terms a list or a route needs, read by their bindings in schemas/terms.tsv."""

import functools
from collections.abc import Callable

from lxml import etree

from einvoice.model.lexical import date_102, trim
from einvoice.validation.report import Summary

TERMS = {
    "number": "BT-1",
    "type": "BT-3",
    "issue_date": "BT-2",
    "due_date": "BT-9",
    "seller": "BT-27",
    "seller_vat_id": "BT-31",
    "buyer": "BT-44",
    "buyer_reference": "BT-10",
    "currency": "BT-5",
    "net": "BT-109",
    "vat": "BT-110",
    "gross": "BT-112",
    "payable": "BT-115",
    "iban": "BT-84",
}
"""Field of the summary → term."""


def summarise(root: etree._Element, syntax: str) -> Summary:
    """What the invoice says at a glance: of each term the first occurrence, trimmed; dates as ISO."""
    values = {}
    for field, read in _readers(syntax).items():
        text = read(root)
        values[field] = trim(text) or None if text is not None else None
    for field in ("issue_date", "due_date"):
        text = values[field]
        day = date_102(text) if text and syntax in ("cii", "zugferd1") else None
        values[field] = day.isoformat() if day else text
    return Summary(**values)


@functools.cache
def _readers(syntax: str) -> dict[str, Callable[[etree._Element], str | None]]:
    from einvoice.model.terms import terms

    bound = terms()
    return {field: _reader(bound[term].paths.get(syntax, "")) for field, term in TERMS.items()}


def _reader(path: str) -> Callable[[etree._Element], str | None]:
    if not path:
        return lambda root: None
    from einvoice.model.terms import NAMESPACES

    find = etree.XPath(path, namespaces=NAMESPACES)

    def read(root: etree._Element) -> str | None:
        found = find(root)
        return (found[0].text or "") if isinstance(found, list) and found else None

    return read
