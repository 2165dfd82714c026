"""The invoice at a glance: the few terms a list or a route needs, read by their bindings in schemas/terms.tsv."""

import functools
import re
from typing import cast

from lxml import etree

from einvoice.model.lexical import date_102, trim
from einvoice.model.namespaces import NAMESPACES
from einvoice.model.terms import terms
from einvoice.rulebook.document import Kids
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
    values: dict[str, str | None] = {}
    kids = Kids()
    for field, term in TERMS.items():
        text = text_of(root, syntax, term, kids)
        values[field] = trim(text) or None if text is not None else None
    for field in ("issue_date", "due_date"):
        day = date_102(values[field] or "")
        values[field] = day.isoformat() if day else values[field]
    return Summary(**values)


def text_of(root: etree._Element, syntax: str, term: str, kids: Kids | None = None) -> str | None:
    """The first occurrence of a term, as written; None if there is none (or the syntax has no bindings).

    `kids`: what is known of the document already, for those who ask for several terms.
    """
    find = _finder(syntax, term)
    if find is None:
        return None
    if isinstance(find, tuple):
        found = _first(root, find, Kids() if kids is None else kids)
    else:
        found = next(iter(cast("list[etree._Element]", find(root))), None)
    return None if found is None else found.text or ""


def _first(element: etree._Element, tags: tuple[str, ...], kids: Kids) -> etree._Element | None:
    """The first element at the end of a chain of children."""
    if not tags:
        return element
    for child in kids[element].get(tags[0], ()):
        if (found := _first(child, tags[1:], kids)) is not None:
            return found
    return None


@functools.cache
def _finder(syntax: str, term: str) -> tuple[str, ...] | etree.XPath | None:
    """The tags below the root where the path is plain, which is quicker; else the path."""
    path = terms()[term].path(syntax) if syntax != "zugferd1" else ""
    if _PLAIN.fullmatch(path):
        steps = (step.split(":") for step in path.split("/")[2:])
        return tuple(f"{{{NAMESPACES[prefix]}}}{name}" for prefix, name in steps)
    return etree.XPath(path, namespaces=dict(NAMESPACES)) if path else None


_PLAIN = re.compile(r"(/\w+:\w+)+")
