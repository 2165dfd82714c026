"""Extracted tables as other programs read them: openpyxl the workbook, DuckDB the Parquet and CSV files."""

import functools
import hashlib
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import openpyxl
import pytest

from einvoice.errors import UsageError
from einvoice.formats.extracting import Extract, as_csv, invoice_table
from einvoice.formats.parquet import write_parquet
from einvoice.formats.spreadsheet import SHEETS, write_xlsx
from einvoice.formats.tables import TABLES, columns, narrow_columns, rows
from einvoice.model.bases import base, example, names
from einvoice.model.content import Content
from einvoice.model.invoice import Invoice

HOSTILE = ["=1+1", "+49 5799", "-1+2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "{=1}", "0815", "1e5"]


def extract(content: Content, file: str = "a.xml") -> Extract:
    """An extract of a content."""
    return Extract(file, None, "ab" * 32, Invoice.from_content(content))


def workbook(path: Path, *contents: Content, lang: str = "de") -> Any:
    """The workbook of contents, read back."""
    write_xlsx(map(extract, contents), path, lang, refuse)
    return openpyxl.load_workbook(path)


def refuse(de: str, en: str) -> None:
    """For tests in which nothing may be left out."""
    raise AssertionError(en)


def sheet(book: Any, title: str) -> list[dict[str, Any]]:
    """The rows of a sheet by heading."""
    heads, *found = book[title].values
    return [dict(zip(heads, row, strict=True)) for row in found]


def test_excel_has_typed_cells_under_german_headings(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx", base(), base("small"))
    assert book.sheetnames == ["Rechnungen", "Positionen", "Umsatzsteuer"]
    first, second = sheet(book, "Rechnungen")
    assert first["Rechnungsdatum"] == datetime(2026, 3, 2)  # noqa: DTZ001
    assert first["Rechnungsgesamtbetrag mit Umsatzsteuer"] == 606.2
    assert first["Name des Verkäufers"] == "Werre Bürobedarf GmbH"
    assert second["Fälliger Zahlungsbetrag"] == 297.5
    assert [row["Nettobetrag der Rechnungsposition"] for row in sheet(book, "Positionen")] == [425, 105, 250]
    assert [row["Umsatzsteuersatz der Kategorie"] for row in sheet(book, "Umsatzsteuer")] == [19, 7, 19]
    english = workbook(tmp_path / "b.xlsx", base(), lang="en")
    assert english.sheetnames == [SHEETS[table][1] for table in TABLES]
    assert sheet(english, "Invoices")[0]["Invoice number"] == "RE-2026-0815"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_excel_is_a_formula(tmp_path: Path, text: str) -> None:
    book = workbook(tmp_path / "a.xlsx", example({"BT-1": text}))
    cell = book["Rechnungen"]["D2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert not any(cell.data_type == "f" for one in book for row in one for cell in row)


def test_excel_is_the_same_each_time_and_says_what_it_cuts(tmp_path: Path) -> None:
    told: list[str] = []
    for name in ("a", "b"):
        write_xlsx([extract(base())], tmp_path / name, "de", refuse)
    digests = {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a", "b")}
    assert len(digests) == 1
    long = example({"BT-20": "x" * 40_000, "BG-22/BT-106": "12345678901234567.89", "BT-2": "1899-12-31"})
    write_xlsx([extract(long)], tmp_path / "c.xlsx", "en", lambda de, en: told.append(en))
    assert told == ["Payment terms: the text is too long for an Excel cell and was cut"]
    (row,) = sheet(openpyxl.load_workbook(tmp_path / "c.xlsx"), "Invoices")
    assert row["Sum of Invoice line net amount"] == "12345678901234567.89"
    assert row["Invoice issue date"] == "1899-12-31"


@pytest.mark.parametrize("table", TABLES)
def test_parquet_holds_exact_decimals_and_dates(tmp_path: Path, table: Any) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(map(extract, map(base, names())), path, table, refuse)
    with duckdb.connect() as db:
        read = db.execute(f"from '{path}'")
        found = read.fetchall()
        heads = [one[0] for one in read.description or ()]
    assert heads == [column.name for column in columns(table)]
    expected = [cells for one in map(extract, map(base, names())) for cells in rows(one, table)]
    assert len(found) == len(expected)
    for row, cells in zip(found, expected, strict=True):
        for column, value in zip(columns(table), row, strict=True):
            assert same(value, cells.get(column.name)), column.name


def same(value: Any, text: str | None) -> bool:
    """Whether a cell says what was extracted."""
    if value is None or text is None:
        return value is None and text is None
    if isinstance(value, Decimal):
        return value == Decimal(text)
    return (value.isoformat() if isinstance(value, date) else value) == text


def test_a_number_that_parquet_cannot_hold_is_said(tmp_path: Path) -> None:
    told: list[str] = []
    content = example({"BG-22/BT-106": "0.0000000000001", "BG-22/BT-109": "9" * 27})
    write_parquet([extract(content)], tmp_path / "a", "invoices", lambda de, en: told.append(de))
    assert len(told) == 2
    assert "0.0000000000001 hat zu viele Stellen" in told[0]


@pytest.mark.parametrize("table", TABLES)
def test_csv_is_read_by_another_program(tmp_path: Path, table: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("".join(as_csv([extract(base())], table)).encode())
    with duckdb.connect() as db:
        found = db.execute(f"from read_csv('{path}', all_varchar=true, header=true)").fetchall()
    assert len(found) == {"invoices": 1, "lines": 2, "vat": 2}[table]


def test_narrow_tables_name_the_invoice_and_nothing_twice() -> None:
    for table in TABLES:
        found = [column.name for column in narrow_columns(table)]
        assert len(set(found)) == len(found)
        assert {"file", "document", "number"} <= set(found)


@pytest.mark.parametrize("write", [write_xlsx, write_parquet])
def test_what_is_missing_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any
) -> None:
    for name in ("xlsxwriter", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match="tables"):
        write([], tmp_path / "a", "lines", refuse)


@functools.cache
def _judge() -> jsonschema.Draft202012Validator:
    """The judge of what is extracted; that its schema is one at all takes long to find."""
    schema = Invoice.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", names())
def test_what_is_extracted_is_as_the_schema_says(name: str) -> None:
    validator = _judge()
    for attachments in (False, True):
        table = json.loads(
            json.dumps(invoice_table(Invoice.from_content(base(name)), attachments=attachments))
        )
        assert list(validator.iter_errors(table)) == []
    table["lines"][0]["net_amount"] = "1,5"
    assert list(validator.iter_errors(table))
