"""The names a profile may speak of: schemas/exports/names.tsv, its counters and records, the norm's terms."""

import csv
import functools
from collections.abc import Iterable
from dataclasses import dataclass

from einvoice import data
from einvoice.model.terms import children, components, terms
from einvoice.rulebook.names import Name, Names

ROOT = {"batch": "batch", "file": "file", "counter": "counter", "count": "count"}
"""What every expression may speak of, whatever loops it stands in: variable → owner."""

_NUMBERS = frozenset({"Amount", "Unit price amount", "Quantity", "Percentage"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line of the table: owner.name, its kind, and what it is in German and English."""

    name: str
    kind: str
    de: str
    en: str


@functools.cache
def table() -> tuple[Spoken, ...]:
    """The table as it stands."""
    with (data.folder("schemas") / "exports" / "names.tsv").open(encoding="utf-8", newline="") as file:
        rows = (row for row in file if not row.startswith("#"))
        return tuple(
            Spoken(*row.values()) for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


def names(counters: Iterable[str], records: Iterable[str]) -> Names:
    """The names of one profile, by owner and name."""
    found: Names = dict(_common())
    for counter in counters:
        found["counter", counter] = Name("counter", counter, "number", "-", "")
    for record in records:
        found["count", record] = Name("count", record, "number", "-", "")
    return found


@functools.cache
def _common() -> Names:
    found: Names = {}
    for one in table():
        owner, _, name = one.name.partition(".")
        found[owner, name] = Name(owner, name, one.kind, "-", "")
    return found | _terms("", "invoice")


def owner_of(group: str) -> str:
    """The owner that stands for a group of the norm; "" is the invoice."""
    return group.replace("-", "_") or "invoice"


def _terms(group: str, owner: str) -> Names:
    """The terms of a group and all below it, each by its field in the public model and by its id (`BT_131`)."""
    found: Names = {}
    for id_ in children(group):
        row = terms()[id_]
        kind = owner_of(id_) if row.is_group else "number" if row.datatype in _NUMBERS else "text"
        for name in (row.field, id_.replace("-", "_")):
            found[owner, name] = Name(owner, name, kind, id_, "")
        for part in components(id_):
            name = part.replace("-", "_")
            found[owner, name] = Name(owner, name, "text", part, "")
        if row.is_group and id_ != group:
            found |= _terms(id_, owner_of(id_))
    return found
