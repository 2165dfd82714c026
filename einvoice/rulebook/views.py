"""What an invoice says, as the rules see it: groups whose parts and views are made on first use, then kept.

A Document holds what is shared while one document is judged: the children of each element by tag, the
elements that rules look for anywhere (found in one pass), and one Group per element and owner. It is emptied when
judging ends, so that no circle of references outlives a document.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from einvoice.errors import Unchecked
from einvoice.rulebook.texts import Element


def up(element: Element, tag: str | None = None) -> tuple[Element, ...]:
    """The parent, if there is one and it has that tag."""
    parent = element.getparent()
    return () if parent is None or (tag and parent.tag != tag) else (parent,)


Children = dict[Element, dict[str, list[Element]]]
"""The children of each element, by tag."""


def below(kids: Children, elements: Sequence[Element]) -> dict[str, list[Element]]:
    """The children of several elements, by tag."""
    found: dict[str, list[Element]] = {}
    for element in elements:
        for tag, children in kids[element].items():
            if tag in found:
                found[tag].extend(children)
            else:
                found[tag] = list(children)
    return found


class Group:
    """One occurrence of a group. Names whose paths go straight down are filled in at once (`fill`), the parts
    that rules use beside them are Lazy attributes of its owner's class."""

    fill: Callable[..., None] | None = None

    def __init__(self, element: Element, doc: "Document") -> None:
        self._element, self._doc = element, doc


class Pool(dict[Element, Group]):
    """The groups of one owner: one per element, whatever name it was reached by, so views are made once."""

    def __init__(self, owner: type[Group], doc: "Document") -> None:
        super().__init__()
        self.owner, self.doc = owner, doc

    def __missing__(self, element: Element) -> Group:
        group = self[element] = self.owner(element, self.doc)
        if self.owner.fill is not None:
            self.owner.fill(element, self.doc, group.__dict__)
        return group


class Pools(dict[str, Pool]):
    """The pool of each owner, made when first asked for."""

    def __init__(self, owners: dict[str, type[Group]], doc: "Document") -> None:
        super().__init__()
        self.owners, self.doc = owners, doc

    def __missing__(self, owner: str) -> Pool:
        pool = self[owner] = Pool(self.owners[owner], self.doc)
        return pool


class Document:
    """One document while it is judged, looked at in one walk.

    `kids` holds the children of each element by tag, `anywhere` all elements by tag, both in document order;
    `steps` is what house rules may still spend.
    """

    __slots__ = ("_order", "anywhere", "invoice", "kids", "pools", "root", "steps")

    def __init__(
        self,
        root: Element,
        owners: dict[str, type[Group]],
        steps: int = 0,
        elements: Sequence[Element] | None = None,
    ) -> None:
        self.root, self.steps = root, steps
        self.kids: Children = {}
        self.anywhere: dict[str, list[Element]] = {}
        self._look(list(root.iter("*")) if elements is None else elements)
        self.pools = Pools(owners, self)
        self._order: dict[Element, int] | None = None
        self.invoice = self.pools["invoice"][root]

    def _look(self, elements: Sequence[Element]) -> None:
        kids, anywhere = self.kids, self.anywhere
        kids[self.root] = {}
        anywhere[self.root.tag] = [self.root]
        for element in itertools.islice(elements, 1, None):
            kids[element] = {}
            tag = element.tag
            siblings = kids[element.getparent()]  # type: ignore[index]
            if tag in siblings:
                siblings[tag].append(element)
            else:
                siblings[tag] = [element]
            if tag in anywhere:
                anywhere[tag].append(element)
            else:
                anywhere[tag] = [element]

    def order(self) -> dict[Element, int]:
        """The place of each element in the document."""
        if self._order is None:
            self._order = {element: place for place, element in enumerate(self.kids)}
        return self._order

    def close(self) -> None:
        """Lets go of all groups."""
        for pool in self.pools.values():
            for group in pool.values():
                group.__dict__.clear()
            pool.clear()
            del pool.doc
        self.pools.clear()
        del self.invoice, self.pools.doc


class Lazy:
    """An attribute of a group that is made on first use; then it shadows this descriptor."""

    __slots__ = ("make", "name")

    def __init__(self, name: str, make: Callable[[Any], object]) -> None:
        self.name, self.make = name, make

    def __get__(self, group: Group, owner: type) -> object:
        value = group.__dict__[self.name] = self.make(group)
        return value


def merged(doc: Document, lists: Sequence[Sequence[Any]]) -> Sequence[Any]:
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
        values = [[x for x in getattr(group, view) if x is not None] for view in views]
        keys = values[0] if len(views) == 1 else list(itertools.product(*values))
        for key in keys if len(keys) < 2 else dict.fromkeys(keys):
            found.setdefault(key, []).append(group)
    return found


class Kept(dict[Any, Any]):
    """What is computed of the groups with one key, for each key that is asked for."""

    def __init__(self, groups: dict[Any, list[Group]], compute: Callable[[Sequence[Group]], object]) -> None:
        super().__init__()
        self.groups, self.compute = groups, compute

    def __missing__(self, key: Any) -> object:
        value = self[key] = self.compute(self.groups.get(key, ()))
        return value


def spent(doc: Document, items: Sequence[Any]) -> Sequence[Any]:
    """What a loop of a house rule runs over; each element costs a step. Raises Unchecked when none is left."""
    _spend(doc, len(items) + 1)
    return items


def pairs(doc: Document, one: Sequence[str], two: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What a comparison of two terms in a house rule runs over; each pair costs a step."""
    _spend(doc, len(one) * len(two) + 1)
    return itertools.product(one, two)


def _spend(doc: Document, steps: int) -> None:
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

TEXT = "(({0}.text or '') if not len({0}) else string({0}))"
"""Python for the string value of an element: most hold nothing but text."""


def spelled(kind: str, view: str) -> str:
    """How a view spells a text (Python source with a place for it)."""
    return {"raw": "{}", "written": "{}", "trim": "trimmed({})"}.get(view, SPELL[kind])


def view_source(kind: str, view: str, attribute: bool, found: str) -> str:
    """Python that makes one view of a value from its occurrences (the expression `found`).

    Views: texts, raw, trim (of all occurrences); first, number, double, written (of the first); numbers.
    """
    each, one = ("x", f"{found}[0]") if attribute else (TEXT.format("x"), TEXT.format(f"{found}[0]"))
    if view in ("texts", "raw", "trim"):
        return f"[{spelled(kind, view).format(each)} for x in {found}] if {found} else NONE"
    if view == "numbers":
        return f"[number({each}) for x in {found}] if {found} else NONE"
    made = f"{view}({one})" if view in ("number", "double") else spelled(kind, view).format(one)
    return f"{made} if {found} else {ABSENT[view]}"
