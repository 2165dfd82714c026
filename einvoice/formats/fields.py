"""Where in an invoice's JSON a place of its XML is: `/ubl:Invoice[1]/cac:InvoiceLine[2]` is `lines[1]`."""

from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from einvoice.formats.reading import Reading
from einvoice.formats.walk.groups import Group
from einvoice.formats.walk.names import Element
from einvoice.model.differences import field_path
from einvoice.model.namespaces import NAMESPACES
from einvoice.model.terms import homes, terms, way

_NAMESPACES = dict(NAMESPACES)


class Fields:
    """The fields of one document. What its places are is found once, when it is first asked for."""

    def __init__(self, reading: Reading) -> None:
        self._root = reading.root
        self._groups = {element: (term, path) for term, path, element in _placed(reading.invoice)}

    def at(self, where: str | None, ids: Iterable[str]) -> tuple[str, ...]:
        """The JSON paths of terms (BT/BG ids) of a finding at the XPath `where`; of the group, if none fits."""
        group, path = self._innermost(self._element(where))
        found = tuple(dict.fromkeys(one for term in ids for one in self._below(group, path, term)))
        return found or ((path,) if path else ())

    def _element(self, where: str | None) -> Element | None:
        """The element at an XPath as our findings write it; None for one that names something else."""
        try:
            found: Any = self._root.xpath(
                (where or "/*").rpartition("/@")[0] or where or "/*", namespaces=_NAMESPACES
            )
        except etree.XPathError:
            return None
        return found[0] if found else None

    def _innermost(self, element: Element | None) -> tuple[str, str]:
        """The group that an element lies in, and its path; the invoice itself where there is none."""
        while element is not None and element not in self._groups:
            element = element.getparent()
        return ("", "") if element is None else self._groups[element]

    def _below(self, group: str, path: str, term: str) -> Iterator[str]:
        """The path of a term that stands in a group, below it, or elsewhere in the invoice."""
        if term not in terms():
            return
        row = terms()[term]
        if row.is_component:
            yield from (f"{owner}.{row.field}" for owner in self._below(group, path, row.parent))
        elif group in homes(term):
            yield field_path(path, term, None)
        else:
            above = way(group, homes(term)[0])
            start, steps = (path, above) if above is not None else ("", way("", homes(term)[0]) or ())
            for step in steps:
                start = field_path(start, step, None) + ("[]" if terms()[step].repeats else "")
            yield field_path(start, term, None)


def _placed(invoice: Group) -> Iterator[tuple[str, str, Element]]:
    """Each group of a document with its path; the invoice itself has the empty one."""
    counts: dict[tuple[str, str], int] = {}

    def visit(group: Group, path: str) -> Iterator[tuple[str, str, Element]]:
        yield group.term, path, group.element
        for inner in group.groups:
            number = counts[path, inner.term] = counts.get((path, inner.term), -1) + 1
            repeats = terms()[inner.term].repeats
            yield from visit(inner, field_path(path, inner.term, number if repeats else None))

    yield from visit(invoice, "")
