"""An invoice as structured data: JSON, JSON Lines, and CSV with a row for each invoice line."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from einvoice.model.terms import children, components, terms

if TYPE_CHECKING:
    from einvoice.model.invoice import Invoice

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One document's data and where it is from; `source` holds all that depends on the syntax.

    `file` and `document` name it as the report of validation does; `sha256` is of the XML's bytes.
    """

    file: str
    document: str | None
    sha256: str
    invoice: Invoice
    source: Mapping[str, Any] = field(default_factory=dict)

    def table(self, *, attachments: bool = False) -> dict[str, Any]:
        """Ready for JSON: decimals as texts with their digits as written, dates ISO, absent terms left out.

        `attachments` adds the content of embedded documents, in base64.
        """
        further = [{"path": one.path, "text": one.text} for one in self.invoice.further]
        return {
            "file": self.file,
            "document": self.document,
            "sha256": self.sha256,
            "source": {**self.source, "further": further},
            "invoice": invoice_table(self.invoice, attachments=attachments),
        }


def invoice_table(invoice: Invoice, *, attachments: bool = False) -> dict[str, Any]:
    """The invoice alone, ready for JSON."""
    return invoice.model_dump(mode="json", context={"attachments": attachments})


def as_jsonl(extracts: Iterable[Extract], *, attachments: bool = False) -> Iterator[str]:
    """A line of JSON for each document, each with its newline."""
    for extract in extracts:
        yield json.dumps(extract.table(attachments=attachments), ensure_ascii=False) + "\n"


def as_json(extracts: Iterable[Extract], *, attachments: bool = False) -> Iterator[str]:
    """A JSON list of all documents, in pieces."""
    separator = "[\n"
    for extract in extracts:
        yield separator + json.dumps(extract.table(attachments=attachments), ensure_ascii=False, indent=2)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def as_csv(extracts: Iterable[Extract]) -> Iterator[str]:
    """A heading and a row for each invoice line (an invoice without lines has one row), comma and CRLF.

    No cell can act as a formula in a spreadsheet: what might begin one gets an apostrophe in front.
    """
    yield _row(columns())
    for extract in extracts:
        invoice = invoice_table(extract.invoice)
        head = {"file": extract.file, "document": extract.document or "", "sha256": extract.sha256}
        for line in invoice.get("lines") or [{}]:
            cells = head | dict(_flat("", "", invoice)) | dict(_flat("line.", "BG-25", line))
            yield _row(_harmless(cells.get(column, "")) for column in columns())


@functools.cache
def columns() -> tuple[str, ...]:
    """The column names, always the same: file, document, sha256, then all terms that stand at most once in an
    invoice (`seller.name`) and in a line (`line.net_amount`), in the norm's order.

    Identifiers' schemes follow (`buyer.electronic_address.scheme`). Of accounts to pay to the first is given; other
    repeated terms and groups, sub lines and embedded documents are left to JSON.
    """
    return ("file", "document", "sha256", *_names("", ""), *_names("line.", "BG-25"))


_FIRST_OF_MANY = frozenset({"BG-17"})


def _names(prefix: str, group: str) -> Iterator[str]:
    for row in (terms()[child] for child in children(group)):
        name = prefix + row.field
        if row.datatype == "Binary object" or (row.repeats and row.id not in _FIRST_OF_MANY):
            continue
        if row.is_group:
            yield from _names(name + ".", row.id)
        else:
            yield name
            yield from (f"{name}.{terms()[part].field}" for part in components(row.id))


def _flat(prefix: str, group: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The cells of a group's table by column name."""
    for row in (terms()[child] for child in children(group)):
        name, stated = prefix + row.field, table.get(row.field)
        if isinstance(stated, list) and row.id in _FIRST_OF_MANY:
            stated = stated[0]
        if isinstance(stated, str):
            yield name, stated
        elif isinstance(stated, Mapping) and row.is_group:
            yield from _flat(name + ".", row.id, stated)
        elif isinstance(stated, Mapping):
            yield name, stated.get("value", "")
            yield from ((f"{name}.{part}", text) for part, text in stated.items() if part != "value")


def _harmless(text: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet might calculate it."""
    return "'" + text if text.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(text) else text


def _row(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
