"""Extracted invoices as an Excel workbook: three sheets, headings in words, amounts as numbers, dates as dates.

No cell can act as a formula: texts are written as texts, whatever they begin with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from einvoice.errors import UsageError
from einvoice.formats.tables import TABLES, Column, TableName, narrow_columns, rows

if TYPE_CHECKING:
    from einvoice.formats.extracting import Extract

SHEETS: Mapping[TableName, tuple[str, str]] = {
    "invoices": ("Rechnungen", "Invoices"),
    "lines": ("Positionen", "Lines"),
    "vat": ("Umsatzsteuer", "VAT"),
}
NUMBERS: Mapping[str, str] = {
    "Amount": "#,##0.00",
    "Unit price amount": "#,##0.00####",
    "Quantity": "#,##0.######",
    "Percentage": "0.##",
}
"""Data types that are numbers → how they are shown."""

_EXACT_DIGITS = 15
"""Excel keeps no more digits of a number; longer ones stay texts."""
_LONGEST = 32_767
_MOST_ROWS = 1_048_576


def write_xlsx(extracts: Iterable[Extract], path: Path, lang: str, tell: Callable[[str, str], None]) -> None:
    """Writes the workbook. `tell` is given what a cell cannot hold, in German and English: a text that is too long.

    Raises UsageError where xlsxwriter is missing or a sheet has too many rows.
    """
    book = workbook(path)
    sheets = {
        table: Sheet(book, SHEETS[table][lang != "de"], narrow_columns(table), lang, tell) for table in TABLES
    }
    for extract in extracts:
        for table, sheet in sheets.items():
            for cells in rows(extract, table):
                sheet.add(cells)
    for sheet in sheets.values():
        sheet.finish()
    book.close()


def workbook(path: Path) -> Any:
    """An empty workbook of xlsxwriter's. Raises UsageError where xlsxwriter is missing."""
    try:
        import xlsxwriter
    except ImportError:
        raise missing("xlsx") from None
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": datetime(2000, 1, 1), "title": "einvoice"})  # noqa: DTZ001  the same bytes each time
    return book


def missing(form: str) -> UsageError:
    """The sentence about the extra that a form needs."""
    return UsageError(
        f"{form} needs the extra `tables`: pip install 'einvoice-pipeline[tables]'",
        f"{form} braucht die Erweiterung `tables`: pip install 'einvoice-pipeline[tables]'",
    )


class Sheet:
    """One sheet in the making."""

    def __init__(
        self, book: Any, title: str, columns: tuple[Column, ...], lang: str, tell: Callable[[str, str], None]
    ) -> None:
        self.columns, self.tell = columns, tell
        self.number = 0
        self.widths = [0] * len(self.columns)
        self.sheet = book.add_worksheet(title)
        self.formats = {kind: book.add_format({"num_format": shown}) for kind, shown in NUMBERS.items()}
        self.formats["Date"] = book.add_format({"num_format": "dd.mm.yyyy" if lang == "de" else "yyyy-mm-dd"})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for place, heading in enumerate(_headings(self.columns, lang)):
            self.sheet.write_string(0, place, heading, bold)
        self.sheet.freeze_panes(1, 0)

    def add(self, cells: Mapping[str, str]) -> None:
        """Adds a row."""
        self.number += 1
        if self.number >= _MOST_ROWS:
            raise UsageError(
                "an Excel sheet cannot hold so many rows: use parquet or csv",
                "Ein Excel-Blatt fasst nicht so viele Zeilen: bitte parquet oder csv nehmen",
            )
        for place, column in enumerate(self.columns):
            text = cells.get(column.name)
            if text:
                self.widths[place] = max(self.widths[place], len(text))
                self._write(place, column, text)

    def _write(self, place: int, column: Column, text: str) -> None:
        shown = self.formats.get(column.datatype)
        if column.datatype in NUMBERS and len(Decimal(text).as_tuple().digits) <= _EXACT_DIGITS:
            self.sheet.write_number(self.number, place, float(text), shown)
        elif column.datatype == "Date" and text >= "1900-03-01":
            day = date.fromisoformat(text)
            self.sheet.write_datetime(self.number, place, datetime(day.year, day.month, day.day), shown)  # noqa: DTZ001
        else:
            if len(text) > _LONGEST:
                self.tell(
                    f"{column.de}: der Text ist für eine Excel-Zelle zu lang und wurde gekürzt",
                    f"{column.en}: the text is too long for an Excel cell and was cut",
                )
                text = text[: _LONGEST - 1] + "…"
            text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            self.sheet.write_string(self.number, place, text)

    def finish(self) -> None:
        """Widths by content, a filter; columns in which nothing stands are hidden."""
        for place, width in enumerate(self.widths):
            self.sheet.set_column(place, place, min(max(width + 2, 10), 40), None, {"hidden": not width})
        self.sheet.autofilter(0, 0, max(self.number, 1), len(self.columns) - 1)


def _headings(columns: tuple[Column, ...], lang: str) -> list[str]:
    """The headings in words; where several would be the same, with the name of the column."""
    said = [column.de if lang == "de" else column.en for column in columns]
    return [
        one if said.count(one) == 1 else f"{one} ({column.name})"
        for one, column in zip(said, columns, strict=True)
    ]
