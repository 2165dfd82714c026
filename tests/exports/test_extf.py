"""EXTF: read back by a reader written from the format's description alone, which knows nothing of the writer."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.errors import Refused
from einvoice.exports.extf import Cell, Header, document_number, fields, write

HEADER = Header(
    29098,
    55003,
    date(2026, 1, 1),
    4,
    date(2026, 3, 1),
    date(2026, 3, 31),
    "Stapel 1",
    datetime(2026, 3, 31, 12, 30, 5, 123000, UTC),
)
ROW: dict[str, Cell] = {
    "Umsatz (ohne Soll/Haben-Kz)": Decimal("119.00"),
    "Soll/Haben-Kennzeichen": "H",
    "Konto": 70001,
    "Gegenkonto (ohne BU-Schlüssel)": 5400,
    "BU-Schlüssel": "0009",
    "Belegdatum": date(2026, 3, 2),
    "Belegfeld 1": "RE-1",
    "Buchungstext": 'Büro "Nord"; Papier',
    "Festschreibung": 0,
}


def read(data: bytes, encoding: str = "cp1252") -> list[list[tuple[bool, str]]]:
    """Lines of (quoted, text), by the format's description."""
    text = data.decode(encoding)
    assert text.endswith("\r\n")
    cell = re.compile(r'"((?:[^"]|"")*)"|([^";\r\n]*)')
    lines = []
    for line in text[:-2].split("\r\n"):
        found, at = [], 0
        while True:
            match = cell.match(line, at)
            assert match
            found.append(
                (match[1] is not None, match[1].replace('""', '"') if match[1] is not None else match[2])
            )
            at = match.end()
            if at == len(line):
                break
            assert line[at] == ";"
            at += 1
        lines.append(found)
    return lines


def test_a_row_reads_back() -> None:
    header, names, row = read(write(HEADER, [ROW]).data)
    assert (len(header), len(names), len(row)) == (31, 125, 125)
    assert [text for _, text in header[:6]] == [
        "EXTF",
        "700",
        "21",
        "Buchungsstapel",
        "13",
        "20260331123005123",
    ]
    assert header[20] == (False, "0")
    said = {name: cell for (_, name), cell in zip(names, row, strict=True)}
    assert said["Umsatz (ohne Soll/Haben-Kz)"] == (False, "119,00")
    assert said["Buchungstext"] == (True, 'Büro "Nord"; Papier')
    assert said["Belegdatum"] == (False, "0203")
    assert said["Festschreibung"] == (False, "0")


def test_texts_are_quoted_even_when_empty_and_numbers_never() -> None:
    _, _, row = read(write(HEADER, [ROW]).data)
    assert [quoted for quoted, _ in row] == [field.quoted for field in fields("data")]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Umsatz (ohne Soll/Haben-Kz)", Decimal("0.00")),
        ("Umsatz (ohne Soll/Haben-Kz)", Decimal("-1.00")),
        ("Umsatz (ohne Soll/Haben-Kz)", None),
        ("Konto", 0),
        ("BU-Schlüssel", "9"),
        ("Belegfeld 1", "RE 1.2"),
        ("Buchungstext", "x" * 61),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_by_name(column: str, cell: Cell) -> None:
    with pytest.raises(Refused, match=re.escape(column)):
        write(HEADER, [ROW, {**ROW, column: cell}])


def test_a_column_there_is_not_is_refused() -> None:
    with pytest.raises(Refused, match="Kontierung"):
        write(HEADER, [{**ROW, "Kontierung": "x"}])


@given(st.text(max_size=60))
def test_any_booking_text_keeps_the_shape(text: str) -> None:
    written = write(HEADER, [{**ROW, "Buchungstext": text}])
    _, _, row = read(written.data)
    assert len(row) == 125
    assert all(char not in row[13][1] for char in written.replaced)


@given(st.text(max_size=80))
def test_every_invoice_number_becomes_a_belegfeld(number: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_$%&*+\-/]{0,36}", document_number(number))
