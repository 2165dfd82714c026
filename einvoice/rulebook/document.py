"""A document while it is judged: its elements as the rules look for them, and the groups they are seen as.

Long documents are cut into stretches of neighbouring elements (runs of lines, in practice). Rules that run over all
groups of a kind are run over one stretch after the other, so that no more groups are alive than a stretch has.
What a rule asks of the document as a whole is answered by the Document.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from einvoice.model.listing import ByTag, Going, Listing, Texts, by_tag
from einvoice.rulebook.texts import Element

MANY_KIDS = 10_000
"""Elements whose children are remembered at a time."""


class Kids(dict[Element, ByTag]):
    """The children of each element by tag, in document order: made when asked for, and when there are too many of
    them forgotten, for they can be made again."""

    def __missing__(self, element: Element) -> ByTag:
        found = by_tag(element.getchildren())  # type: ignore[attr-defined]
        if len(self) >= MANY_KIDS:
            self.clear()
        self[element] = found
        return found


class Everywhere:
    """All elements of a long document by tag: looked for when asked for.

    What its stretches were seen to have need not be: tags that none of them has, or a single one.
    """

    def __init__(self, root: Element) -> None:
        self.root, self.found = root, ByTag()
        self.seen: dict[str, list[Element] | None] = {}
        self.all_seen = False

    def see(self, by_tag: ByTag) -> None:
        """Notes what the next stretch has."""
        for tag, elements in by_tag.items():
            self.seen[tag] = None if tag in self.seen else elements

    def get(self, tag: str, nothing: Sequence[Element]) -> Sequence[Element]:
        """The elements of a tag."""
        if tag not in self.found:
            seen = self.seen.get(tag, ()) if self.all_seen else None
            self.found[tag] = list(self.root.iter(tag) if seen is None else seen)
        return self.found[tag] or nothing

    def lacks(self, tags: Iterable[str]) -> bool:
        """Whether it is certain that no element has one of these tags."""
        return False


Gathered = list[Any] | dict[Any, list[Any]]


class Gatherer(NamedTuple):
    """Finds in a part of an invoice what rules ask of the invoice as a whole, and adds it to what was found.

    nothing: makes what is gathered where there is nothing. tags: without one of them it finds nothing (if these are
    known). numbers: of what it gathers.
    """

    add: Callable[["Group", dict[int, Gathered]], None]
    nothing: Callable[[], dict[int, Gathered]]
    tags: tuple[str, ...] | None
    numbers: tuple[int, ...]


class Gatherers:
    """All of a book, by number and by tags."""

    def __init__(self, every: Iterable[Gatherer] = ()) -> None:
        self.by_number: dict[int, Gatherer] = {}
        self.by_tags: dict[tuple[str, ...] | None, list[Gatherer]] = {}
        for one in every:
            self.by_number.update(dict.fromkeys(one.numbers, one))
            self.by_tags.setdefault(one.tags, []).append(one)

    def add(self, stretch: "Document | Stretch", found: dict[int, Gathered]) -> None:
        """Adds what a stretch has."""
        for tags, several in self.by_tags.items():
            if tags is None or not stretch.lacks(tags):
                for one in several:
                    one.add(stretch.invoice, found)


NO_GATHERS = Gatherers()


class Group:
    """One occurrence of a group. What its names and views find has slots of its owner's class: filled at once where a
    path goes straight down, else None until it is asked for and made (filling.py)."""

    __slots__ = ("__weakref__", "_doc", "_element", "_gathered")
    _doc: "Document | Stretch"
    _element: Element
    _gathered: "Gathers"
    """Only the invoice has what is gathered of it."""


def absent(group: Group) -> None:
    """What an attribute is that other owners make when it is asked for, and this one has at once: None means None."""


Make = Callable[[Element, Any], Group]
"""Gives the group of an element in a document: one per element, whatever name it is reached by."""

Pools = defaultdict[str, dict[Element, Group]]
"""The groups of each owner, by element."""

HERE = "here"
"""The owner by which a stretch makes its invoice, of which nothing is filled."""


class Gathers(dict[int, Gathered]):
    """What each of the gathers finds in a document: a list, or lists by key."""

    __slots__ = ("doc",)

    def __init__(self, doc: "Document") -> None:
        self.doc = doc

    def __missing__(self, number: int) -> Gathered:
        doc = self.doc
        if doc.is_long:
            for _ in doc.gathering():
                pass
            return self[number]
        one = doc.gathers.by_number[number]
        self.update(one.nothing())
        if one.tags is None or not doc.lacks(one.tags):
            one.add(doc.invoice, self)
        return self[number]


Siblings = tuple[tuple[Element, object], dict[Element, int], dict[str, int]]
"""Of the children of an element: what was asked of them, the place of each, and the first that says a text."""


class Document:
    """One document while it is judged.

    `steps`: what house rules may still spend; `listings`: its elements, in parts if it is long (model/listing.py).
    """

    def __init__(
        self,
        root: Element,
        owners: Mapping[str, Make],
        gathers: Gatherers = NO_GATHERS,
        steps: int = 0,
        listings: Iterator[Listing] | None = None,
    ) -> None:
        self.root, self.owners, self.gathers, self.steps = root, owners, gathers, steps
        self.gathered, self.whole = Gathers(self), self
        rest = listings or Going(root).listings()
        first = next(rest)
        self.is_long = bool(first.top)
        self._listing = Listing() if self.is_long else first
        self._listings: Iterator[Listing] | None = itertools.chain([first], rest) if self.is_long else None
        self._everywhere = Everywhere(root)
        self.anywhere: Everywhere | ByTag = self._everywhere if self.is_long else first.by_tag
        self.lacks: Callable[[Iterable[str]], bool] = (
            self._everywhere.lacks if self.is_long else first.by_tag.keys().isdisjoint
        )
        self._order: dict[Element, int] | None = None
        self.siblings: Siblings | None = None
        self.kids = self.top = Kids(() if self.is_long else first.kids)
        self.said = Texts() if self.is_long else first.said
        self.pools: Pools = defaultdict(dict)
        self.invoice = owners["invoice"](root, self)
        self.invoice._gathered = self.gathered

    @property
    def elements(self) -> Sequence[Element]:
        """All elements, in document order."""
        return list(self.root.iter("*"))

    @property
    def blank(self) -> Sequence[Element]:
        """The elements that hold nothing but blanks."""
        if not self.is_long:
            return self._listing.blank
        return [one for part in Going(self.root).listings() for one in part.blank]

    def order(self) -> dict[Element, int]:
        """The place of each element in the document."""
        if self._order is None:
            self._order = {element: place for place, element in enumerate(self.elements)}
        return self._order

    def stretches(self) -> "Iterator[Document | Stretch]":
        """The parts of a long document, each open until the next one is asked for; a short one is its only part."""
        if not self.is_long:
            yield self
            return
        listings, self._listings = self._listings or Going(self.root).listings(), None
        for part in listings:
            self._everywhere.see(part.by_tag)
            stretch = Stretch(self, part)
            yield stretch
            stretch.close()
        self._everywhere.all_seen = True

    def gathering(self) -> "Iterator[Document | Stretch]":
        """The same, and gathers on the way what is asked of the document as a whole."""
        if not self.is_long:
            yield self
            return
        found: dict[int, Gathered] = {}
        for one in self.gathers.by_number.values():
            found.update(one.nothing())
        for stretch in self.stretches():
            yield stretch
            self.gathers.add(stretch, found)
        self.gathered.update(found)

    def close(self) -> None:
        """Lets go of all groups, so that no circle of references outlives a document."""
        self.pools.clear()
        del self.invoice, self.pools, self.gathered.doc, self.gathered, self.whole


class Stretch:
    """A part of a long document: what `anywhere` and `invoice` lead to is in it, all else is as in the whole.

    top: the children of each element, but of those that the stretches lie in only the ones within this one.
    """

    def __init__(self, whole: Document, part: Listing) -> None:
        self.whole, self.root, self.part, self.blank = whole, whole.root, part, part.blank
        self.kids, self.anywhere, self.said = Kids(part.kids), part.by_tag, part.said
        self.top = Kids({**part.kids, **part.top})
        self.lacks = self.anywhere.keys().isdisjoint
        self._order: dict[Element, int] | None = None
        self.pools: Pools = defaultdict(dict)
        self.invoice = whole.owners[HERE](self.root, self)
        self.invoice._gathered = whole.gathered

    @property
    def elements(self) -> Sequence[Element]:
        """All elements of the stretch, in document order."""
        return self.part.elements

    @property
    def steps(self) -> int:
        """What house rules may still spend on the document."""
        return self.whole.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self.whole.steps = steps

    def order(self) -> dict[Element, int]:
        """The place of each element in the stretch."""
        if self._order is None:
            self._order = {element: place for place, element in enumerate(self.elements)}
        return self._order

    def close(self) -> None:
        """Lets go of all groups, and of what is remembered of the elements."""
        self.pools.clear()
        del self.invoice, self.pools, self.whole, self.part, self.anywhere, self.lacks, self.top
