"""What generated Python makes of the elements that names lead to: unions, views of texts, groups by what they say."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from einvoice.errors import Unchecked
from einvoice.rulebook.document import Document, Group, Kids, Stretch
from einvoice.rulebook.texts import Element


def up(element: Element, tag: str | None = None) -> tuple[Element, ...]:
    """The parent, if there is one and it has that tag."""
    parent = element.getparent()
    return () if parent is None or (tag and parent.tag != tag) else (parent,)


class Earlier:
    """What the siblings before an element say, for who asks whether a text is among it."""

    __slots__ = ("first", "place")

    def __init__(self, first: Mapping[str, int], place: int) -> None:
        self.first, self.place = first, place

    def __contains__(self, text: str) -> bool:
        return self.first.get(text, self.place) < self.place


Said = Callable[[Element, Document | Stretch], Sequence[str]]


def earlier(element: Element, doc: Document | Stretch, tag: str, said: Said) -> "Earlier | tuple[()]":
    """What `said` gives of the siblings with a tag that stand before an element: of all siblings it is asked once.

    Going back from each of them would take the square of their number.
    """
    parent = element.getparent()
    if parent is None or next(element.itersiblings(tag, preceding=True), None) is None:
        return ()
    whole = doc.whole
    if whole.siblings is None or whole.siblings[0] != (parent, said):
        places, first = dict[Element, int](), dict[str, int]()
        for place, sibling in enumerate(parent.iterchildren(tag)):
            places[sibling] = place
            for text in said(sibling, doc):
                first.setdefault(text, place)
        whole.siblings = (parent, said), places, first
    _, places, first = whole.siblings
    return Earlier(first, places[element])


def below(kids: Kids, elements: Sequence[Element]) -> Mapping[str, list[Element]]:
    """The children of several elements, by tag."""
    found: dict[str, list[Element]] = {}
    for element in elements:
        for tag, children in kids[element].items():
            if tag in found:
                found[tag].extend(children)
            else:
                found[tag] = list(children)
    return found


def merged(doc: Document | Stretch, lists: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The union of several branches, in document order and each element once, as XPath's `|` gives it."""
    found = [part for part in lists if part]
    if len(found) < 2:
        return found[0] if found else ()
    every = [item for part in found for item in part]
    if isinstance(every[0], str):
        return every
    return sorted(dict.fromkeys(every), key=doc.order().__getitem__)


def joined(lists: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The same in any order, where what it is looked at for does not depend on it."""
    found = [part for part in lists if part]
    if len(found) < 2:
        return found[0] if found else ()
    every = [item for part in found for item in part]
    return every if isinstance(every[0], str) else list(dict.fromkeys(every))


def sorted_by(groups: Sequence[Group], *views: str) -> dict[Any, list[Group]]:
    """Groups by what these views of theirs say: a group with several values stands under each, once.

    Junk where a number should be (None) equals nothing.
    """
    found: dict[Any, list[Group]] = {}
    for group in groups:
        values = [[x for x in _said(group, view) if x is not None] for view in views]
        keys = values[0] if len(views) == 1 else list(itertools.product(*values))
        for key in keys if len(keys) < 2 else dict.fromkeys(keys):
            found.setdefault(key, []).append(group)
    return found


def _said(group: Group, view: str) -> Sequence[Any]:
    found: Sequence[Any] | None = getattr(group, view)
    if found is None:
        found = getattr(group, f"make_{view}")()
    return found or ()


class Kept(dict[Any, Any]):
    """What is computed of the values with one key, for each key that is asked for."""

    def __init__(self, values: dict[Any, list[Any]], compute: Callable[[Sequence[Any]], object]) -> None:
        super().__init__()
        self.values_of, self.compute = values, compute

    def __missing__(self, key: Any) -> object:
        value = self[key] = self.compute(self.values_of.get(key, ()))
        return value


def spent(doc: Document | Stretch, items: Sequence[Any]) -> Sequence[Any]:
    """What a loop of a house rule runs over; each element costs a step. Raises Unchecked when none is left."""
    _spend(doc, len(items) + 1)
    return items


def pairs(doc: Document | Stretch, one: Sequence[str], two: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a comparison of two terms in a house rule runs over; each pair costs a step."""
    _spend(doc, len(one) * len(two) + 1)
    return itertools.product(one, two)


def _spend(doc: Document | Stretch, steps: int) -> None:
    doc.steps -= steps
    if doc.steps < 0:
        raise Unchecked(
            "the house rules take too many steps on this document: simplify their loops",
            "die Hausregeln brauchen zu viele Schritte für dieses Dokument: bitte ihre Schleifen vereinfachen",
        )


SPELL: dict[str, str] = {
    "text": "{}",
    "code": "trimmed({})",
    "upper": "upper({})",
    "capitals": "{}.upper()",
    "number": "{}",
    "flag": "flag({})",
}
"""How each kind spells a text before it is compared (Python source)."""


ABSENT = {"first": repr(""), "number": "None", "double": "None", "written": "None"}
"""What a view of the first occurrence is where there is none; other views are empty."""

TEXT = "said[{0}]"
"""Python for the string value of an element."""


def spelled(kind: str, view: str) -> str:
    """How a view spells a text (Python source with a place for it)."""
    return {"raw": "{}", "written": "{}", "trim": "trimmed({})"}.get(view, SPELL[kind])


OF_ALL = ("texts", "raw", "trim", "numbers")
"""Views of all occurrences; the others are of the first."""


def of_each(kind: str, view: str, text: str) -> str:
    """Python for what a view of all occurrences says of one whose text is an expression."""
    return f"number({text})" if view == "numbers" else spelled(kind, view).format(text)


def of_first(kind: str, view: str, text: str) -> str:
    """Python for a view of the first occurrence, whose text is an expression."""
    return f"{view}({text})" if view in ("number", "double") else spelled(kind, view).format(text)


def of_several(kind: str, view: str, is_text: bool, found: str) -> str:
    """Python for one view of the occurrences (the expression `found`) of a value; there is at least one.

    Views: texts, raw, trim, numbers (of all occurrences); first, number, double, written (of the first).
    """
    each, one = ("x", f"{found}[0]") if is_text else (TEXT.format("x"), TEXT.format(f"{found}[0]"))
    if view in OF_ALL:
        return f"[{of_each(kind, view, each)} for x in {found}]"
    return of_first(kind, view, one)


def view_source(kind: str, view: str, is_text: bool, found: str) -> str:
    """The same where there may be none."""
    return f"{of_several(kind, view, is_text, found)} if {found} else {ABSENT.get(view, 'NONE')}"
