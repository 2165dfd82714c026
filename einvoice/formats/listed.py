"""Reads a plain invoice from what a verdict has listed.

Where the schema allows a document, there are neither texts nor attributes around elements, and those of one name
stand together. So it is read name by name, and lxml is asked for nothing but attributes.
"""

from typing import Any

from einvoice.formats.directing import Told, Unplain
from einvoice.formats.placing import Chain
from einvoice.formats.plain import Plain, Read
from einvoice.formats.walk.names import Element
from einvoice.model.listing import ByTag, Listing

_ANYTHING = "{urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2}ExtensionContent"
"""An element in which schemas allow anything."""


def is_listed(listing: Listing) -> bool:
    """Whether the document can be read from its listing: whether the schema has a say in all of it."""
    return _ANYTHING not in listing.by_tag


class Listed(Plain):
    """Reads one document from its listing."""

    def __init__(self, syntax: str, listing: Listing) -> None:
        super().__init__(syntax)
        self.listing = listing

    def read(self, root: Element, here: Told) -> Read:
        """The whole invoice, and what no term holds."""
        self.enter(root, here, ("", self.invoice, None))
        return self.result()

    def within(self, kids: ByTag, place: Told, chain: Chain) -> None:
        """Reads what stands in an element: its children by tag. Most of them state one term, and pass here only."""
        said = self.listing.said
        group, table, _ = chain
        for tag, elements in kids.items():
            here = place[tag]
            one = here.leaf
            if one is None:
                for element in elements:
                    self.enter(element, here, chain)
                continue
            for element in elements:
                value: Any = said[element]
                if one.read is not None and (value := one.read(value)) is None:
                    raise Unplain
                if one.group == group and one.field not in table:
                    table[one.field] = value
                else:
                    self.put(one, chain, value)
                if stated := element.items():
                    self.attributes(stated, element, here, chain)

    def enter(self, element: Element, here: Told, chain: Chain) -> None:
        """Reads an element that leads to others, or says nothing, or where a group begins, and what stands in it."""
        if here.fork is not None:
            here = here.find(element, self.seen, self.listing)
        kids = self.listing.kids.get(element)
        one = here.begins
        if one is not None:
            chain = self.begin(one, chain)
        elif here.is_rare:
            if kids is not None and (here.terms or here.parts):
                raise Unplain
            chain = self.rare(element, "" if kids is not None else self.listing.said[element], here, chain)
        if kids is not None:
            self.within(kids, here, chain)
            return
        if not here.is_rare:
            text = self.listing.said[element]
            if text not in here.silent and not here.silence.covers(text):
                self.tell(element, None, text)
        if stated := element.items():
            self.attributes(stated, element, here, chain)
