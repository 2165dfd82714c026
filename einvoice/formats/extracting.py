"""An invoice as structured data: JSON, JSON Lines, and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from einvoice.formats.cells import harmless
from einvoice.formats.tables import TableName, columns, rows

if TYPE_CHECKING:
    from einvoice.model.invoice import Invoice


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


def as_csv(extracts: Iterable[Extract], table: TableName = "lines") -> Iterator[str]:
    """A heading and the rows of a table, comma and CRLF.

    No cell can act as a formula in a spreadsheet: what might begin one gets an apostrophe in front.
    """
    names = [column.name for column in columns(table)]
    yield _row(names)
    for extract in extracts:
        for cells in rows(extract, table):
            yield _row(harmless(cells.get(name, "")) for name in names)


def _row(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
