"""Elements on their way into a document: found or made by path, put into the schema's order at the end."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from einvoice.formats.bindings import Place, Step, Steps, constants, order, steps
from einvoice.model.namespaces import NAMESPACES

_ROOT_TYPES = {
    "ubl-invoice": ("ubl:Invoice", "ubl:InvoiceType"),
    "ubl-creditnote": ("cn:CreditNote", "cn:CreditNoteType"),
    "cii": ("rsm:CrossIndustryInvoice", "rsm:CrossIndustryInvoiceType"),
}
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Drawing:
    """What is the same for all elements of one document: its syntax, and the texts that constants ask for (BT-5)."""

    syntax: str
    texts: Mapping[str, str | None]

    @property
    def places(self) -> Mapping[tuple[str, str], Place]:
        """The schema's order."""
        return order(self.syntax)


@dataclass(slots=True)
class Element:
    """An element to be: its name, its type in the schema, what it holds. `made` finds children by step."""

    drawing: Drawing
    name: str
    type: str
    rank: int = 0
    is_optional: bool = False
    text: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    made: dict[str, list["Element"]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it; `is_optional` says that it is then left out."""
        return self.text is None and not self.children and not self.attributes

    def child(self, step: Step, key: str, index: int) -> "Element":
        """The child number `index` (from 0) that was made under `key`; made, with those before it, if missing."""
        siblings = self.made.setdefault(key, [])
        while len(siblings) <= index:
            siblings.append(self._make(step))
        return siblings[index]

    def _make(self, step: Step) -> "Element":
        place = self.drawing.places.get((self.type, step.name), _NO_PLACE)
        child = Element(self.drawing, step.name, place.type, place.rank)
        self.children.append(child)
        for path, text in (*step.constants, *constants(step.name, self.drawing.syntax)):
            child.state(path, text)
        return child

    def state(self, path: str, text: str) -> None:
        """Puts a constant at a path below, unless something stands there already."""
        *above, last = steps("/" + path)
        owner = self
        for step in above:
            owner = owner.child(step, step.name, 0)
        stated = self.drawing.texts.get(text[1:]) if text.startswith("$") else text
        if last.name.startswith("@"):
            if stated is not None:
                owner.attributes.setdefault(last.name[1:], stated)
        elif last.name not in owner.made:
            owner.child(last, last.name, 0).text = stated or None


_NO_PLACE = Place(10**6, "", False)


def root(drawing: Drawing) -> Element:
    """The empty document element of a syntax, with what must always stand in it."""
    name, kind = _ROOT_TYPES[drawing.syntax]
    element = Element(drawing, name, kind)
    for path, text in constants(name, drawing.syntax):
        element.state(path, text)
    return element


def repeating(element: Element, path: Steps) -> int | None:
    """Which step below `element` the schema lets repeat, the deepest one; None if there is none."""
    found, kind = None, element.type
    for number, step in enumerate(path):
        place = element.drawing.places.get((kind, step.name), _NO_PLACE)
        found, kind = (number if place.many else found), place.type
    return found


def place(element: Element, path: Steps, index: int, *, share: bool = False) -> list[Element]:
    """The elements along a path, made where missing, for the occurrence `index` (from 0) of what stands at its end.

    Of several occurrences each gets its own element at the deepest step that may repeat; where none may, at the last
    step, or, with `share`, the same one.
    """
    found = repeating(element, path)
    own = (len(path) - 1 if not share else -1) if found is None else found
    chain = [element]
    for number, step in enumerate(path):
        below = "".join(later.predicate for later in path[number + 1 :]) if number == own else ""
        chain.append(chain[-1].child(step, _key(step, below), index if number == own else 0))
    return chain


def find(element: Element, path: Steps, index: int) -> Element | None:
    """The element that `place` would give, if it has been made."""
    own = repeating(element, path)
    own = len(path) - 1 if own is None else own
    for number, step in enumerate(path):
        below = "".join(later.predicate for later in path[number + 1 :]) if number == own else ""
        siblings = element.made.get(_key(step, below), [])
        at = index if number == own else 0
        if at >= len(siblings):
            return None
        element = siblings[at]
    return element


def _key(step: Step, below: str) -> str:
    return f"{step.name}{step.predicate}{below}"


def legal(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


def serialised(document: Element) -> bytes:
    """The document as bytes: UTF-8, elements in the schema's order, indented."""
    tree = _built(document, None)
    etree.indent(tree)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8") + b"\n"


def _built(element: Element, parent: etree._Element | None) -> etree._Element:
    prefix, _, local = element.name.partition(":")
    tag = f"{{{NAMESPACES[prefix]}}}{local}"
    made = _document_element(tag, prefix) if parent is None else etree.SubElement(parent, tag)
    made.text = None if element.text is None else legal(element.text)
    for name, text in element.attributes.items():
        made.set(name, legal(text))
    for child in sorted(element.children, key=lambda child: child.rank):
        if not (child.is_optional and child.is_empty):
            _built(child, made)
    return made


def _document_element(tag: str, prefix: str) -> etree._Element:
    spaces: dict[Any, str] = {None: NAMESPACES[prefix], "cac": NAMESPACES["cac"], "cbc": NAMESPACES["cbc"]}
    if prefix == "rsm":
        spaces = {name: NAMESPACES[name] for name in ("rsm", "ram", "udt", "qdt")}
    return etree.Element(tag, nsmap=spaces)
