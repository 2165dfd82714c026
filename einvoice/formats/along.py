"""Reads a plain invoice along the walk that judges it.

The walk meets every element with its text, and knows its place: what is left is to put down what it says. Only for
documents that the schema allows: there, no texts stand between elements.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from einvoice.formats.directing import Place, Unplain, told_at
from einvoice.formats.placing import Chain
from einvoice.formats.plain import Plain, Read
from einvoice.formats.walk.automaton import State
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.walk import Judging
from einvoice.model.listing import Listing

_ANYTHING = "{urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2}ExtensionContent"
"""An element in which schemas allow anything."""


class Reading(Judging):
    """The walk over one tree that the schema allows, with a plan that has terms; afterwards `result` is the whole
    invoice, and what no term holds. None for a document that takes the long way.
    """

    def __init__(self, root: Element) -> None:
        super().__init__(root)
        self.syntax = SYNTAXES[root.tag]
        self.plain = Plain(self.syntax)
        self.chain: Chain = ("", self.plain.invoice, None)
        self.is_plain = True
        self.result: Read | None = None

    def close(self) -> None:
        super().close()
        tags = self.by_tag
        anything = (
            _ANYTHING in tags if tags is not None else next(self.root.iter(_ANYTHING), None) is not None
        )
        if self.is_plain and not anything:
            with contextlib.suppress(Unplain):
                self.result = self.plain.result()

    def listings(self, place: Any = None) -> Iterator[Listing]:
        """A group may begin with the document, and most of what stands there is not of it."""
        here = place[self.root.tag]
        told = told_at(here, self.syntax)
        if told.begins is not None:
            group, table, _ = self.plain.begin(told.begins, self.chain)
            self.chain = "", self.plain.invoice, (group, table, None)
        here.leads = True
        return super().listings(place)

    def enter(self, element: Element, place: State) -> tuple[State, Any]:
        here, ending = super().enter(element, place)
        chain = self.chain
        if not here.leads:
            self.chain = self.entered(element, here, chain)
        return here, (ending, chain)

    def leave(self, ending: Any) -> None:
        inner, self.chain = ending
        super().leave(inner)

    def entered(self, element: Element, here: State, chain: Chain) -> Chain:
        try:
            if (told := here.told) is None:
                told = told_at(here, self.syntax)
            if told.begins is not None:
                chain = self.plain.begin(told.begins, chain)
            elif told.terms or told.parts:
                raise Unplain
            elif told.groups:
                chain = self.plain.rare(element, "", told, chain)
            else:
                here.leads = True
        except Unplain:
            self.is_plain = False
        return chain

    def met(self, element: Element, text: str, here: State, chain: Chain) -> Chain:
        try:
            if (told := here.told) is None:
                told = told_at(here, self.syntax)
            here.leaf = told.leaf
            if told.begins is not None:
                chain = self.plain.begin(told.begins, chain)
            elif told.is_rare:
                return self.plain.rare(element, text, told, chain)
            if text not in told.silent and not told.silence.covers(text):
                self.plain.tell(element, None, text)
        except Unplain:
            self.is_plain = False
        return chain

    def put(self, one: Place, chain: Chain, value: Any) -> None:
        try:
            if value is None:
                raise Unplain
            self.plain.put(one, chain, value)
        except Unplain:
            self.is_plain = False

    def named(self, element: Element, names: Sequence[Any], here: State, chain: Chain) -> None:
        try:
            if (told := here.told) is None:
                told = told_at(here, self.syntax)
            if names == told.everywhere:
                for name in names:
                    self.plain.everywhere.add((name, element.get(name)))
            else:
                self.plain.attributes(element.items(), element, told, chain)
        except Unplain:
            self.is_plain = False
