"""The one walk over a tree: which syntax rules are broken, and what the terms say.

Recursion over `getchildren()` is the cheapest way over an lxml tree that Python has; everything done for every
element stands in `descend`, everything rarer in `visit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from einvoice.errors import NotAnInvoice
from einvoice.formats.walk.automaton import Actions, Automaton, State
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.groups import Found, Group
from einvoice.formats.walk.marks import ENOUGH, Binding, Context
from einvoice.formats.walk.names import Element, string_value

MAX_DEPTH = 256
"""Elements within elements; einvoice.formats.xml refuses deeper documents, this guards trees from elsewhere."""

MANY = 2_000
"""Elements that are kept for those who look at them after the walk."""

Chain = tuple[Group, "Chain | None"]
"""The groups open at a place, innermost first."""


@dataclass(slots=True)
class Walked:
    """What one walk found.

    broken: (rule id, element) in document order of the walk: the context node as in official reports, or, for
    `absent`, the first element too much below it (the element that people have to look at).
    invoice: the invoice as a tree of groups; empty where the plan has no terms.
    elements: all elements in document order, but none of a document with more than MANY. Who holds them keeps lxml
    from making each anew at every look; but hundreds of thousands cost memory and work for Python's collector.
    kids: the children by tag of all those that have some, of such a document.
    """

    broken: list[tuple[str, Element]]
    invoice: Group
    elements: list[Element]
    kids: dict[Element, dict[str, list[Element]]]


def run(root: Element, automaton: Automaton) -> Walked:
    """Walks the tree once. Raises NotAnInvoice for elements nested deeper than MAX_DEPTH."""
    visit = _Walk(root)
    visit.visit(root, automaton.start[root.tag], (visit.invoice, None), 1)
    visit.close()
    if visit.is_long:
        return Walked(visit.broken, visit.invoice, [], {})
    return Walked(visit.broken, visit.invoice, visit.elements, visit.kids)


class _Walk:
    def __init__(self, root: Element) -> None:
        self.root = root
        self.invoice = Group("", root)
        self.broken: list[tuple[str, Element]] = []
        self.elements = [root]
        self.kids: dict[Element, dict[str, list[Element]]] = {}
        self.is_long = False
        self.counted: dict[Context, list[int] | None] = {}
        self.collected: dict[str, set[str]] = {}
        self.seen: Seen = {}
        self.fired: set[tuple[str, Element]] = set()
        self.homeless: list[tuple[Binding, Chain, list[Found] | Group]] = []

    def descend(self, parent: Element, place: State, chain: Chain, depth: int) -> None:
        if depth > MAX_DEPTH or len(self.elements) > MANY:
            self.bounded(depth)
        children = parent.getchildren()  # type: ignore[attr-defined]
        kids: dict[str, list[Element]] | None = None
        if len(children) == 1:
            self.kids[parent] = {children[0].tag: children}
        elif not self.is_long:
            kids = self.kids[parent] = {}
        group, met = chain[0], self.elements.append
        for element in children:
            tag = element.tag
            met(element)
            if kids is None:
                pass
            elif tag in kids:
                kids[tag].append(element)
            else:
                kids[tag] = [element]
            here = place[tag]
            if here.busy:
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

    def bounded(self, depth: int) -> None:
        """Refuses what is too deep, and lets go of the elements where there are too many of them."""
        if depth > MAX_DEPTH:
            raise NotAnInvoice(
                f"elements are nested deeper than {MAX_DEPTH}",
                f"Elemente sind tiefer als {MAX_DEPTH} Ebenen geschachtelt",
            )
        self.is_long = True
        self.elements.clear()
        self.kids.clear()

    def visit(self, element: Element, here: State, chain: Chain, depth: int) -> None:
        """As in descend(), where more is to be done than to read terms."""
        if here.fork is not None:
            here = here.fork.follow(element, self.seen)
        context, outer, counts = here.context, None, []
        if context:
            outer = self.counted.get(context)
            self.counted[context] = counts = [0] * context.slots
        if here.groups:
            for binding in here.groups:
                chain = self.open(binding, element, chain)
        if here.judge:
            self.judge(here.judge, element, None)
        if here.terms:
            group = chain[0]
            for term in here.terms:
                text = None if term.is_binary or len(element) else element.text or ""
                home = group.found if group.term == term.parent else self.home(chain, term)
                home.append((term, text, element, None))
        if here.attributes and (names := element.keys()):
            self.attributes(element, names, here.attributes, chain)
        if len(element):
            self.descend(element, here, chain, depth + 1)
        if context:
            self.counted[context] = outer
            if failing := context.failing[tuple(counts)]:
                self.broken += [(rule, element) for rule in failing]

    def attributes(
        self, element: Element, names: Sequence[Any], actions: dict[str | None, Actions], chain: Chain
    ) -> None:
        for name in names:
            if (there := actions.get(name)) is not None:
                if there.judges:
                    self.judge(there, element, name)
                for term in there.terms:
                    self.home(chain, term).append((term, element.get(name) or "", element, name))

    def judge(self, actions: Actions, element: Element, attribute: str | None) -> None:
        for context, slot in actions.counts:
            counts = self.counted.get(context)
            if counts and counts[slot] < ENOUGH:
                counts[slot] += 1
        for rule, fine in actions.checks:
            if not fine(self.text(element, attribute)):
                self.broken.append((rule, element))
        if actions.rare:
            self.judge_rare(actions, element, attribute)

    def judge_rare(self, actions: Actions, element: Element, attribute: str | None) -> None:
        for fire in actions.fires:
            report = fire.rule, self.above(element, fire.up)
            if report not in self.fired:
                self.fired.add(report)
                self.broken.append((fire.rule, element))
        for rule, form in actions.collects:
            self.collected.setdefault(rule, set()).add(form(self.text(element, attribute)))
        for rule, broken in actions.specials:
            if broken(element):
                self.broken.append((rule, element))

    def text(self, element: Element, attribute: str | None) -> str:
        return string_value(element) if attribute is None else element.get(attribute) or ""

    def above(self, element: Element, steps: int | None) -> Element:
        """The context node that an element too much belongs to."""
        if steps is None:
            return self.root
        for _ in range(steps):
            parent = element.getparent()
            element = element if parent is None else parent
        return element

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

    def close(self) -> None:
        self.broken += [(rule, self.root) for rule, texts in self.collected.items() if len(texts) > 1]
        settle(self.homeless)


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
