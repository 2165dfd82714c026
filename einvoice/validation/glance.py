"""The invoice at a glance: what it first says of a term, read by the bindings in schemas/terms.tsv.

What every verdict asks for is read in one pass, when the first of it is asked for; any other term by itself.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from einvoice.formats.walk.names import clark
from einvoice.model.listing import ByTag, Going, by_tag
from einvoice.model.namespaces import xpath
from einvoice.model.terms import terms

AT_ONCE = (
    *("BT-1", "BT-2", "BT-3", "BT-5", "BT-9", "BT-10", "BT-27", "BT-44", "BT-84"),
    *("BT-35", "BT-36", "BT-37", "BT-38", "BT-162", "BT-50", "BT-51", "BT-52", "BT-53", "BT-163"),
    *("BT-72", "BT-73", "BT-74", "BT-109", "BT-112", "BT-115", "BT-118"),
)
"""The terms of a verdict's report and of our own checks, as far as a plain path leads to them."""

_PLAIN = re.compile(r"(/\w+:\w+)+")
_CONDITION = re.compile(r"\[[^][]*]")


class Glance(dict[str, str | None]):
    """Term → its first occurrence in a document, as written; None if there is none (or no binding).

    `going`: the way over all its elements, where one was gone before the first term is asked for.
    """

    def __init__(self, root: etree._Element, syntax: str) -> None:
        super().__init__()
        self.going: Going | None = None
        self._root, self._syntax = root, syntax

    def __missing__(self, term: str) -> str | None:
        start, at_once = _start(self._syntax)
        if term in at_once:
            self.update(at_once)
            self._read(self._root, start, self.going.kids if self.going else {})
        elif self._may_state(term):
            self[term] = text_of(self._root, self._syntax, term)
        else:
            self[term] = None
        return self[term]

    def _may_state(self, term: str) -> bool:
        """Whether all elements on the way to a term are met, as far as that is known."""
        met = self.going.by_tag if self.going else None
        return met is None or _way(self._syntax, term) <= met.keys()

    def states(self, wanted: Iterable[str]) -> bool:
        """Whether one of some terms is first said to be something, not blank."""
        return any((text := self[term]) and not text.isspace() for term in wanted)

    def _read(self, element: etree._Element, place: "_Place", kids: Mapping[etree._Element, ByTag]) -> None:
        """Notes what stands below an element of that place."""
        if (children := kids.get(element)) is None:
            children = by_tag(list(element.iterchildren(*place.terms, *place.below)))
        for tag, term in place.terms.items():
            if tag in children and self[term] is None:
                self[term] = children[tag][0].text or ""
        for tag, here in place.below.items():
            for child in children.get(tag, ()):
                self._read(child, here, kids)


def text_of(root: etree._Element, syntax: str, term: str) -> str | None:
    """The first occurrence of one term, as written; None if there is none (or the syntax has no bindings)."""
    return first(occurrences(root, syntax, term))


def first(found: Sequence[etree._Element]) -> str | None:
    """What the first of the elements of a term says; None if there is none."""
    return found[0].text or "" if found else None


def occurrences(root: etree._Element, syntax: str, term: str) -> list[etree._Element]:
    """The elements that state one term, in document order; none if the syntax has no bindings."""
    path = _path(syntax, term)
    return cast("list[etree._Element]", path(root)) if path else []


@dataclass(slots=True)
class _Place:
    """An element on the way to terms: the elements in it that state one, and those that lead to others."""

    terms: dict[str, str] = field(default_factory=dict)
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
        *above, last = map(clark, path.split("/")[2:])
        for tag in above:
            place = place.below.setdefault(tag, _Place())
        place.terms[last] = term
        found[term] = None
    return start, found


@functools.cache
def _way(syntax: str, term: str) -> frozenset[str]:
    """The tags of all elements that lead to a term; of a term with several ways none."""
    path = _CONDITION.sub("", terms()[term].path(syntax)) if syntax != "zugferd1" else ""
    return frozenset(map(clark, path.split("/")[1:])) if _PLAIN.fullmatch(path) else frozenset()


@functools.cache
def _path(syntax: str, term: str) -> etree.XPath | None:
    path = terms()[term].path(syntax) if syntax != "zugferd1" else ""
    return xpath(path) if path else None
