"""The invoice at a glance: what it first says of a term, read by the bindings in schemas/terms.tsv.

What every verdict asks for is read in one pass; any other term is looked for when it is asked for.
"""

import functools
import re
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from einvoice.model.namespaces import NAMESPACES
from einvoice.model.terms import terms

AT_ONCE = (
    *("BT-1", "BT-2", "BT-3", "BT-5", "BT-9", "BT-10", "BT-24", "BT-27", "BT-44", "BT-84"),
    *("BT-35", "BT-36", "BT-37", "BT-38", "BT-162", "BT-50", "BT-51", "BT-52", "BT-53", "BT-163"),
    *("BT-72", "BT-73", "BT-74", "BT-109", "BT-112", "BT-115", "BT-118"),
)
"""The terms of a verdict's report and of our own checks, as far as a plain path leads to them."""

_MANY = 100
"""Children among which those that are asked for are found sooner by lxml than by going through all of them."""

_PLAIN = re.compile(r"(/\w+:\w+)+")


class Glance(dict[str, str | None]):
    """Term → its first occurrence in a document, as written; None if there is none (or no binding)."""

    def __init__(self, root: etree._Element, syntax: str) -> None:
        start, absent = _start(syntax)
        super().__init__(absent)
        self._root, self._syntax = root, syntax
        self._read(root, start)

    def __missing__(self, term: str) -> str | None:
        found = self[term] = text_of(self._root, self._syntax, term)
        return found

    def _read(self, element: etree._Element, place: "_Place") -> None:
        many = len(element) > _MANY
        for child in element.iterchildren(*place.below) if many else element.getchildren():  # type: ignore[attr-defined]
            here = place.below.get(child.tag)
            if here is None:
                continue
            for term in here.terms:
                if self[term] is None:
                    self[term] = child.text or ""
            if here.below:
                self._read(child, here)


def text_of(root: etree._Element, syntax: str, term: str) -> str | None:
    """The first occurrence of one term, as written; None if there is none (or the syntax has no bindings)."""
    found = occurrences(root, syntax, term)
    return found[0].text or "" if found else None


def occurrences(root: etree._Element, syntax: str, term: str) -> list[etree._Element]:
    """The elements that state one term, in document order; none if the syntax has no bindings."""
    path = _path(syntax, term)
    return cast("list[etree._Element]", path(root)) if path else []


@dataclass(slots=True)
class _Place:
    """An element on the way to terms: those it is itself, and the elements below that lead to others."""

    terms: list[str] = field(default_factory=list)
    below: "dict[str, _Place]" = field(default_factory=dict)


@functools.cache
def _start(syntax: str) -> tuple[_Place, dict[str, str | None]]:
    """Where reading begins, and the terms it may find."""
    start, found = _Place(), dict[str, str | None]()
    for term in AT_ONCE if syntax != "zugferd1" else ():
        path = terms()[term].path(syntax)
        if not _PLAIN.fullmatch(path):
            continue
        place = start
        for step in path.split("/")[2:]:
            prefix, name = step.split(":")
            place = place.below.setdefault(f"{{{NAMESPACES[prefix]}}}{name}", _Place())
        place.terms.append(term)
        found[term] = None
    return start, found


@functools.cache
def _path(syntax: str, term: str) -> etree.XPath | None:
    path = terms()[term].path(syntax) if syntax != "zugferd1" else ""
    return etree.XPath(path, namespaces=dict(NAMESPACES)) if path else None
