"""Skonto rows in words: which rows are meant is what the rule BR-DE-18 says; the figures are plain arithmetic."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.model.content import Content
from einvoice.model.discounts import Discount, discounts
from einvoice.render.discounts import explained
from einvoice.rulebook.functions import skonto


def invoice(due: str = "1190.00", issued: str = "2026-01-31") -> Content:
    return Content.parse({"BT-2": issued, "BT-5": "EUR", "BG-22": {"BT-115": due}})


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "de",
            "2,00 % Skonto bei Zahlung bis 14.02.2026 (14 Tage ab Rechnungsdatum): "
            "Abzug 23,80 € von 1.190,00 €, zu zahlen 1.166,20 €.",
        ),
        (
            "en",
            "2.00% discount if paid by 14 Feb 2026 (14 days from the invoice date): "
            "23.80 € off 1,190.00 €, 1,166.20 € to pay.",
        ),
    ],
)
def test_a_row_is_explained(lang: str, said: str) -> None:
    sentences = list(explained("Danke\n#SKONTO#TAGE=14#PROZENT=2.00#\n", invoice(), lang))
    assert [sentence.replace("\u00a0", " ") for sentence in sentences] == [said]


def test_a_base_of_its_own_and_several_rows() -> None:
    terms = (
        "#SKONTO#TAGE=7#PROZENT=3.00#BASISBETRAG=500.00#\n#SKONTO#TAGE=14#PROZENT=2.00#\nRest in 30 Tagen\n"
    )
    assert discounts(terms) == [
        Discount(7, Decimal("3.00"), Decimal("500.00")),
        Discount(14, Decimal("2.00")),
    ]
    first, second = (line.replace("\u00a0", " ") for line in explained(terms, invoice(), "de"))
    assert "Abzug 15,00 € von 500,00 €, zu zahlen 1.175,00 €" in first
    assert "Abzug 23,80 €" in second


@pytest.mark.parametrize("issued", ["", "kein Datum", "9999-12-31"])
def test_without_a_date_only_the_days_are_said(issued: str) -> None:
    (said,) = explained("#SKONTO#TAGE=1#PROZENT=2.00#\n", invoice(issued=issued), "de")
    assert "innerhalb von 1 Tag ab Rechnungsdatum" in said


@given(
    st.integers(0, 9999),
    st.decimals(0, 999, places=2, allow_nan=False),
    st.decimals(-(10**12), 10**12, places=2, allow_nan=False),
)
def test_the_figures_are_right(days: int, rate: Decimal, due: Decimal) -> None:
    (said,) = explained(f"#SKONTO#TAGE={days}#PROZENT={rate:f}#\n", invoice(f"{due:f}"), "en")
    exact = Fraction(due) * Fraction(rate) / 100
    off = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert f"{off:,f}".lstrip("-") in said
    day = date(2026, 1, 31) + timedelta(days=days)
    assert f"{day.day} {day:%b} {day.year}" in said


@given(st.text("#SKONTOTAGEPROZENT=0123456789.\n ", max_size=60))
def test_what_is_explained_is_what_the_rule_accepts(terms: str) -> None:
    rows = [row for row in terms.splitlines() if discounts(row)]
    assert all(skonto((f"{row.strip()}\n",)) for row in rows)
