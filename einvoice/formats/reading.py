"""Reads an invoice: all that it says, as occurrences of terms in groups, and what it says beyond them."""

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

from einvoice.errors import NotAnInvoice
from einvoice.formats.further import Further, further
from einvoice.formats.stating import stated
from einvoice.formats.walk.groups import Group
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.plan import plan, walk
from einvoice.model.content import Content
from einvoice.model.location import prefixed


@dataclass(frozen=True)
class Reading:
    """What a document says. `invoice` holds every occurrence as written, in document order."""

    root: Element
    syntax: str
    invoice: Group

    @cached_property
    def further(self) -> list[Further]:
        """Texts without a term of the norm, in document order."""
        return further(self.root, plan(self.syntax).automaton, self.invoice)

    def content(self, only: Container[str] | None = None) -> Content:
        """The same free of any syntax: groups nested as in the norm, one spelling for all syntaxes.

        only: the groups that are wanted, named with those they lie in; without, all.
        """
        return stated(self.invoice, self.syntax, only)


def syntax_of(root: Element) -> str | None:
    """ "ubl-invoice", "ubl-creditnote", "cii", or None for any other root element."""
    return SYNTAXES.get(root.tag)


def read(root: Element) -> Reading:
    """Reads the root element of a UBL invoice, a UBL credit note or a CII document.

    Raises NotAnInvoice for any other root element, and for elements nested deeper than 256.
    """
    syntax = syntax_of(root)
    if syntax is None:
        raise NotAnInvoice(
            f"the root element {prefixed(root.tag)} is no UBL invoice, credit note or CII document",
            f"das Wurzelelement {prefixed(root.tag)} ist keine UBL-Rechnung oder -Gutschrift und kein CII-Dokument",
        )
    return Reading(root, syntax, walk(root, plan(syntax)).invoice)
