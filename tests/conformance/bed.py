"""A copy of an invoice that changes are made to, with what its schema allows where."""

from random import Random

from lxml import etree

from tests.conformance.grammar import Child, Grammar, Kind
from tests.conformance.values import ATTRIBUTES, codes, value_for


class Bed:
    """A copy of the document that changes are made to, with what the schema allows."""

    def __init__(self, root: etree._Element, allowed: Grammar, random: Random) -> None:
        self.root = root
        self.grammar = allowed
        self.random = random

    def elements(self) -> list[etree._Element]:
        """All elements below the root."""
        return [element for element in self.root.iter(etree.Element) if element is not self.root]

    def leaf(self) -> etree._Element:
        """One element that states something; amounts and codes a little more often than the rest."""
        leaves = [element for element in self.elements() if not len(element)] or [self.root]
        return self.random.choice(leaves)

    def any(self) -> etree._Element:
        """One element below the root; groups as likely as values."""
        elements = self.elements() or [self.root]
        groups = [element for element in elements if len(element)]
        return self.random.choice(groups if groups and self.random.random() < 0.5 else elements)

    def kind(self, element: etree._Element) -> Kind:
        """What the schema allows in an element; nothing where it does not know it."""
        return self.grammar.kind_of(element) or Kind()

    def make(self, child: Child, parent: etree._Element, depth: int = 0) -> etree._Element | None:
        """A new child with all that must stand in it and some of what may, put where the schema wants it."""
        order = [allowed.name for allowed in self.kind(parent).children]
        element = etree.Element(child.name)
        put_in_order(parent, element, order)
        kind = self.grammar.kind(child.kind)
        for name, needed in kind.attributes.items():
            if needed or self.random.random() < 0.12:
                element.set(name, self.attribute(name, kind))
        optional = 0.0 if depth > 2 else min(0.3, 1.5 / (1 + len(kind.children)))
        wanted = [c for c in kind.children if c.needed or self.random.random() < optional]
        if kind.choice:
            wanted = kind.children[:1]
        if kind.children and not wanted and depth < 3:
            wanted = [self.random.choice(kind.children)]
        for inner in wanted if depth < 6 else []:
            self.make(inner, element, depth + 1)
        if not kind.children:
            element.text = value_for(element, kind.text, self.random)
        return element

    def attribute(self, name: str, kind: Kind) -> str:
        """A value for an attribute: the document's own currency and units mostly."""
        if name in kind.fixed:
            return kind.fixed[name]
        used = self.root.xpath(f"//@{name}")
        if isinstance(used, list) and used and self.random.random() < 0.75:
            return str(self.random.choice(used))
        choices = ATTRIBUTES.get(name, ("x", "", "1"))
        return self.random.choice(codes(name) or choices if self.random.random() < 0.3 else choices)


def put_in_order(parent: etree._Element, element: etree._Element, order: list[str]) -> None:
    """Puts a child among its siblings where the schema's sequence wants it, after others of its name."""
    rank = order.index(str(element.tag)) if element.tag in order else len(order)
    for number, sibling in enumerate(parent):
        if sibling.tag in order and order.index(str(sibling.tag)) > rank:
            parent.insert(number, element)
            return
    parent.append(element)
