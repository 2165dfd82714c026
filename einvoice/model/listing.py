"""The elements of a document, listed once for all who look for some of them.

Long documents are listed in parts: runs of neighbouring lines, in practice. Hundreds of thousands of elements alive
cost memory, and work for Python's collector.
"""

import functools
import gc
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from einvoice.model.lexical import BLANKS
from einvoice.model.namespaces import NAMESPACES

MANY = 2_000
"""Documents of no more elements are listed as a whole."""

FEW = 40
"""So are those with no more elements among which they could be cut: most need not be counted."""

PART = 130
"""Elements with children in a part, roughly: so few that Python's collector seldom meets them alive."""

RARELY = 10_000
"""Where the collector lets so many objects be made in between, as in commands, parts are twice as large: what rules
take for a part, whatever it holds, is then taken half as often."""

_TRADE = f"{{{NAMESPACES['rsm']}}}SupplyChainTradeTransaction"
"""Where CII keeps its lines; in UBL they lie in the root."""

Element = etree._Element
ByTag = dict[str, list[Element]]
"""Elements by tag, in document order."""


MANY_TEXTS = 10_000
"""How many are remembered at a time."""


class Texts(dict[Element, str]):
    """The string value of each element, as XPath has it: noted on the way for those without children, and read when
    asked for of others."""

    def __missing__(self, element: Element) -> str:
        if len(self) >= MANY_TEXTS:
            self.clear()
        text = self[element] = string(element)
        return text


def string(element: Element) -> str:
    """The string value of an element, as XPath has it."""
    children = element.getchildren()  # type: ignore[attr-defined]
    if len(children) != 1 or len(children[0]) or not isinstance(children[0].tag, str):
        return "".join(map(str, element.itertext()))
    child = children[0]  # a date of CII, and that many times
    return (element.text or "") + (child.text or "") + (child.tail or "")


@dataclass(slots=True)
class Listing:
    """Elements of a document, or of a part of it, in document order.

    Who holds them keeps lxml from making each anew at every look.

    kids: the children by tag of each element that has some. by_tag: all of them by tag. said: the text of each.
    blank: those that hold nothing but blanks. roots: those that do not lie in others of the listing. top: of a part,
    the elements that all parts lie in, with those of their children which are in it.
    """

    roots: list[Element] = field(default_factory=list)
    kids: dict[Element, ByTag] = field(default_factory=dict)
    by_tag: ByTag = field(default_factory=dict)
    said: Texts = field(default_factory=Texts)
    blank: list[Element] = field(default_factory=list)
    top: dict[Element, ByTag] = field(default_factory=dict)

    @property
    def elements(self) -> list[Element]:
        """All of them."""
        return [element for one in self.roots for element in ((one,) if one in self.top else one.iter("*"))]

    @property
    def size(self) -> int:
        """How many of them have children, roughly."""
        return len(self.kids) + len(self.roots)

    def see_blank(self, element: Element) -> None:
        """Notes a childless element whose text is empty or white space: a no-break space is none of XML's."""
        if isinstance(element.tag, str) and not self.said[element].strip(BLANKS):
            self.blank.append(element)

    def following(self) -> "Listing":
        """The part that follows this one, still empty."""
        part = Listing(top={element: {} for element in self.top})
        for outer, inner in itertools.pairwise(self.top):
            part.top[outer][inner.tag] = [inner]
        return part


@functools.cache
def _has_more_than(most: int) -> etree.XPath:
    """Whether a tree has more elements: libxml2 stops counting there."""
    return etree.XPath(f"boolean(descendant::*[{most}])")


class Going:
    """One way over all elements of a tree; afterwards `repeated` are the tags of which some element has several
    children."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.listing = Listing()
        self.repeated: set[str] = set()
        self._part = PART * 2 if gc.get_threshold()[0] >= RARELY else PART

    @property
    def kids(self) -> Mapping[Element, ByTag]:
        """What is known of children by tag: all of a document that was listed as a whole, none of a long one."""
        return {} if self.listing.top else self.listing.kids

    @property
    def by_tag(self) -> ByTag | None:
        """All elements by tag; None of a long document."""
        return None if self.listing.top else self.listing.by_tag

    @property
    def whole(self) -> Listing | None:
        """All elements, listed; None of a long document."""
        return None if self.listing.top else self.listing

    def listings(self, place: Any = None) -> Iterator[Listing]:
        """All elements, listed; those of a long document in parts."""
        root = self.root
        trade = next(root.iterchildren(_TRADE), None)
        above = [root] if trade is None else [root, trade]
        if sum(map(len, above)) > FEW and _has_more_than(MANY)(root):
            yield from self._parts(above, place, 1)
        else:
            self.listing.roots.append(root)
            self.over([root], place, {}, 1)
        self.close()
        yield self.listing

    def _parts(self, above: list[Element], place: Any, depth: int) -> Iterator[Listing]:
        """The parts but the last one. The last of the elements `above` is cut, the others lie around it."""
        element, *inner = above
        self.listing.roots.append(element)
        self.listing.by_tag[element.tag] = [element]
        self.listing.top[element] = {}
        here, ending = self.enter(element, place)
        before = ""
        for child in element.iterchildren():
            if inner and child is inner[0]:
                self.listing.top[element][child.tag] = [child]
                yield from self._parts(inner, here, depth + 1)
                continue
            if not inner and self.listing.size >= self._part:
                yield self.listing
                self.listing = self.listing.following()
            if child.tag == before:
                self.repeated.add(before)
            before = child.tag
            self.listing.roots.append(child)
            self.over([child], here, self.listing.top[element], depth + 1)
        self.leave(ending)

    def over(self, elements: Iterable[Element], place: Any, kids: ByTag, depth: int) -> None:
        """Goes over elements that lie in one, and all within them; `kids`: the children of that one, by tag."""
        listing = self.listing
        for element in elements:
            tag = element.tag
            if tag in kids:
                self.repeated.add(tag)
            kids.setdefault(tag, []).append(element)
            listing.by_tag.setdefault(tag, []).append(element)
            if len(element):
                inner: ByTag = {}  # a plain table: to call the alias takes ten times as long
                listing.kids[element] = inner
                self.over(element.getchildren(), place, inner, depth + 1)  # type: ignore[attr-defined]
                continue
            listing.said[element] = text = element.text or ""
            if text < "!":  # it begins with a blank, or is empty
                listing.see_blank(element)

    def enter(self, element: Element, place: Any) -> tuple[Any, Any]:
        """What is to be known within an element, and what is to be done at its end."""
        return place, None

    def leave(self, ending: Any) -> None:
        """What is to be done at the end of an element."""

    def close(self) -> None:
        """What is to be done at the end of all."""


def by_tag(elements: Sequence[Element]) -> ByTag:
    """Elements by tag."""
    found: ByTag = {}
    for element in elements:
        tag = element.tag
        if tag in found:
            found[tag].append(element)
        else:
            found[tag] = [element]
    return found
