"""CSV and fixed width as a reader sees them that knows no profiles: the csv module, and hand-written widths."""

import csv
import io
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.errors import Refused
from tests.exports.cases import AMOUNTS, HOSTILE, made, sample, with_texts
from tests.parts import rounds

ORDER = (1, 10, 30, 8, 8, 35, 34, 14, 3, 17)
SPLIT = (1, 10, 3, 12, 10, 12, 12, 2, 14, 4, 60, 20)
TRAILER = (1, 8, 8, 16, 20, 107)
"""The widths of hkr-fixed, written down here by hand."""


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("cp1252"), newline=""), delimiter=";"))


def _cut(line: str, widths: tuple[int, ...]) -> list[str]:
    cells, at = [], 0
    for width in widths:
        cells.append(line[at : at + width])
        at += width
    assert at == len(line)
    return cells


def _implied(text: str) -> Decimal:
    """F15z-like: cents implied, H or S after."""
    digits, letter = text[:-1], text[-1]
    assert digits.isdigit()
    return Decimal(digits).scaleb(-2) * {"H": 1, "S": -1}[letter]


def test_csv_has_a_line_per_posting_with_the_batch_total() -> None:
    profile, case = sample("hkr-csv")
    file = made(profile, case)
    rows = _rows(file.data)
    assert len(rows) == 3
    total = sum(
        Decimal(row["Betrag"].replace(",", ".")) * (1 if row["SollHaben"] == "H" else -1) for row in rows
    )
    assert total == Decimal(str(case.batch["total"]))
    assert rows[1]["Buchungstext"] == 'Papier; "A4"'
    assert rows[0]["Lieferant"] == "Müller & Söhne GmbH"
    assert rows[2]["Lieferant"] == "Émile Lódz Handels-Ges."
    assert file.remarks == ("'Ł' → 'L'", "'ź' → 'z'")
    assert [row["Belegnummer"] for row in rows] == ["00000001", "00000001", "00000002"]
    assert file.name == "musterstadt_2026-0007_HKR.csv"


def test_fixed_records_have_their_widths_and_totals() -> None:
    profile, case = sample("hkr-fixed")
    lines = made(profile, case).data.decode("iso-8859-15").split("\r\n")
    assert lines.pop() == ""
    assert {len(line) for line in lines} == {160}
    assert "".join(line[0] for line in lines) == "VATTPPATPE"
    orders = [_cut(line, ORDER) for line in lines if line[0] == "A"]
    splits = [_cut(line, SPLIT) for line in lines if line[0] == "T"]
    last = _cut(lines[-1], TRAILER)
    assert [_implied(one[7]) for one in orders] == [Decimal("1170.00"), Decimal("-100.00")]
    assert sum(_implied(one[7]) for one in orders) == _implied(last[3]) == Decimal(str(case.batch["total"]))
    assert [Decimal(one[8]).scaleb(-2) for one in splits] == [Decimal(x) for x in ("952", "218", "100")]
    assert (int(last[1]), int(last[2])) == (len(lines), 2)
    digits = sum(int(re.sub(r"\D", "", str(row.content["iban"] or "0"))) for row in case.rows)
    assert int(last[4]) == digits % 10**20


@settings(max_examples=rounds(50, 120), deadline=None)
@given(number=HOSTILE, seller=HOSTILE, text=HOSTILE, amounts=st.lists(AMOUNTS, min_size=1, max_size=5))
def test_no_text_of_an_invoice_breaks_a_csv(
    number: str, seller: str, text: str, amounts: list[Decimal]
) -> None:
    profile, case = sample("hkr-csv")
    rows = _rows(made(profile, with_texts(case, number, seller, text, amounts)).data)
    assert len(rows) == len(amounts)
    for row, amount in zip(rows, amounts, strict=True):
        assert Decimal(row["Betrag"].replace(",", ".")) == abs(amount)
        assert None not in row
        assert not any(re.match(r"[=+\-@\t\r\n]", cell) for cell in row.values() if not _is_number(cell))
        assert not any(re.search(r"[\x00-\x1f]", cell) for cell in row.values())


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)?", text))


@settings(max_examples=rounds(50, 120), deadline=None)
@given(number=HOSTILE, seller=HOSTILE, text=HOSTILE, amounts=st.lists(AMOUNTS, min_size=1, max_size=5))
def test_no_text_of_an_invoice_moves_a_column(
    number: str, seller: str, text: str, amounts: list[Decimal]
) -> None:
    profile, case = sample("hkr-fixed")
    data = made(profile, with_texts(case, number, seller, text, amounts)).data
    lines = data.split(b"\r\n")[:-1]
    assert {len(line) for line in lines} == {160}
    splits = [_cut(line.decode("iso-8859-15"), SPLIT) for line in lines if line[:1] == b"T"]
    assert [Decimal(one[8]).scaleb(-2) for one in splits] == amounts
    assert _implied(_cut(lines[-1].decode("iso-8859-15"), TRAILER)[3]) == sum(amounts)


def test_what_the_encoding_lacks_is_refused_unless_the_profile_replaces_it() -> None:
    profile, case = sample("hkr-csv", 'unencodable = "replace"\n', "")
    with pytest.raises(Refused, match=r"Invoice GS-77, posting\.Lieferant: cp1252 has no Ł \(U\+0141\), ź"):
        made(profile, case)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("hkr-csv", "Produkt        = ", 'X = { value = "posting.investment", required = true }\nProdukt = ',
         r"posting\.X: is needed and not stated"),
        ("hkr-fixed", 'over = "cut", required', "required", "'Müller & Söhne GmbH' is longer than 10"),
        ("hkr-csv", '"E" = "F"\n"AE" = "R"\n"K" = "I"\n"*" = "-"', "", "is not in the table tax"),
        ("hkr-csv", 'max = 40, required = true', 'max = 5, required = true', "is longer than 5"),
        ("hkr-csv", '"row.iban", pattern = "[A-Z]{2}', '"row.iban", pattern = "X[A-Z]', "has not the shape"),
        ("hkr-csv", 'Kostenstelle   = "posting.cost_centre"',
         'Kostenstelle = { value = "posting.cost_centre", known = "nothing" }', "not in the master data"),
        ("hkr-csv", "row.currency == 'EUR'", "row.currency == 'USD'", "only euro is handed over"),
        ("hkr-csv", 'max = 60, over = "cut", quote = "always" }\nBeleg', 'quote = "never" }\nBeleg',
         "holds the separator"),
        ("hkr-csv", "_HKR.csv", "_HKR/../../etc.csv", "no name for a file"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_invoice_and_field(name: str, old: str, new: str, said: str) -> None:
    if "longer than 10" in said:
        old, new = (
            'width = 35, at = 58, over = "cut", required = true',
            "width = 10, at = 58, required = true",
        )
        profile, case = sample(name, old, new + ' }\nMehr = { text = "", width = 25, at = 68')
    else:
        profile, case = sample(name, old, new)
    with pytest.raises(Refused, match=said):
        made(profile, case)
