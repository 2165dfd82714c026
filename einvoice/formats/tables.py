"""Invoices as tables: their columns, with what kind of value each holds, and their rows.

Three tables: `invoices` (a row for each invoice), `lines` (for each invoice line, the invoice's own columns repeated;
an invoice without lines has one row) and `vat` (for each row of the VAT breakdown).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from einvoice.model.terms import Term, children, components, terms

if TYPE_CHECKING:
    from einvoice.formats.extracting import Extract

TableName = Literal["invoices", "lines", "vat"]
TABLES: tuple[TableName, ...] = ("invoices", "lines", "vat")

_ROWS: Mapping[TableName, tuple[str, str, str]] = {
    "invoices": ("", "", ""),
    "lines": ("line.", "BG-25", "lines"),
    "vat": ("vat.", "BG-23", "vat_breakdown"),
}
"""Table → what the names of its own columns begin with, its group, and the field of that group."""

_KEYS = ("file", "document", "number", "issue_date", "seller.name", "currency_code")
"""The columns that name the invoice in tables of its parts, where not all of its columns are repeated."""

_FIRST_OF_MANY = frozenset({"BG-17"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name (`seller.name`), the data type of its term ("Text" for what is no term), its headings."""

    name: str
    datatype: str
    de: str
    en: str


_ORIGIN = (
    Column("file", "Text", "Datei", "File"),
    Column("document", "Text", "Dokument", "Document"),
    Column("sha256", "Text", "SHA-256", "SHA-256"),
)


@functools.cache
def columns(table: TableName = "lines") -> tuple[Column, ...]:
    """The columns, always the same: file, document, sha256, then all terms that stand at most once in an invoice
    (`seller.name`) and in a row of the table (`line.net_amount`), in the norm's order.

    Identifiers' schemes follow (`buyer.electronic_address.scheme`). Of accounts to pay to the first is given; other
    repeated terms and groups, sub lines and embedded documents are left to JSON.
    """
    prefix, group, _ = _ROWS[table]
    own = _columns(prefix, group) if group else ()
    return (*_ORIGIN, *_columns("", ""), *own)


@functools.cache
def narrow_columns(table: TableName) -> tuple[Column, ...]:
    """The same, but in tables of parts only the columns that name the invoice."""
    own = _ROWS[table][0]
    if not own:
        return columns(table)
    return tuple(one for one in columns(table) if one.name in _KEYS or one.name.startswith(own))


@functools.cache
def by_term(table: TableName) -> Mapping[str, str]:
    """The names of a table's columns by the ids of their terms (`BT-131`), where one column is of that term."""
    prefix, group, _ = _ROWS[table]
    own = {row.id: name for name, row in _names(prefix, group)} if group else {}
    return {row.id: name for name, row in _names("", "")} | own


def rows(extract: Extract, table: TableName = "lines") -> Iterator[Mapping[str, str]]:
    """The cells of one invoice's rows by column name; what is not stated is not there."""
    from einvoice.formats.extracting import invoice_table

    invoice = invoice_table(extract.invoice)
    head = {"file": extract.file, "document": extract.document or "", "sha256": extract.sha256}
    head |= dict(_cells("", "", invoice))
    prefix, group, field = _ROWS[table]
    parts = invoice.get(field, []) if field else [{}]
    for part in parts or ([{}] if table == "lines" else []):
        yield head | dict(_cells(prefix, group, part)) if group else head


def _columns(prefix: str, group: str) -> tuple[Column, ...]:
    return tuple(
        Column(name, "Text" if row.is_component else row.datatype, row.de, row.en)
        for name, row in _names(prefix, group)
    )


def _names(prefix: str, group: str) -> Iterator[tuple[str, Term]]:
    for row in (terms()[child] for child in children(group)):
        name = prefix + row.field
        if row.datatype == "Binary object" or (row.repeats and row.id not in _FIRST_OF_MANY):
            continue
        if row.is_group:
            yield from _names(name + ".", row.id)
        else:
            yield name, row
            yield from ((f"{name}.{terms()[part].field}", terms()[part]) for part in components(row.id))


def _cells(prefix: str, group: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The cells of a group's table by column name."""
    for row in (terms()[child] for child in children(group)):
        name, stated = prefix + row.field, table.get(row.field)
        if isinstance(stated, list) and row.id in _FIRST_OF_MANY:
            stated = stated[0]
        if isinstance(stated, str):
            yield name, stated
        elif isinstance(stated, Mapping) and row.is_group:
            yield from _cells(name + ".", row.id, stated)
        elif isinstance(stated, Mapping):
            yield name, stated.get("value", "")
            yield from ((f"{name}.{part}", text) for part, text in stated.items() if part != "value")
