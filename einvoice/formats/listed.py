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
        chain: Chain = ("", self.invoice, None)
        if here.begins is not None:  # with the document, and most of what stands there is not of that group
            group, table, _ = self.begin(here.begins, chain)
            chain = "", self.invoice, (group, table, None)
        self.within(self.listing.kids.get(root, {}), here, chain)
        return self.result()

    def within(self, kids: ByTag, place: Told, chain: Chain) -> None:
        """Reads what stands in an element: its children by tag. Most of them state one term, and pass here only."""
        listing = self.listing
        every, said, stating = listing.kids, listing.said, listing.stating
        group, table, _ = chain
        for tag, elements in kids.items():
            here = place[tag]
            one = here.leaf
            if one is None:
                for element in elements:
                    if here.is_way and element in every:
                        self.within(every[element], here, chain)
                    else:
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
                if element in stating:
                    if stating[element] == here.everywhere:
                        self.everywhere.update(element.items())
                    else:
                        self.attributes(element.items(), element, here, chain)

    def enter(self, element: Element, here: Told, chain: Chain) -> None:
        """Reads an element that leads to others, or says nothing, or where a group begins, and what stands in it."""
        listing = self.listing
        if here.fork is not None:
            here = here.find(element, self.seen, listing)
        kids = listing.kids.get(element)
        if here.begins is not None:
            chain = self.begin(here.begins, chain)
        elif here.is_rare:
            if kids is not None and (here.terms or here.parts):
                raise Unplain
            chain = self.rare(element, "" if kids is not None else listing.said[element], here, chain)
        if kids is not None:
            self.within(kids, here, chain)
            return
        if not here.is_rare:
            text = listing.said[element]
            if text not in here.silent and not here.silence.covers(text):
                self.tell(element, None, text)
        if element in listing.stating:
            self.attributes(element.items(), element, here, chain)
