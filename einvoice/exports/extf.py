"""DATEV EXTF Buchungsstapel (header 700, category 21, version 13), checked cell by cell against schemas/extf.tsv.

Rules of the format: `;` between fields, CRLF after every line, decimal comma, texts always in quotes even when
empty, everything else never. The amount is always positive: what Konto receives is told by S (debit) or H (credit).
"""

import csv
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from einvoice import data
from einvoice.errors import Refused

MAX_ROWS = 99_999
Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the header, or one column of the rows."""

    number: int
    name: str
    kind: str
    quoted: bool
    length: str
    pattern: re.Pattern[str] | None
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says. Amounts are in `currency`; the period must lie in one fiscal year.

    `locked`: whether DATEV locks the batch after import (Festschreibung); always stated, since empty means locked.
    """

    consultant: int
    client: int
    fiscal_year: date
    account_length: int
    first: date
    last: date
    label: str
    created: datetime
    locked: bool = False
    currency: str = "EUR"
    origin: str = "EI"
    by: str = "einvoice"


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and the characters its encoding does not have, with what stands in their place."""

    data: bytes
    replaced: Mapping[str, str]


def write(header: Header, rows: Sequence[Mapping[str, Cell]], encoding: str = "cp1252") -> Written:
    """The file for rows given by column name. Raises Refused, naming row and column, if a cell does not fit.

    Encodings: cp1252 (the default, read by every DATEV program) or utf-8-sig.
    """
    if not 1 <= len(rows) <= MAX_ROWS:
        raise Refused(
            f"EXTF: {len(rows)} rows, 1 to {MAX_ROWS} are possible",
            f"EXTF: {len(rows)} Zeilen, möglich sind 1 bis {MAX_ROWS}",
        )
    columns = fields("data")
    lines = [_line(fields("header"), _header(header), "header"), ";".join(c.name for c in columns)]
    for number, row in enumerate(rows, 1):
        unknown = row.keys() - {column.name for column in columns}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise Refused(
                f"EXTF row {number}: no column {names}", f"EXTF-Zeile {number}: keine Spalte {names}"
            )
        lines.append(_line(columns, [row.get(c.name) for c in columns], f"row {number}"))
    text = "".join(line + "\r\n" for line in lines)
    return _encoded(text, encoding)


@functools.cache
def fields(line: str) -> tuple[Field, ...]:
    """The fields of a line: "header" (31) or "data" (125)."""
    with (data.folder("schemas") / "extf.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(
            (r for r in file if not r.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        return tuple(_field(row) for row in rows if row["line"] == line)


def _field(row: Mapping[str, str]) -> Field:
    pattern = row["regex_without_quotes"]
    return Field(
        number=int(row["no"]),
        name=row["name"],
        kind=row["type"],
        quoted=row["quoted"] == "yes",
        length=row["max_length"],
        pattern=re.compile(pattern, re.ASCII) if pattern and pattern != ".{0,210}" else None,
        mandatory=row["mandatory"] == "M",
    )


def _header(header: Header) -> list[Cell]:
    created = header.created.strftime("%Y%m%d%H%M%S") + f"{header.created.microsecond // 1000:03d}"
    said: dict[int, Cell] = {
        1: "EXTF", 2: 700, 3: 21, 4: "Buchungsstapel", 5: 13, 6: created, 8: header.origin, 9: header.by[:25],
        11: header.consultant, 12: header.client, 13: _day(header.fiscal_year), 14: header.account_length,
        15: _day(header.first), 16: _day(header.last), 17: header.label[:30], 19: 1, 20: 0,
        21: int(header.locked), 22: header.currency,
    }  # fmt: skip
    return [said.get(field.number) for field in fields("header")]


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _line(columns: Iterable[Field], cells: Iterable[Cell], where: str) -> str:
    return ";".join(_cell(column, cell, where) for column, cell in zip(columns, cells, strict=True))


def _cell(column: Field, cell: Cell, where: str) -> str:
    text = _text(column, cell)
    fits = bool(text) or not column.mandatory
    if text and column.pattern:
        fits = bool(column.pattern.fullmatch(text))
    if text and column.quoted and column.length.isdigit():
        fits = fits and len(text) <= int(column.length)
    if not fits:
        place = f"{column.number} ({column.name}): {text!r}"
        raise Refused(
            f"EXTF {where}, column {place} does not fit", f"EXTF {where}, Spalte {place} passt nicht"
        )
    return '"' + text.replace('"', '""') + '"' if column.quoted else text


def _text(column: Field, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:.2f}".replace(".", ",")
    if isinstance(cell, date):
        return cell.strftime("%d%m" if column.name == "Belegdatum" else "%d%m%Y")
    if column.quoted:
        return "".join(c if c.isprintable() else " " for c in str(cell))
    return str(cell)


_SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
_FIELD_1 = re.compile(r"[^A-Za-z0-9_$%&*+\-/]")


def document_number(number: str) -> str:
    """An invoice number as Belegfeld 1 can hold it: 36 characters, no blank, dot or umlaut."""
    return _FIELD_1.sub("", "".join(_SPELLED.get(c, c) for c in number))[:36]


def _encoded(text: str, encoding: str) -> Written:
    """The text in an encoding; what it does not have is spelled out or becomes a question mark, and is reported."""
    replaced: dict[str, str] = {}
    if encoding == "cp1252":
        import unicodedata

        for char in sorted({c for c in text if not _fits(c)}):
            plain = unicodedata.normalize("NFKD", char)
            replaced[char] = "".join(c for c in plain if _fits(c)) or "?"
    return Written(
        text.translate({ord(c): plain for c, plain in replaced.items()}).encode(encoding), replaced
    )


def _fits(char: str) -> bool:
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
