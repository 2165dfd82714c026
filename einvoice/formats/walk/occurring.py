"""What the terms say: every occurrence of a term, in the occurrences of its group, however a document is built.

Recursion over `getchildren()` is the cheapest way over an lxml tree that Python has; what is done for every element
stands in `descend`, what is rarer in `visit`.
"""

from collections.abc import Sequence
from typing import Any

from einvoice.formats.walk.automaton import Actions, Automaton, State
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.groups import Found, Group
from einvoice.formats.walk.marks import Binding
from einvoice.formats.walk.names import Element
from einvoice.formats.walk.walk import MAX_DEPTH, too_deep

Chain = tuple[Group, "Chain | None"]
"""The groups open at a place, innermost first."""


def invoice_of(root: Element, automaton: Automaton) -> Group:
    """The invoice as a tree of groups. Raises NotAnInvoice for elements nested deeper than MAX_DEPTH."""
    reading = _Reading(root)
    reading.visit(root, automaton.start[root.tag], (reading.invoice, None), 1)
    settle(reading.homeless)
    return reading.invoice


class _Reading:
    def __init__(self, root: Element) -> None:
        self.invoice = Group("", root)
        self.seen: Seen = {}
        self.homeless: list[tuple[Binding, Chain, list[Found] | Group]] = []

    def descend(self, parent: Element, place: State, chain: Chain, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise too_deep()
        group = chain[0]
        for element in parent.getchildren():  # type: ignore[attr-defined]
            here = place[element.tag]
            if here.groups or here.fork is not None:
                self.visit(element, here, chain, depth)
                continue
            below = len(element)
            if here.terms:
                for term in here.terms:
                    text = None if term.is_binary or below else element.text or ""
                    home = group.found if group.term == term.parent else self.home(chain, term)
                    home.append((term, text, element, None))
            if here.attributes and (names := element.keys()):
                self.attributes(element, names, here.attributes, chain)
            if below:
                self.descend(element, here, chain, depth + 1)

    def visit(self, element: Element, here: State, chain: Chain, depth: int) -> None:
        """As in descend(), where groups begin or the element has to be looked at."""
        if here.fork is not None:
            here = here.fork.follow(element, self.seen)
        for binding in here.groups or ():
            chain = self.open(binding, element, chain)
        group = chain[0]
        for term in here.terms or ():
            text = None if term.is_binary or len(element) else element.text or ""
            home = group.found if group.term == term.parent else self.home(chain, term)
            home.append((term, text, element, None))
        if here.attributes and (names := element.keys()):
            self.attributes(element, names, here.attributes, chain)
        if len(element):
            self.descend(element, here, chain, depth + 1)

    def attributes(
        self, element: Element, names: Sequence[Any], actions: dict[str | None, Actions], chain: Chain
    ) -> None:
        for name in names:
            if (there := actions.get(name)) is not None:
                for term in there.terms:
                    self.home(chain, term).append((term, element.get(name) or "", element, name))

    def home(self, chain: Chain, term: Binding) -> list[Found]:
        """What the term's group has stated so far; a list to be settled later if that group is not around."""
        group = enclosing(chain, term.parent)
        if group is not None:
            return group.found
        later: list[Found] = []
        self.homeless.append((term, chain, later))
        return later

    def open(self, binding: Binding, element: Element, chain: Chain) -> Chain:
        group = Group(binding.term, element, binding.parent)
        parent = enclosing(chain, binding.parent)
        if parent is not None:
            parent.groups.append(group)
        else:
            self.homeless.append((binding, chain, group))
        return group, chain


def enclosing(chain: Chain | None, term: str) -> Group | None:
    """The innermost group of that term in the chain; None if there is none."""
    while chain is not None:
        if chain[0].term == term:
            return chain[0]
        chain = chain[1]
    return None


def settle(homeless: list[tuple[Binding, Chain, list[Found] | Group]]) -> None:
    """Some terms stand outside the element of their group (CII: BT-83, BT-86, BG-19; UBL: BT-90, BT-110, BT-111).

    Such a one belongs to the first group of its kind within the innermost open group that such groups lie in, so
    that a BIC never joins the account of other payment means. Where there is none, it stays where it stands.
    """
    first: dict[tuple[Group, str], Group | None] = {}
    for binding, chain, item in homeless:
        around = enclosing(chain, binding.within) or enclosing(chain, "") or chain[0]
        key = around, binding.parent
        if key not in first:
            first[key] = next(around.inside(binding.parent), None)
        home = first[key] or chain[0]
        if isinstance(item, Group):
            home.groups.append(item)
        else:
            home.found += item
