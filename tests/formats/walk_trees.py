"""Small hand-written trees, and tables of a few syntax rules, for the tests of the walk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from einvoice.formats.walk import plan, walk
from einvoice.model.namespaces import NAMESPACES

_DECLARED = " ".join(f'xmlns:{prefix}="{namespace}"' for prefix, namespace in NAMESPACES.items())


def tree(xml: str) -> etree._Element:
    """The root of `xml`, whose first tag gets all declarations; comments are removed as formats.xml does."""
    end = min(position for mark in (">", "/>", " ") if (position := xml.find(mark)) > 0)
    parser = etree.XMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    return etree.fromstring(f"{xml[:end]} {_DECLARED}{xml[end:]}", parser)


@dataclass(frozen=True)
class Row:
    """A row of a syntax table, with the columns a test does not care about left empty."""

    id: str
    context: str
    kind: str
    path: str = "."
    limit: str = ""
    exceptions: str = ""


@dataclass(frozen=True, eq=False)
class Rows:
    """A table as the walk needs it."""

    rows: Sequence[Row]
    conditions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    others: Sequence[str] = ()

    @property
    def contexts(self) -> list[str]:
        return list(dict.fromkeys([*self.others, *(row.context for row in self.rows)]))


def broken(
    xml: str,
    *rows: Row,
    others: Sequence[str] = (),
    conditions: Mapping[str, Mapping[str, object]] | None = None,
) -> list[tuple[str, str]]:
    """(rule, local name of the element found), in the order found, in a UBL invoice."""
    table = Rows(rows, conditions or {}, others)
    found = walk(tree(xml), plan("ubl-invoice", table, terms=False)).broken
    return [(rule, etree.QName(element).localname) for rule, element in found]
