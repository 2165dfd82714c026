"""Reads a plain invoice along the walk that judges it.

The walk meets every element with its text, and knows its place: what is left is to put down what it says. Only for
documents that the schema allows: there, no texts stand between elements.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from einvoice.formats.directing import Place, Unplain, told_at
from einvoice.formats.placing import Chain
from einvoice.formats.plain import Plain, Read
from einvoice.formats.walk.automaton import State
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.walk import MAX_DEPTH, Judging, too_deep
from einvoice.model.listing import ByTag

_ANYTHING = "{urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2}ExtensionContent"
"""An element in which schemas allow anything."""


class Reading(Judging):
    """The walk over one tree that the schema allows; afterwards `result` is the invoice."""

    reads = True

    def __init__(self, root: Element) -> None:
        super().__init__(root)
        self.syntax = SYNTAXES[root.tag]
        self.plain = Plain(self.syntax)
        self.chain: Chain = ("", self.plain.invoice, None)
        self.is_plain = True

    @property
    def result(self) -> Read | None:
        """The whole invoice, and what no term holds; None for a document that takes the long way."""
        if not self.is_plain or next(self.root.iter(_ANYTHING), None) is not None:
            return None
        try:
            return self.plain.result()
        except Unplain:
            return None

    def over(self, elements: Iterable[Element], place: State, kids: ByTag, depth: int) -> None:  # noqa: C901  calls cost more
        """As in a walk that only judges, and what is read of each element."""
        if depth > MAX_DEPTH:
            raise too_deep()
        listing, chain = self.listing, self.chain
        by_tag, said = listing.by_tag, listing.said
        group, table, _ = chain
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
            here, ending = place[tag], None
            if not (children := element.getchildren()):  # type: ignore[attr-defined]
                said[element] = text = element.text or ""
                if text < "!":  # it begins with a blank, or is empty
                    listing.see_blank(element)
            if here.busy:
                here, ending = self.judged(element, here, children)
            if children:
                inner: ByTag = {}
                listing.kids[element] = inner
                if not here.leads:
                    self.chain = self.entered(element, here, chain)
                self.over(children, here, inner, depth + 1)
                self.chain = chain
                if ending is not None:
                    Judging.leave(self, ending)
                continue
            one, within = here.leaf, chain
            if one is None:
                within = self.met(element, text, here, chain)
            else:
                value: Any = text if one.read is None else one.read(text)
                if one.group == group and one.field not in table and value is not None:
                    table[one.field] = value
                else:
                    self.put(one, chain, value)
            if names := element.keys():
                self.named(element, names, here, within)
            if ending is not None:
                Judging.leave(self, ending)

    def enter(self, element: Element, place: State) -> tuple[State, Any]:
        here, ending = self.judged(element, place[element.tag])
        chain, self.chain = self.chain, self.entered(element, here, self.chain)
        return here, (ending, chain)

    def leave(self, ending: Any) -> None:
        inner, self.chain = ending
        super().leave(inner)

    def entered(self, element: Element, here: State, chain: Chain) -> Chain:
        """The groups that are open in an element with others in it."""
        try:
            told = told_at(here, self.syntax) if here.told is None else here.told
            if told.begins is not None:
                chain = self.plain.begin(told.begins, chain)
                if (
                    element is self.root
                ):  # a group begins with it, and most of what stands there is not of that
                    chain = "", self.plain.invoice, (chain[0], chain[1], None)
            elif told.terms or told.parts:
                raise Unplain
            elif told.groups:
                chain = self.plain.rare(element, "", told, chain)
            else:
                here.leads = here.attributes is None
        except Unplain:
            self.is_plain = False
        if here.attributes is not None and (names := element.keys()):
            self.named(element, names, here, chain)
        return chain

    def met(self, element: Element, text: str, here: State, chain: Chain) -> Chain:
        """The groups that are open at an element without others in it, which does not simply state a term."""
        try:
            told = told_at(here, self.syntax) if here.told is None else here.told
            here.leaf = told.leaf
            if told.begins is not None:
                chain = self.plain.begin(told.begins, chain)
            elif told.terms or told.groups or told.parts:
                return self.plain.rare(element, text, told, chain)
            if text not in told.silent and not told.silence.covers(text):
                self.plain.tell(element, None, text)
        except Unplain:
            self.is_plain = False
        return chain

    def put(self, one: Place, chain: Chain, value: Any) -> None:
        """Puts what is not simply put."""
        try:
            if value is None:
                raise Unplain
            self.plain.put(one, chain, value)
        except Unplain:
            self.is_plain = False

    def named(self, element: Element, names: Sequence[Any], here: State, chain: Chain) -> None:
        """Judges and reads attributes."""
        self.listing.stating[element] = names
        if here.attributes is not None:
            self.attributes(element, names, here.attributes)
        if here.told is None:
            return
        if names == here.told.everywhere:
            self.plain.everywhere.update(element.items())
            return
        try:
            self.plain.attributes(element.items(), element, here.told, chain)
        except Unplain:
            self.is_plain = False
