"""The one walk over a tree that is judged: which syntax rules are broken.

Recursion over `getchildren()` is as cheap a way over an lxml tree as Python has; what is done for every element
stands in `over`, what is rarer in `judged`. As it meets all elements, it lists them for the rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from einvoice.errors import NotAnInvoice
from einvoice.formats.walk.automaton import Actions, State
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.groups import Group
from einvoice.formats.walk.marks import ENOUGH, Context
from einvoice.formats.walk.names import Element
from einvoice.model.listing import ByTag, Going

MAX_DEPTH = 256
"""Elements within elements; einvoice.formats.xml refuses deeper documents, this guards trees from elsewhere."""

Ending = tuple[Context, Element, int | None]
"""A context, its node, and what is counted of the one that the node lies in."""


@dataclass(slots=True)
class Walked:
    """What one walk found.

    broken: (rule id, element) in document order of the walk: the context node as in official reports, or, for
    `absent`, the first element too much below it (the element that people have to look at).
    invoice: the invoice as a tree of groups; empty where the plan has no terms.
    """

    broken: list[tuple[str, Element]]
    invoice: Group


def too_deep() -> NotAnInvoice:
    """What is said of a tree whose elements are nested deeper than MAX_DEPTH."""
    return NotAnInvoice(
        f"elements are nested deeper than {MAX_DEPTH}",
        f"Elemente sind tiefer als {MAX_DEPTH} Ebenen geschachtelt",
    )


class Judging(Going):
    """The walk over one tree, from a `place`; afterwards `broken` says what it found.

    One that `reads` as well (`formats.along`) says what is to be done with a value, a group, attributes, and what is
    open around them in a `chain`: (group, what it states, what is around).

    Raises NotAnInvoice for elements nested deeper than MAX_DEPTH.
    """

    def __init__(self, root: Element) -> None:
        super().__init__(root)
        self.chain: Any = None  # a walk that reads has one, and follows a plan with terms
        self.broken: list[tuple[str, Element]] = []
        self.counted: dict[Context, int | None] = {}
        self.collected: dict[str, set[str]] = {}
        self.seen: Seen = {}
        self.fired: set[tuple[str, Element]] = set()

    def over(self, elements: Iterable[Element], place: State, kids: ByTag, depth: int) -> None:  # noqa: C901
        """As in any way over all elements. What a walk does that reads as well stands here, too: to call it for each
        element takes longer than to do it."""
        if depth > MAX_DEPTH:
            raise too_deep()
        listing, chain = self.listing, self.chain
        reads = chain is not None
        by_tag, said = listing.by_tag, listing.said
        for element in elements:
            tag = element.tag
            if tag in kids:
                kids[tag].append(element)
                self.repeated.add(tag)
            else:
                kids[tag] = [element]
            if tag in by_tag:
                by_tag[tag].append(element)
            else:
                by_tag[tag] = [element]
            here, ending, within = place[tag], None, chain
            if not (children := element.getchildren()):  # type: ignore[attr-defined]
                said[element] = text = element.text or ""
                if text < "!":  # it begins with a blank, or is empty
                    listing.see_blank(element)
            if here.busy:
                here, ending = self.judged(element, here, children)
            if reads:
                if children:
                    if not here.leads:
                        within = self.entered(element, here, chain)
                elif (one := here.leaf) is None:
                    within = self.met(element, text, here, chain)
                else:
                    value = text if one.read is None else one.read(text)
                    if one.group == chain[0] and one.field not in chain[1] and value is not None:
                        chain[1][one.field] = value
                    else:
                        self.put(one, chain, value)
            if (not children or here.attributes is not None) and (names := element.keys()):
                if not here.idle(names):
                    self.attributes(element, names, here.attributes or {})
                if reads:
                    self.named(element, names, here, within)
            if children:
                inner: ByTag = {}  # a plain table: to call the alias takes ten times as long
                listing.kids[element], self.chain = inner, within
                self.over(children, here, inner, depth + 1)
                self.chain = chain
            if ending is not None:
                self.ended(ending)

    def entered(self, _element: Element, _here: State, chain: Any) -> Any:
        """What is open in an element with others in it."""
        return chain

    def met(self, _element: Element, _text: str, _here: State, chain: Any) -> Any:
        """What is open at an element without others in it, whose place has no `leaf`."""
        return chain

    def put(self, leaf: Any, chain: Any, value: Any) -> None:
        """Puts a value where it belongs, other than simply into the innermost group; None is none."""

    def named(self, element: Element, names: Sequence[Any], here: State, chain: Any) -> None:
        """Reads attributes."""

    def judged(
        self, element: Element, here: State, children: Sequence[Element] | None = None
    ) -> tuple[State, Ending | None]:
        """As in over(), where there is more to do: the element's very state, and what is to be done at its end."""
        if here.fork is not None:
            here = here.fork.follow(element, self.seen, children)
        counted, ending = self.counted, None
        if (context := here.context) is not None:
            ending = context, element, counted.get(context)
            counted[context] = 0
        for counting, bit in here.counts:
            count = counted.get(counting)
            if count is not None and count >> bit & ENOUGH < ENOUGH:
                counted[counting] = count + (1 << bit)
        if here.judge is not None:
            self.judge(here.judge, element, None)
        return here, ending

    def enter(self, element: Element, place: State) -> tuple[State, Ending | None]:
        here, ending = self.judged(element, place[element.tag])
        if here.attributes is not None and (names := element.keys()):
            self.attributes(element, names, here.attributes)
        return here, ending

    def leave(self, ending: Ending | None) -> None:
        if ending is not None:
            self.ended(ending)

    def ended(self, ending: Ending) -> None:
        """At the end of a node of a context: what its counts say."""
        context, element, outer = ending
        if failing := context.failing[self.counted[context] or 0]:
            self.broken += [(rule, element) for rule in failing]
        self.counted[context] = outer

    def attributes(self, element: Element, names: Sequence[Any], actions: dict[str | None, Actions]) -> None:
        """Judges the attributes of an element."""
        for name in names:
            if (there := actions.get(name)) is not None and there.judges:
                for context, bit in there.counts:
                    count = self.counted.get(context)
                    if count is not None and count >> bit & ENOUGH < ENOUGH:
                        self.counted[context] = count + (1 << bit)
                self.judge(there, element, name)

    def judge(self, actions: Actions, element: Element, attribute: str | None) -> None:
        """All that is asked of a place but counting."""
        text = self.listing.said[element] if attribute is None else element.get(attribute) or ""
        for rule, fine in actions.checks:
            if not fine(text):
                self.broken.append((rule, element))
        if actions.rare:
            self.judge_rare(actions, element, text)

    def judge_rare(self, actions: Actions, element: Element, text: str) -> None:
        for fire in actions.fires:
            report = fire.rule, self.above(element, fire.up)
            if report not in self.fired:
                self.fired.add(report)
                self.broken.append((fire.rule, element))
        for rule, form in actions.collects:
            self.collected.setdefault(rule, set()).add(form(text))
        for rule, broken in actions.specials:
            if broken(element):
                self.broken.append((rule, element))

    def close(self) -> None:
        self.broken += [(rule, self.root) for rule, texts in self.collected.items() if len(texts) > 1]

    def above(self, element: Element, steps: int | None) -> Element:
        """The context node that an element too much belongs to."""
        if steps is None:
            return self.root
        for _ in range(steps):
            parent = element.getparent()
            element = element if parent is None else parent
        return element
