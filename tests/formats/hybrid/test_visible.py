# ruff: noqa: E501  (a table of cases reads best one case per line)
"""Picture against data: a changed number, total or account is told with both values; odd forms are left in peace."""

import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from einvoice.formats import xml
from einvoice.formats.delivery import open_delivery
from einvoice.formats.hybrid import lettering
from einvoice.formats.hybrid.embedding import embed
from einvoice.formats.hybrid.profiles import first
from einvoice.formats.hybrid.visible import compare
from einvoice.formats.pdf import Pdf
from tests.formats.hybrid.papers import cii, page
from tests.formats.hybrid.test_judging import HYBRIDS, told
from tests.parts import needs
from tests.rulebook.facturx.invoice import Change, text, within

IBAN = "DE75512108001245126199"
ACCOUNT: Change = within(
    "//ram:ApplicableHeaderTradeSettlement",
    "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode><ram:PayeePartyCreditorFinancialAccount>"
    f"<ram:IBANID>{IBAN}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>"
    "</ram:SpecifiedTradeSettlementPaymentMeans>",
)
GOOD = (
    "Rechnung Nr. 2026-0815 vom 2. März 2026",
    "Zu zahlen: 226,10 EUR",
    "IBAN DE75 5121 0800 1245 1261 99",
)


def problems(*shown: str, change: Change = lambda _: None) -> list[tuple[str, str, str]]:
    """What is told of a page with these lines."""
    root = xml.parse(cii("EN 16931", ACCOUNT, change))
    found = compare("\n".join(shown), root)
    return [(one.values["why"], one.values["stated"], one.values["expected"]) for one in found]


CASES: dict[str, tuple[tuple[str, ...], list[tuple[str, str, str]]]] = {
    "all as it should be": (GOOD, []),
    "English": (("Invoice number: 2026-0815", "Invoice date March 2, 2026", "Amount due 226.10", f"IBAN {IBAN}"), []),
    "letters apart": (("Rechnung 2 0 2 6 - 0 8 1 5", "2. 3. 2026", "Summe 2 26 , 10"), []),
    "no account, no date": (("Rechnung 2026-0815 über 226,10 EUR",), []),
    "prepaid": (("Rechnung 2026-0815, 02.03.26", "Gesamtbetrag 226,10 gezahlt, Rest 0,00"), []),
    "several accounts": ((*GOOD, "oder IBAN DE89 3704 0044 0532 0130 00"), []),
    "a discount is another total": ((*GOOD[:1], "Zahlbetrag 226,10", "bei Skonto Zahlbetrag: 219,32"), []),
    "number with another separator": (("Rechnungsnummer 2026/0815", "02.03.2026", "226,10"), []),
    "another account": ((*GOOD[:2], "IBAN: DE89 3704 0044 0532 0130 00"), [("iban", "DE89370400440532013000", IBAN)]),
    "an account that is none": ((*GOOD[:2], "IBAN: DE12 1234 4321 9876 00"), [("iban", "DE12123443219876" + "00", IBAN)]),
    "another total": ((GOOD[0], "Gesamtbetrag: 2.261,00 EUR", GOOD[2]), [("amount", "2261.00", "226.10")]),
    "another total, the right one in small print": (
        (GOOD[0], "Zahlbetrag 1.226,10 EUR", "Mahnung vom Vorjahr: 226,10"),
        [("amount", "1226.10", "226.10")],
    ),
    "no such amount": ((GOOD[0], "Summe: 300,00 EUR"), [("amount-absent", "300.00", "226.10")]),
    "another number": (("Rechnungsnummer: 2026-0816", *GOOD[1:], "02.03.2026"), [("number", "2026-0816", "2026-0815")]),
    "no such number": (("Rechnung 999 vom 02.03.2026", GOOD[1]), [("number-absent", "", "2026-0815")]),
    "another date": (
        ("Rechnungsnummer: 2026-0815", "Rechnungsdatum: 03.03.2026", GOOD[1]),
        [("date", "2026-03-03", "2026-03-02")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_page_shows_is_compared(name: str) -> None:
    shown, expected = CASES[name]
    assert problems(*shown) == expected


def test_a_page_without_letters_is_not_compared() -> None:
    assert told(embed(page(), cii("BASIC")).pdf) == [("EI-PDF-NOTEXT", "")]


def test_a_manipulated_pdf_is_told_from_end_to_end() -> None:
    shown = (
        "Rechnungsnummer 2026-0815",
        "Datum 02.03.2026",
        "Gesamtbetrag 2.261,00",
        "IBAN DE89 3704 0044 0532 0130 00",
    )
    made = embed(page(*shown), cii("XRECHNUNG")).pdf
    assert {why for rule, why in told(made) if rule == "EI-PDF-DIFFERS"} >= {"number", "amount", "iban"}


def _with(root: etree._Element, name: str, value: str) -> etree._Element:
    changed: etree._Element = copy.deepcopy(root)
    for element in changed.iter(f"{{*}}{name}"):
        element.text = value
    return changed


@needs("shared")
@pytest.mark.parametrize("path", HYBRIDS, ids=lambda path: path.name)
def test_manipulations_of_real_hybrids_are_found(path: Any) -> None:
    (document,) = open_delivery(path.read_bytes()).documents
    try:
        root = xml.parse(document.data)
    except xml.Refused:
        pytest.skip("its XML cannot be read")
    if first(root, "BT-1") is None:
        pytest.skip("its XML is older than ZUGFeRD 1.0")
    shown = Pdf(path.read_bytes()).text()
    for whys, changed in (
        (
            {"amount", "amount-absent"},
            _with(_with(root, "DuePayableAmount", "77.77"), "GrandTotalAmount", "77.77"),
        ),
        ({"iban"}, _with(root, "IBANID", IBAN)),
    ):
        if whys == {"iban"} and not first(root, "BT-84"):
            continue
        assert whys & {one.values["why"] for one in compare(shown, changed)}


@given(st.decimals("0.01", "999999999.99", places=2), st.sampled_from([".,", ",.", " ,", "'.", "’."]))
def test_an_amount_is_found_in_every_form(amount: Decimal, marks: str) -> None:
    written = f"{amount:,.2f}".replace(",", "T").replace(".", marks[1]).replace("T", marks[0])
    assert amount in lettering.amounts(f"Summe {written} EUR")
    assert lettering.shows_amount(f"Summe {written} EUR", amount)
    assert not lettering.shows_amount(f"Summe 9{written} EUR", amount)


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(
        ["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d %B %Y", "%B %d, %Y"]
    ),
)
def test_a_day_is_found_in_every_form(day: date, form: str) -> None:
    assert day in lettering.all_days(f"vom {day.strftime(form)} an")


@given(st.text(max_size=300))
def test_any_text_is_compared_without_error(shown: str) -> None:
    assert isinstance(compare(shown, xml.parse(cii("BASIC", text("//ram:GrandTotalAmount", "x")))), list)
