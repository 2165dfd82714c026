"""A batch as EXTF, read back by a reader made from the column table alone: what is booked where, to the cent."""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from einvoice.errors import Refused
from einvoice.exports.datev import datev
from einvoice.exports.datev_bookings import guid
from einvoice.exports.table import table
from tests.exports import rows as made_up
from tests.exports.rows import POSTING, closed, posting, row
from tests.exports.test_extf import read
from tests.parts import FULL, ROOT, rounds

DESCRIBED = (ROOT / "schemas" / "extf.tsv").read_text("utf-8").splitlines()
COLUMNS = list(
    csv.DictReader([line for line in DESCRIBED if line[:1] != "#"], delimiter="\t", quoting=csv.QUOTE_NONE)
)


class Buchungsstapel:
    """A file by the column table: every cell held against type, length, pattern and quoting; rows by name."""

    def __init__(self, data: bytes, encoding: str = "cp1252") -> None:
        header, names, *rows = read(data, encoding)
        described = [one for one in COLUMNS if one["line"] == "header"]
        self.header = _checked(header, described)
        columns = [one for one in COLUMNS if one["line"] == "data"]
        assert [text for _, text in names] == [one["name"] for one in columns]
        self.rows = [_checked(one, columns) for one in rows]
        self._consistent()

    def _consistent(self) -> None:
        head = self.header
        assert (head["Kennzeichen"], head["Versionsnummer"], head["Formatversion"]) == ("EXTF", "700", "13")
        year, first, last = (
            date.fromisoformat(head[name]) for name in ("WJ-Beginn", "Datum von", "Datum bis")
        )
        assert year <= first <= last < date(year.year + 1, year.month, year.day)
        assert (first.year, first.month) == (last.year, last.month)
        length = int(head["Sachkontenlänge"])
        for one in self.rows:
            day = date(first.year, int(one["Belegdatum"][2:]), int(one["Belegdatum"][:2]))
            assert first <= day <= last
            assert len(one["Konto"]) == length + 1
            assert len(one["Gegenkonto (ohne BU-Schlüssel)"]) <= length
            assert one["Festschreibung"] == head["Festschreibung"]

    def sums(self) -> dict[str, Decimal]:
        """What the creditor is owed by document number, in EUR."""
        found: dict[str, Decimal] = {}
        for one in self.rows:
            amount = _number(one["Basis-Umsatz"] or one["Umsatz (ohne Soll/Haben-Kz)"])
            assert amount > 0
            sign = 1 if one["Soll/Haben-Kennzeichen"] == "H" else -1
            found[one["Belegfeld 1"]] = found.get(one["Belegfeld 1"], Decimal()) + sign * amount
        return found


def _checked(cells: Sequence[tuple[bool, str]], columns: Sequence[Mapping[str, str]]) -> dict[str, str]:
    assert len(cells) == len(columns)
    for (quoted, text), column in zip(cells, columns, strict=True):
        assert quoted == (column["quoted"] == "yes"), column["name"]
        assert text or column["mandatory"] != "M", column["name"]
        if text and column["regex_without_quotes"]:
            assert re.fullmatch(column["regex_without_quotes"], text), (column["name"], text)
        if text and column["max_length"].isdigit():
            assert len(text) <= int(column["max_length"]), (column["name"], text)
        if text and column["type"] == "decimal":
            whole, _, cents = column["max_length"].partition(",")
            digits, _, places = text.partition(",")
            least, _, most = cents.partition("-")
            assert len(digits) <= int(whole)
            assert int(least) <= len(places) <= int(most or least)
        if text and column["type"] == "date":
            date.fromisoformat(f"{text[4:]}-{text[2:4]}-{text[:2]}")
    return {column["name"]: text for (_, text), column in zip(cells, columns, strict=True)}


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def one(rows: Sequence[Any], **policies: Any) -> list[dict[str, str]]:
    """The bookings of a batch that makes one file."""
    (file,) = datev(closed(rows, **policies)).files
    return Buchungsstapel(file.data).rows


def test_equal_postings_are_one_booking_and_cost_centres_are_kept_apart() -> None:
    parts = [
        posting("50.00", cost_centre="100"),
        posting("25.00", cost_centre="100", text="zweiter"),
        posting("10.00", cost_centre="200", cost_object="KTR 7"),
        posting("7.00", cost_centre="100", vat_rate="7"),
    ]
    found = one([row(1, parts)])
    names = "BU-Schlüssel", "KOST1 - Kostenstelle", "KOST2 - Kostenstelle"
    said = [(_number(b["Umsatz (ohne Soll/Haben-Kz)"]), *(b[name] for name in names)) for b in found]
    assert said == [
        (Decimal("75.00"), "0009", "100", ""),
        (Decimal("10.00"), "0009", "200", "KTR 7"),
        (Decimal("7.00"), "0008", "100", ""),
    ]
    assert {b["Soll/Haben-Kennzeichen"] for b in found} == {"H"}


