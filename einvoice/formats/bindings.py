"""Where a term is written: the paths of schemas/terms.tsv as steps, with what must stand beside them."""

import csv
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from einvoice import data
from einvoice.model.terms import SUB_LINE_GROUPS, Term, terms

SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii")
_STEP = re.compile(r"//?(@?[\w:]+)((?:\[[^]]*])*)")
_EQUAL = re.compile(r"([^='!()]+)='([^']*)'")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: an element or attribute, and what its predicates say must stand in it.

    `constants` are (path below the element, text); a text `$BT-5` is that term's text.
    """

    name: str
    predicate: str
    constants: tuple[tuple[str, str], ...]


Steps = tuple[Step, ...]


@functools.cache
def steps(path: str) -> Steps:
    """The steps of one path without unions."""
    return tuple(
        Step(name, predicate, tuple(_constants(predicate))) for name, predicate in _STEP.findall(path)
    )


def _constants(predicate: str) -> Iterator[tuple[str, str]]:
    """What makes a predicate true: its first alternative, if that is an equation with a text."""
    first = (
        predicate.strip("[]")
        .split(" or ")[0]
        .replace("normalize-space(cac:TaxScheme/cbc:ID)", "cac:TaxScheme/cbc:ID")
    )
    found = _EQUAL.fullmatch(first)
    if found:
        yield found[1], found[2]


@functools.cache
def alternatives(term: str, home: str, syntax: str) -> tuple[Steps, ...]:
    """The paths at which a term of the group `home` may be written, the usual one first; none: not in this syntax."""
    row = terms()[term]
    override = _rows(syntax, "path").get(term)
    if override:
        return (steps(_for_root(override[0][0], syntax)),)
    path = row.path(syntax)
    return tuple(steps(_for_home(one, row, home)) for one in path.split(" | ")) if path else ()


def _for_root(path: str, syntax: str) -> str:
    return path.replace("/ubl:Invoice", "/cn:CreditNote") if syntax == "ubl-creditnote" else path


def _for_home(path: str, row: Term, home: str) -> str:
    """The path below a sub line, which carries the terms of a line."""
    if home not in SUB_LINE_GROUPS.values() or row.id.startswith("BG"):
        return path
    return path.replace("/cac:InvoiceLine/", "//cac:SubInvoiceLine/").replace(
        "/cac:CreditNoteLine/", "//cac:SubCreditNoteLine/"
    )


@functools.cache
def constants(element: str, syntax: str) -> tuple[tuple[str, str], ...]:
    """What stands in an element whatever the invoice says: (path below it, text; "" for a bare element)."""
    return tuple((path, text) for path, text in _rows(syntax, "constant").get(element, ()))


def spread_over(term: str, syntax: str) -> str | None:
    """The group in each of whose elements the syntax repeats this term; None for almost all."""
    found = _rows(syntax, "spread").get(term)
    return found[0][0] if found else None


def needs(term: str, syntax: str) -> str | None:
    """The group or term without which this term cannot stand; None for almost all."""
    found = _rows(syntax, "needs").get(term)
    return found[0][0] if found else None


@functools.cache
def _rows(syntax: str, kind: str) -> Mapping[str, list[tuple[str, str]]]:
    """The rows of schemas/writing.tsv of one kind, by what they are for."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in _table("writing.tsv"):
        if row["kind"] == kind and syntax.startswith(row["syntax"]):
            found.setdefault(row["for"], []).append((row["path"], row["text"]))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """What the schema says of an element in its parent: its rank, its type, whether it may stand several times."""

    rank: int
    type: str
    many: bool


@functools.cache
def order(syntax: str) -> Mapping[tuple[str, str], Place]:
    """The places of elements by (type of the parent, name), from schemas/order.tsv."""
    rows = (row for row in _table("order.tsv") if row["syntax"] == syntax)
    return {
        (row["type"], row["element"]): Place(rank, row["of_type"], row["max"] == "n")
        for rank, row in enumerate(rows)
    }


def _table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table of schemas/ that begins with comments."""
    with (data.folder("schemas") / name).open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
