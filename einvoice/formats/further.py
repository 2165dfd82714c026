"""What a document says without a term of the norm: nothing is lost silently, it is shown as further details."""

from collections.abc import Iterator
from dataclasses import dataclass

from einvoice.formats.walk.automaton import Automaton, State
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.groups import Group
from einvoice.formats.walk.marks import Known
from einvoice.formats.walk.names import Element
from einvoice.model.lexical import BLANKS
from einvoice.model.location import prefixed

SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
"""Attributes of this namespace tell the parser about schemas, not the reader about the invoice."""


Place = tuple[str, int, "Place | None"]
"""A step of a path: the tag, its number among those of the same tag, and the step before."""


@dataclass(frozen=True, slots=True)
class Further:
    """A text that no term of the norm holds: where it stands and what it says, as written."""

    text: str
    element: Element
    attribute: str | None
    place: Place

    @property
    def path(self) -> str:
        """The XPath, with the prefixes and numbers that official reports use."""
        steps = [f"@{prefixed(self.attribute)}"] if self.attribute is not None else []
        place: Place | None = self.place
        while place is not None:
            steps.append(f"{prefixed(place[0])}[{place[1]}]")
            place = place[2]
        return "/" + "/".join(reversed(steps))


def further(root: Element, automaton: Automaton, invoice: Group) -> list[Further]:
    """All texts of elements and attributes that neither a term nor a known discriminator covers, in document
    order. The automaton is that of a plan with terms, `invoice` what its walk has found."""
    return list(_Search(invoice).visit(root, automaton.start, (root.tag, 1, None)))


def everything(root: Element) -> Iterator[Further]:
    """All texts of elements and attributes of any document, in document order."""
    return _every(root, (root.tag, 1, None))


def place_of(element: Element) -> Place:
    """Where one element stands; for many of one document ask `further`, which finds them in one go."""
    parent = element.getparent()
    number = 1 + sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    return element.tag, number, None if parent is None else place_of(parent)


def _every(element: Element, place: Place) -> Iterator[Further]:
    if said := _own_text(element):
        yield Further(said, element, None, place)
    for name, value in zip(map(str, element.keys()), map(str, element.values()), strict=True):
        if value.strip(BLANKS):
            yield Further(value, element, name, place)
    for child, below in _children(element, place):
        yield from _every(child, below)


def _children(element: Element, place: Place) -> Iterator[tuple[Element, Place]]:
    numbers: dict[str, int] = {}
    for child in element.iterchildren("*"):
        numbers[child.tag] = number = numbers.get(child.tag, 0) + 1
        yield child, (child.tag, number, place)


def _own_text(element: Element) -> str:
    """The element's own text, without that of the elements in it; "" if it is blank."""
    text = "".join([element.text or "", *(child.tail or "" for child in element)])
    return text if text.strip(BLANKS) else ""


class _Search:
    def __init__(self, invoice: Group) -> None:
        self.seen: Seen = {}
        self.stated: dict[str, frozenset[str]] = {
            f"${term}": frozenset(occurrence.text.strip(BLANKS) for occurrence in invoice.occurrences(term))
            for term in ("BT-5", "BT-6")
        }

    def visit(self, element: Element, above: State, place: Place) -> Iterator[Further]:
        here = above[element.tag]
        if here.fork is not None:
            here = here.fork.follow(element, self.seen)
        said = _own_text(element)
        if said and not here.terms and not self.knows(here.known, said):
            yield Further(said, element, None, place)
        for name, value in zip(map(str, element.keys()), map(str, element.values()), strict=True):
            if value.strip(BLANKS) and not name.startswith(SCHEMA_INSTANCE):
                there = here.marked.get(name)
                if there is None or not (there.terms or self.knows(there.known, value)):
                    yield Further(value, element, name, place)
        for child, below in _children(element, place):
            yield from self.visit(child, here, below)

    def knows(self, known: tuple[Known, ...], text: str) -> bool:
        text = text.strip(BLANKS)
        return any(not mark.texts or text in self.meant(mark.texts) for mark in known)

    def meant(self, texts: frozenset[str]) -> frozenset[str]:
        """The texts of a row of the table, `$BT-5` replaced by what the invoice states there."""
        found = frozenset(text for text in texts if not text.startswith("$"))
        return found.union(*(self.stated[text] for text in texts if text.startswith("$")))