def test_credit_notes_and_parts_below_zero_swap_sides() -> None:
    credit, invoice = one(
        [
            row(1, [posting("30.00")], credit=True, type_code="381"),
            row(2, [posting("50.00"), posting("-20.00", account="5410")]),
        ]
    )[0::2]
    assert (credit["Soll/Haben-Kennzeichen"], credit["Umsatz (ohne Soll/Haben-Kz)"]) == ("S", "30,00")
    assert (invoice["Soll/Haben-Kennzeichen"], invoice["Umsatz (ohne Soll/Haben-Kz)"]) == ("S", "20,00")


def test_files_are_of_one_posting_period_and_no_more_rows_than_fit() -> None:
    rows = [row(n, [posting("1.00"), posting("2.00", account="5410")]) for n in range(1, 6)]
    rows += [row(6, [posting("3.00")], issue_date="2026-10-31")]
    files = datev(closed(rows, datev={"most_rows": 4})).files
    assert [file.name for file in files] == [
        "EXTF_musterlippe_2026-0007_2026-10.csv",
        "EXTF_musterlippe_2026-0007_2026-11_1.csv",
        "EXTF_musterlippe_2026-0007_2026-11_2.csv",
        "EXTF_musterlippe_2026-0007_2026-11_3.csv",
    ]
    assert [len(Buchungsstapel(file.data).rows) for file in files] == [1, 4, 4, 2]
    with pytest.raises(Refused, match="RE-1: 2 bookings"):
        datev(closed(rows, datev={"most_rows": 1}))


def test_a_fiscal_year_that_begins_in_july_parts_the_files() -> None:
    rows = [
        row(1, [posting("1.00")], issue_date="2026-06-30"),
        row(2, [posting("1.00")], issue_date="2026-07-01"),
    ]
    files = datev(closed(rows, posting={**POSTING, "fiscal_year": "07-01"})).files
    assert [Buchungsstapel(file.data).header["WJ-Beginn"] for file in files] == ["20250701", "20260701"]


def test_what_the_policy_switches_on_is_said() -> None:
    said = {"locked": True, "links": True, "supply_date": True, "kost1": "product"}
    (file,) = datev(closed([row(1, [posting("1.00", product="P1", cost_centre="100")])], datev=said)).files
    book = Buchungsstapel(file.data)
    (found,) = book.rows
    assert book.header["Festschreibung"] == "1"
    assert (found["Leistungsdatum"], found["KOST1 - Kostenstelle"]) == ("30102026", "P1")
    assert found["Beleglink"] == f'BEDI "{guid(f"{1:064x}")}"'
    assert f'"BEDI ""{guid(f"{1:064x}")}"""' in file.data.decode("cp1252")
    plain = one([row(1, [posting("1.00")])])[0]
    assert (plain["Beleglink"], plain["Leistungsdatum"], plain["Festschreibung"]) == ("", "", "0")


def test_a_seller_elsewhere_in_the_eu_is_named_with_vat_id_and_rate() -> None:
    (found,) = one(
        [row(1, [posting("100.00", vat_category="K", vat_rate="7")], seller_vat_id="FR 40 303265045")]
    )
    assert found["EU-Land u. UStID (Bestimmung)"] == "FR40303265045"
    assert found["EU-Steuersatz (Bestimmung)"] == "07,00"
    (home,) = one([row(1, [posting("100.00", vat_category="AE", vat_rate="0")])])
    assert home["EU-Land u. UStID (Bestimmung)"] == ""


RATES = {"rates": {"USD": {"rate": "1.0850", "date": "2026-11-20", "source": "EZB"},
                   "GBP": {"rate": "0.8700", "date": "2026-11-20", "source": "EZB"}}}  # fmt: skip


def test_another_currency_is_refused_or_converted_as_configured() -> None:
    dollars = [row(1, [posting("100.00"), posting("0.99", account="5410")], currency="USD")]
    with pytest.raises(Refused, match="USD: no rate"):
        datev(closed(dollars))
    first, second = one(dollars, datev=RATES)
    assert (first["Umsatz (ohne Soll/Haben-Kz)"], first["WKZ Umsatz"], first["Kurs"]) == (
        "100,00",
        "USD",
        "1,0850",
    )
    assert _number(first["Basis-Umsatz"]) + _number(second["Basis-Umsatz"]) == Decimal("93.08")
    assert first["WKZ Basis-Umsatz"] == "EUR"
    assert "1 EUR = 1.0850 (2026-11-20, EZB)" in first["Beleginfo - Inhalt 1"]
    (pounds,) = one([row(1, [posting("87.00")], currency="GBP")], datev=RATES)
    assert (pounds["Umsatz (ohne Soll/Haben-Kz)"], pounds["WKZ Umsatz"], pounds["Kurs"]) == (
        "100,00",
        "EUR",
        "",
    )
    assert pounds["Beleginfo - Inhalt 1"].startswith("87.00 GBP")


