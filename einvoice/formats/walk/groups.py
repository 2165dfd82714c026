"""What reading finds: occurrences of terms, in occurrences of groups."""

from collections.abc import Iterator
from dataclasses import dataclass

from einvoice.formats.walk.marks import Binding
from einvoice.formats.walk.names import Element, string_value
from einvoice.model.location import place

Found = tuple[Binding, str | None, Element, str | None]
"""binding, text as written (None: ask the element), element, attribute"""


@dataclass(slots=True)
class Occurrence:
    """A term stated once: its raw text, the element, and the attribute the text stands in (or None).

    `parent` is the group the norm puts the term in; where the document has no such group, `group` is another one.
    """

    term: str
    text: str
    element: Element
    attribute: str | None
    group: "Group"
    parent: str

    @property
    def line(self) -> int | None:
        """The line in the source, counted from 1."""
        line = self.element.sourceline
        return line if isinstance(line, int) else None

    @property
    def location(self) -> str:
        """The XPath, with the prefixes and numbers that official reports use."""
        return place(self.element, self.attribute)


class Group:
    """An occurrence of a group ("" is the invoice itself), with what it states, in document order.

    It does not know what it lies in: with such a cycle, it and the whole tree of the document would wait for
    Python's cycle collector.
    """

    __slots__ = ("element", "found", "groups", "parent", "term")

    def __init__(self, term: str, element: Element, parent: str = "") -> None:
        self.term, self.element, self.parent = term, element, parent
        self.found: list[Found] = []
        self.groups: list[Group] = []

    def occurrences(self, term: str | None = None) -> Iterator[Occurrence]:
        """The terms stated directly in this group, or those of one term; objects are made as asked for."""
        for binding, text, element, attribute in self.found:
            if term is None or binding.term == term:
                said = string_value(element) if text is None else text
                yield Occurrence(binding.term, said, element, attribute, self, binding.parent)

    def inside(self, term: str) -> Iterator["Group"]:
        """The groups of that term at any depth within this one, in document order."""
        for group in self.groups:
            if group.term == term:
                yield group
            yield from group.inside(term)

    def everything(self) -> Iterator[Occurrence]:
        """All occurrences in this group and in those within it, group by group."""
        yield from self.occurrences()
        for group in self.groups:
            yield from group.everything()
