"""The invoice at a glance: what it first says of a term, read by the bindings in schemas/terms.tsv.

What every verdict asks for is read in one pass, when the first of it is asked for; any other term by itself.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from lxml import etree

from einvoice.formats.walk.names import clark
from einvoice.model.lexical import trim
from einvoice.model.listing import ByTag, Going
from einvoice.model.namespaces import xpath
from einvoice.model.terms import terms

AT_ONCE = (
    *("BT-1", "BT-2", "BT-3", "BT-5", "BT-9", "BT-10", "BT-27", "BT-31", "BT-32", "BT-44", "BT-63", "BT-84"),
    *("BT-35", "BT-36", "BT-37", "BT-38", "BT-162", "BT-50", "BT-51", "BT-52", "BT-53", "BT-163"),
    *("BT-72", "BT-73", "BT-74", "BT-109", "BT-110", "BT-112", "BT-115", "BT-118"),
)
"""The terms of a verdict's report and of our own checks, as far as one way leads to them."""

Kids = Mapping[etree._Element, ByTag]
Condition = Callable[[etree._Element, Kids], bool]

_STEP = re.compile(r"/(\w+:\w+)(\[[^][]*])?")
_WAY = re.compile(rf"(?:{_STEP.pattern})+")

_SAYS = re.compile(r"\[@(\w+)='(\w+)']")
_SAYS_AS = re.compile(r"\[@(\w+)=\.\./\.\./(\w+:\w+)]")
_HOLDS = re.compile(r"\[normalize-space\((\w+:\w+)/(\w+:\w+)\)(!?=)'(\w+)']")


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

    def states(self, wanted: Iterable[str]) -> bool:
        """Whether one of some terms is first said to be something, not blank."""
        return any((text := self[term]) and not text.isspace() for term in wanted)

    def _may_state(self, term: str) -> bool:
        """Whether all elements on the way to a term are met, as far as that is known."""
        met = self.going.by_tag if self.going else None
        return met is None or _way(self._syntax, term) <= met.keys()

    def _read(self, element: etree._Element, place: "_Place", kids: Kids) -> None:
        """Notes what stands below an element of that place."""
        children = kids.get(element)
        for tag, here in place.below:
            for child in element.iterchildren(tag) if children is None else children.get(tag, ()):
                if here.condition is not None and not here.condition(child, kids):
                    continue
                for term in here.terms:
                    if self[term] is None:
                        self[term] = child.text or ""
                if here.below:
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
    """An element on the way to terms: what it has to fulfil, the terms it states, the places in it by tag."""

    condition: Condition | None = None
    terms: list[str] = field(default_factory=list)
    below: "list[tuple[str, _Place]]" = field(default_factory=list)


@functools.cache
def _start(syntax: str) -> tuple[_Place, dict[str, str | None]]:
    """Where reading begins, and the terms it may find."""
    start, found = _Place(), dict[str, str | None]()
    places = {"": start}
    for term in AT_ONCE if syntax != "zugferd1" else ():
        path = terms()[term].path(syntax)
        way = _STEP.findall(path) if _WAY.fullmatch(path) else []
        if not way or not all(map(_condition, [predicate for _, predicate in way if predicate])):
            continue
        at = ""
        for name, predicate in way[1:]:
            above, at = places[at], f"{at}/{name}{predicate}"
            if at not in places:
                places[at] = _Place(_condition(predicate))
                above.below.append((clark(name), places[at]))
        places[at].terms.append(term)
        found[term] = None
    return start, found


def _condition(predicate: str) -> Condition | None:
    """What a predicate asks, by looks at what lies near: as XPath it takes longer than all else of a glance. None
    for none, and for one of another form."""
    if found := _SAYS.fullmatch(predicate):
        attribute, text = found.groups()
        return lambda element, kids: element.get(attribute) == text
    if found := _SAYS_AS.fullmatch(predicate):
        attribute, tag = found[1], clark(found[2])
        return lambda element, kids: element.get(attribute) in _said(_above(element), tag, kids)
    if found := _HOLDS.fullmatch(predicate):
        outer, inner, how, text = clark(found[1]), clark(found[2]), found[3], found[4]
        return lambda element, kids: (trim(_first_in(element, outer, inner, kids)) == text) is (how == "=")
    return None


def _above(element: etree._Element) -> etree._Element:
    """What the element lies in lies in."""
    return next(islice(element.iterancestors(), 1, None))


def _said(element: etree._Element, tag: str, kids: Kids) -> list[str]:
    """The texts of the children with a tag."""
    return [child.text or "" for child in _in(element, tag, kids)]


def _first_in(element: etree._Element, outer: str, inner: str, kids: Kids) -> str:
    """The first text two levels down; empty if there is none."""
    return next((text for child in _in(element, outer, kids) for text in _said(child, inner, kids)), "")


def _in(element: etree._Element, tag: str, kids: Kids) -> Iterable[etree._Element]:
    """The children with a tag."""
    children = kids.get(element)
    return element.iterchildren(tag) if children is None else children.get(tag, ())


@functools.cache
def _way(syntax: str, term: str) -> frozenset[str]:
    """The tags of all elements that lead to a term; of a term with several ways none."""
    path = terms()[term].path(syntax) if syntax != "zugferd1" else ""
    return frozenset(clark(name) for name, _ in _STEP.findall(path) if _WAY.fullmatch(path))


@functools.cache
def _path(syntax: str, term: str) -> etree.XPath | None:
    path = terms()[term].path(syntax) if syntax != "zugferd1" else ""
    return xpath(path) if path else None
