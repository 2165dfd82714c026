"""The terms (BT) and groups (BG) of EN 16931 and the XRechnung extension, as schemas/terms.tsv lists them."""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from einvoice import data

SUB_LINE_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "BG-25": "BG-DEX-01",
        "BG-31": "BG-DEX-02",
        "BG-27": "BG-DEX-03",
        "BG-28": "BG-DEX-04",
        "BG-26": "BG-DEX-05",
        "BG-30": "BG-DEX-06",
        "BG-29": "BG-DEX-07",
        "BG-32": "BG-DEX-08",
    }
)
"""The groups of a line and their counterparts in a sub line, which carry the same terms (XRechnung)."""


@dataclass(frozen=True, slots=True)
class Term:
    """One row of the table of terms: a term, a group or a component (`BT-29-1`).

    `parent` is the group it stands in ("" is the invoice itself), for a component the term it belongs to.
    `card` and `card_xrechnung` are cardinalities such as `0..1` or `1..n`; `card` is `-` for the extension.
    `field` is its name in the public model. The three paths are XPath 1.0, "" where the syntax has none.
    """

    id: str
    parent: str
    level: int
    card: str
    card_xrechnung: str
    datatype: str
    en: str
    de: str
    label_de: str
    field: str
    ubl_invoice: str
    ubl_creditnote: str
    cii: str
    note: str

    @property
    def is_group(self) -> bool:
        """Whether this is a group (BG)."""
        return self.datatype == "Group"

    @property
    def is_component(self) -> bool:
        """Whether this is a part of another term's value, such as its scheme."""
        return self.datatype == "Component"

    @property
    def repeats(self) -> bool:
        """Whether EN 16931 (or the extension, for its own groups) allows several of it in one parent."""
        return self.widest_card.endswith("n")

    @property
    def widest_card(self) -> str:
        """EN 16931's cardinality, and the extension's where the norm has none."""
        return self.card_xrechnung if self.card == "-" else self.card

    def path(self, syntax: str) -> str:
        """Its XPath in "ubl-invoice", "ubl-creditnote" or "cii"; "" where that syntax cannot carry it."""
        return {"ubl-invoice": self.ubl_invoice, "ubl-creditnote": self.ubl_creditnote, "cii": self.cii}[
            syntax
        ]


@functools.cache
def terms() -> Mapping[str, Term]:
    """All terms, groups and components by id, in the norm's order."""
    path = data.folder("schemas") / "terms.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType({row[0]: Term(row[0], row[1], int(row[2]), *row[3:]) for row in rows})


@functools.cache
def homes(term: str) -> tuple[str, ...]:
    """The groups a term or group may stand in ("" is the invoice): its own and the sub lines' counterpart.

    A component's homes are those of the term it belongs to.
    """
    row = terms()[term]
    if row.is_component:
        return homes(row.parent)
    if term == "BG-DEX-01":
        return ("BG-25", "BG-DEX-01")
    sub = SUB_LINE_GROUPS.get(row.parent)
    return (row.parent, sub) if sub and not row.is_group else (row.parent,)


@functools.cache
def components(term: str) -> tuple[str, ...]:
    """The ids of a term's components, such as ("BT-29-1",) for BT-29."""
    return tuple(row.id for row in terms().values() if row.is_component and row.parent == term)


@functools.cache
def children(group: str) -> tuple[str, ...]:
    """The ids of the terms and groups that may stand directly in a group ("": the invoice), norm's order."""
    return tuple(row.id for row in terms().values() if not row.is_component and group in homes(row.id))


def way(inside: str, group: str) -> tuple[str, ...] | None:
    """The groups to go through from one group ("" is the invoice) down to another; None if it is not below."""
    found: tuple[str, ...] = ()
    while group != inside:
        if not group:
            return None
        found = (group, *found)
        group = homes(group)[0]
    return found
