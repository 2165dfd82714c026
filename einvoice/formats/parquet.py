"""Extracted invoices as a Parquet file: amounts as exact decimals, dates as dates, everything else as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from einvoice.formats.spreadsheet import NUMBERS, missing
from einvoice.formats.tables import Column, TableName, columns, rows

if TYPE_CHECKING:
    from einvoice.formats.extracting import Extract

PRECISION, SCALE = 38, 12
"""Of all numbers: the most digits that readers of Parquet take, and how many of them after the point."""

_AT_A_TIME = 2_000


def write_parquet(
    extracts: Iterable[Extract], path: Path, table: TableName, tell: Callable[[str, str], None]
) -> None:
    """Writes one table. `tell` is given, in German and English, which number has too many digits to be held exactly.

    Raises UsageError where pyarrow is missing.
    """
    write_cells(path, columns(table), (cells for one in extracts for cells in rows(one, table)), tell)


def write_cells(
    path: Path,
    held: tuple[Column, ...],
    cells: Iterable[Mapping[str, str]],
    tell: Callable[[str, str], None],
) -> None:
    """The same for rows of any columns, by column name."""
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise missing("parquet") from None
    schema = arrow.schema([(column.name, _type(arrow, column)) for column in held])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[dict[str, Any]] = []
        for row in cells:
            waiting.append({column.name: _value(column, row.get(column.name), tell) for column in held})
            if len(waiting) >= _AT_A_TIME:
                writer.write_table(arrow.Table.from_pylist(waiting, schema))
                waiting = []
        writer.write_table(arrow.Table.from_pylist(waiting, schema))


def _type(arrow: Any, column: Column) -> Any:
    if column.datatype in NUMBERS:
        return arrow.decimal128(PRECISION, SCALE)
    return arrow.date32() if column.datatype == "Date" else arrow.string()


def _value(column: Column, text: str | None, tell: Callable[[str, str], None]) -> Any:
    if text is None:
        return None
    if column.datatype == "Date":
        return date.fromisoformat(text)
    if column.datatype not in NUMBERS:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    number = Decimal(text)
    with localcontext() as context:
        context.prec = 200
        exact = number.quantize(Decimal(1).scaleb(-SCALE)) == number
    if exact and number.adjusted() < PRECISION - SCALE:
        return number
    tell(
        f"{column.de}: {text} hat zu viele Stellen für eine Parquet-Spalte und fehlt dort",
        f"{column.en}: {text} has too many digits for a Parquet column and is left out",
    )
    return None
