"""A batch as CSV, Excel, Parquet or JSON lines: the same four tables (grids.py), amounts as exact as each can."""

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.exports.grids import GRIDS, Grid, grids
from einvoice.formats.cells import harmless
from einvoice.formats.parquet import write_cells
from einvoice.formats.spreadsheet import Sheet, workbook

Remarks = list[tuple[str, str]]


def as_csv(closed: Closed) -> Output:
    """A file for each table: `;`, UTF-8 with BOM, CRLF, decimal point; no cell that a spreadsheet would calculate."""
    return _each(closed, "csv", lambda grid, tell: _csv(grid))


def as_jsonl(closed: Closed) -> Output:
    """A file for each table, an object a line; decimals are texts with their digits as written."""
    return _each(closed, "jsonl", lambda grid, tell: _jsonl(grid))


def as_parquet(closed: Closed) -> Output:
    """A file for each table: amounts as decimal128(38,12), days as dates."""
    return _each(closed, "parquet", _parquet)


def as_xlsx(closed: Closed) -> Output:
    """A workbook with a sheet for each table.

    Excel itself keeps numbers as binary floating point: amounts of up to 15 digits, which come back to the cent, are
    numbers, longer ones stay texts.
    """
    remarks: Remarks = []
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft"
        book = workbook(draft)
        for grid in grids(closed):
            sheet = Sheet(book, GRIDS[grid.name][0], grid.columns, "de", _teller(remarks))
            for cells in grid.rows:
                sheet.add(cells)
            sheet.finish()
        book.close()
        return Output(
            [File(f"{closed.stem}.xlsx", draft.read_bytes())], remarks=tuple(dict.fromkeys(remarks))
        )


Tell = Callable[[str, str], None]


def _each(closed: Closed, ending: str, write: Callable[[Grid, Tell], bytes]) -> Output:
    remarks: Remarks = []
    files = [
        File(f"{closed.stem}_{GRIDS[grid.name][0]}.{ending}", write(grid, _teller(remarks)))
        for grid in grids(closed)
    ]
    return Output(files, remarks=tuple(dict.fromkeys(remarks)))


def _teller(remarks: Remarks) -> Tell:
    return lambda de, en: remarks.append((de, en))


def _csv(grid: Grid) -> bytes:
    stream = io.StringIO()
    out = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    out.writerow([column.name for column in grid.columns])
    for row in grid.rows:
        out.writerow([harmless(_printed(row.get(column.name, ""))) for column in grid.columns])
    return stream.getvalue().encode("utf-8-sig")


def _printed(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _jsonl(grid: Grid) -> bytes:
    lines = []
    for row in grid.rows:
        said = {c.name: _printed(row[c.name]) for c in grid.columns if c.name in row}
        lines.append(json.dumps(said, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


def _parquet(grid: Grid, tell: Tell) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft"
        write_cells(draft, grid.columns, grid.rows, tell)
        return draft.read_bytes()