def test_numbers_that_become_one_document_number_are_told() -> None:
    output = datev(
        closed([row(1, [posting("1.00")], number="RE 1.0"), row(2, [posting("2.00")], number="RE10")])
    )
    assert output.remarks[0][1] == "Invoices RE 1.0 and RE10 both have Belegfeld 1 RE10."
    first = Buchungsstapel(output.files[0].data).rows[0]
    assert (first["Beleginfo - Art 1"], first["Beleginfo - Inhalt 1"]) == ("Rechnungsnummer", "RE 1.0")


def test_characters_that_cp1252_has_not_are_replaced_and_told() -> None:
    rows = [row(1, [posting("1.00")], seller="Łódź Papier")]
    (file,) = datev(closed(rows)).files
    assert file.remarks
    assert "'ź' → 'z'" in file.remarks
    (unicode,) = datev(closed(rows, datev={"encoding": "utf-8-sig"})).files
    assert "Łódź" in Buchungsstapel(unicode.data, "utf-8-sig").rows[0]["Buchungstext"]
    assert not unicode.remarks


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "creditor too short": ({"contra_account": "7000"}, {}, "'7000' is none of 5"),
    "account too long": ({"account": "54000"}, {}, "'54000' is none of 1-4"),
    "no account": ({"account": None}, {}, "None is none"),
    "other digits": ({"account": "٥٤٠٠"}, {}, "is none of"),
    "no date": ({}, {"issue_date": None, "claim": {"amount": "1.00", "currency": "EUR", "due": None, "tiers": []}},
                "no date"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_booked_is_refused_with_the_invoice(name: str) -> None:
    part, said, why = WRONG[name]
    with pytest.raises(Refused, match=f"RE-1.*{re.escape(why)}"):
        datev(closed([row(1, [posting("1.00", **part)], **said)]))


@pytest.mark.parametrize(
    "said",
    [{"encoding": "utf-16"}, {"kost1": "colour"}, {"most_rows": 0}, {"rates": {"USD": {"rate": "1"}}},
     {"rates": {"USD": {"rate": "0", "date": "2026-11-20", "source": "EZB"}}}, {"purse": 1}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_by_name(said: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=f"datev, {next(iter(said))}"):
        datev(closed([row(1, [posting("1.00")])], datev=said))


def test_an_invoice_whose_bookings_come_to_nothing_is_named() -> None:
    nothing = row(1, [posting("5.00"), posting("-5.00")])
    output = datev(closed([nothing, row(2, [posting("1.00")])]))
    assert [(left.position, left.code) for left in output.left] == [(1, "nothing-to-book")]
    with pytest.raises(Refused, match="nothing to book"):
        datev(closed([nothing]))


@settings(
    max_examples=5000 if FULL else rounds(60, 200), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(made_up.batches(currencies=("EUR", "EUR", "USD", "GBP")))
def test_what_is_booked_is_what_was_approved_to_the_cent(rows: list[Any]) -> None:
    output = datev(closed(rows, datev=RATES))
    booked: dict[str, Decimal] = {}
    for file in output.files:
        for number, amount in Buchungsstapel(file.data).sums().items():
            assert number not in booked
            booked[number] = amount
    rate = {"EUR": Decimal(1), "USD": Decimal("1.0850"), "GBP": Decimal("0.8700")}[
        rows[0].content["currency"]
    ]
    left = {one.position for one in output.left}
    for one in rows:
        expected = (abs(one.amount) / rate).quantize(Decimal("0.01"), "ROUND_HALF_UP") * (
            1 if one.amount > 0 else -1
        )
        if one.position not in left:
            assert booked.pop(one.content["number"]) == expected
    assert not booked


@settings(
    max_examples=5000 if FULL else rounds(60, 200), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(made_up.batches(currencies=("EUR", "USD")))
def test_the_table_read_back_adds_up_to_the_batch(rows: list[Any]) -> None:
    batch = closed(rows)
    (file,) = table(batch).files
    text = file.data.decode("utf-8-sig")
    assert text.endswith("\r\n")
    total = Decimal()
    for line in csv.DictReader(text.splitlines(), delimiter=";"):
        total += Decimal(line["amount"]) * (-1 if line["type_code"] == "381" else 1)
    assert total == batch.batch.total
