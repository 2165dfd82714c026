"""What an invoice says, as the rules see it: groups whose parts and views are made on first use, then kept.

A Document holds what is shared while one document is judged: the children of each element by tag, the
elements that rules look for anywhere (found in one pass), and one Group per element and owner. It is emptied when
judging ends, so that no circle of references outlives a document.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from lxml import etree

from einvoice.model import lexical

Element = etree._Element


def string(element: Element) -> str:
    """The string value of an element, as XPath has it."""
    return (element.text or "") if not len(element) else "".join(map(str, element.itertext()))


def trimmed(text: str) -> str:
    """As XPath's normalize-space: only space, tab, CR and LF are blanks."""
    return " ".join(text.split()) if text.isascii() else lexical.trim(text)


def number(text: str) -> Decimal | None:
    """The number a text states; junk, which only documents that fail the schema hold, is none."""
    return lexical.decimal(text)


def double(text: str) -> float | None:
    """The same as a binary number (xs:double)."""
    value = lexical.decimal(text)
    return None if value is None else float(value)


def flag(text: str) -> str:
    """An xs:boolean as the word true or false."""
    text = text.strip(lexical.BLANKS)
    return {"1": "true", "0": "false"}.get(text, text)


def upper(text: str) -> str:
    """Trimmed, in capital letters."""
    return trimmed(text).upper()


def up(element: Element, tag: str | None = None) -> tuple[Element, ...]:
    """The parent, if there is one and it has that tag."""
    parent = element.getparent()
    return () if parent is None or (tag and parent.tag != tag) else (parent,)


class Children(dict[Element, dict[str, list[Element]]]):
    """The children of each element by tag, indexed when first asked for."""

    def __missing__(self, element: Element) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        for child in element:
            tag = child.tag
            if tag in found:
                found[tag].append(child)
            else:
                found[tag] = [child]
        self[element] = found
        return found


def named(element: Element) -> str:
    """The name of an element as written, prefix included: one official rule compares it."""
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local


def is_empty(element: Element) -> bool:
    """Whether an element holds neither elements nor anything but blanks."""
    text = element.text
    return (not text or (text.isspace() and not text.strip(lexical.BLANKS))) and not len(element)


def below(kids: Children, elements: Sequence[Element]) -> dict[str, list[Element]]:
    """The children of several elements, by tag."""
    found: dict[str, list[Element]] = {}
    for element in elements:
        for tag, children in kids[element].items():
            found[tag] = found[tag] + children if tag in found else children
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
    """One document while it is judged. `anywhere` holds the elements with one of `tags`, by tag."""

    __slots__ = ("_order", "anywhere", "invoice", "kids", "pools", "root")

    def __init__(self, root: Element, owners: dict[str, type[Group]], tags: Sequence[str]) -> None:
        self.root = root
        self.kids = Children()
        self.anywhere: dict[str, list[Element]] = {}
        for element in root.iter(*tags) if tags else ():
            tag = element.tag
            if tag in self.anywhere:
                self.anywhere[tag].append(element)
            else:
                self.anywhere[tag] = [element]
        self.pools = Pools(owners, self)
        self._order: dict[Element, int] | None = None
        self.invoice = self.pools["invoice"][root]

    def order(self) -> dict[Element, int]:
        """The place of each element in the document."""
        if self._order is None:
            self._order = {element: place for place, element in enumerate(self.root.iter())}
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


SPELL: dict[str, str] = {
    "text": "{}",
    "code": "trimmed({})",
    "upper": "upper({})",
    "capitals": "{}.upper()",
    "number": "{}",
    "flag": "flag({})",
}
"""How each kind spells a text before it is compared (Python source)."""


def view_source(kind: str, view: str, attribute: bool, field: str) -> str:
    """Python that makes one view of a value from its occurrences (`group.field`).

    Views: texts, raw, trim (of all occurrences); first, number, double (of the first); numbers.
    """
    text = "x" if attribute else "((x.text or '') if not len(x) else string(x))"
    spelled = {"raw": "{}", "written": "{}", "trim": "trimmed({})"}.get(view, SPELL[kind])
    first = f"for x in group.{field}[:1]"
    if view in ("texts", "raw", "trim"):
        return f"[{spelled.format(text)} for x in group.{field}]"
    if view == "numbers":
        return f"[number({text}) for x in group.{field}]"
    if view in ("number", "double"):
        return f"next(iter([{view}({text}) {first}]), None)"
    if view == "written":
        return f"next(iter([{text} {first}]), None)"
    return f"next(iter([{spelled.format(text)} {first}]), '')"
