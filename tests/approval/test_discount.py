"""What is paid on a day: figures told by hand, and properties that hold for every invoice and calendar."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from dateutil.easter import easter as dateutil_easter
from hypothesis import given
from hypothesis import strategies as st

from einvoice.approval import workdays
from einvoice.approval.discount import Claim, arrival, best, claim, payment_due
from einvoice.model.discounts import Discount, skonto
from einvoice.store.tables import Invoice

CENTS = st.decimals("0.01", "99999999", places=2)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


def invoice(
    payable: str = "1190.00", terms: str | None = "#SKONTO#TAGE=14#PROZENT=2.00#\n", **values: Any
) -> Invoice:
    said = {"currency": "EUR", "type_code": "380", "issue_date": "2026-01-31", "terms": terms}
    amounts = {"gross": Decimal(payable), "payable": Decimal(payable)}
    said |= {
        "file": "",
        "received": "",
        "state": "routed",
        "since": "",
        "verdict": "accepted",
        "container": "xml",
    }
    return Invoice(delivery_id=1, position=1, **{**said, **amounts, **values})


TWO = "#SKONTO#TAGE=7#PROZENT=3.00#BASISBETRAG=500.00#\n#SKONTO#TAGE=14#PROZENT=2.00#\nRest in 30 Tagen\n"
GOLDEN: dict[str, tuple[Invoice, str, str, str]] = {
    "on the last day": (invoice(), "2026-02-14", "1166.20", "23.80"),
    "a day late": (invoice(), "2026-02-15", "1190.00", "0.00"),
    "the greater of two": (invoice(terms=TWO), "2026-02-07", "1166.20", "23.80"),
    "a base of its own": (invoice(terms=TWO.replace("2.00", "1.00")), "2026-02-07", "1175.00", "15.00"),
    "half a cent goes up": (invoice("0.25"), "2026-02-01", "0.24", "0.01"),
    "a tenth deducted": (invoice(approved=Decimal("1071.00")), "2026-02-01", "1049.58", "21.42"),
    "a tenth deducted, base of its own": (
        invoice(terms=TWO.splitlines(True)[0], approved=Decimal("1071.00")), "2026-02-01", "1057.50", "13.50",
    ),
    "paid in advance": (invoice("190.00", gross=Decimal("1190.00")), "2026-02-01", "186.20", "3.80"),
    "paid in advance and deducted": (
        invoice("190.00", gross=Decimal("1190.00"), approved=Decimal("95.00")), "2026-02-01", "93.10", "1.90",
    ),
    "a credit note": (invoice(type_code="381"), "2026-02-01", "1190.00", "0.00"),
    "a negative invoice": (invoice("-10.00"), "2026-02-01", "-10.00", "0.00"),
    "a negative base": (
        invoice(terms="#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=-5.00#\n"), "2026-02-01", "1190.00", "0.00",
    ),
    "more than all of it": (
        invoice("1.00", terms="#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=50.00#\n"), "2026-02-01", "1.00", "0.00",
    ),
    "a row not as written down": (
        invoice(terms="#SKONTO#TAGE=14#PROZENT=2,00#\n"), "2026-02-01", "1190.00", "0.00",
    ),
    "words only": (invoice(terms="2 % Skonto in 14 Tagen"), "2026-02-01", "1190.00", "0.00"),
    "no date": (invoice(issue_date=None), "2026-02-01", "1190.00", "0.00"),
    "kept as found": (
        invoice(terms=None, skonto=[{"days": 10, "percent": "3.00", "base": None}]), "2026-02-10", "1154.30", "35.70",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN)
def test_figures_told_by_hand(case: str) -> None:
    asked, day, amount, off = GOLDEN[case]
    paid = payment_due(asked, date.fromisoformat(day))
    assert (str(paid.amount), str(paid.off)) == (amount, off)
    frozen = Claim.parse(claim(asked).plain())
    assert payment_due(frozen, date.fromisoformat(day)) == paid


@given(CENTS, st.lists(st.tuples(st.integers(0, 400), st.decimals(0, 99, places=2)), max_size=4), DAYS, DAYS)
def test_what_is_saved_is_exact_and_the_most_there_is(
    payable: Decimal, rows: Sequence[tuple[int, Decimal]], issued: date, day: date
) -> None:
    terms = "".join(skonto(days, percent) for days, percent in rows)
    paid = payment_due(invoice(f"{payable}", terms, issue_date=str(issued)), day)
    offered = [_cents(payable, percent) for days, percent in rows if day <= issued + timedelta(days=days)]
    assert paid.off == max((off for off in offered if 0 < off < payable), default=Decimal())
    assert paid.amount + paid.off == paid.full == payable


def _cents(base: Decimal, percent: Decimal) -> Decimal:
    exact = Fraction(base) * Fraction(percent) / 100
    return Decimal(int(exact * 100 + Fraction(1, 2))) / 100


@given(CENTS, CENTS, st.decimals("0.01", 99, places=2))
def test_who_pays_a_part_takes_that_part_of_the_discount(a: Decimal, b: Decimal, percent: Decimal) -> None:
    part, whole = sorted((a, b))
    cut = invoice(f"{whole}", skonto(14, percent, whole), approved=part)
    (tier,) = claim(cut).tiers or (None,)
    if tier is None:
        assert not 0 < (part * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP) < part
    else:
        assert tier.base == part
        assert tier.off == (part * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_easter_is_when_others_say() -> None:
    years = range(1900, 2200)
    assert [workdays.easter(year) for year in years] == [dateutil_easter(year) for year in years]


def test_no_payment_on_corpus_christi_nor_on_the_third_of_october() -> None:
    closed = [
        "2026-06-04",
        "2025-10-03",
        "2027-05-06",
        "2027-05-17",
        "2026-12-25",
        "2026-11-28",
        "2027-11-01",
    ]
    assert not [day for day in closed if workdays.works(date.fromisoformat(day))]
    assert workdays.works(date(2026, 12, 24))


@given(DAYS, st.integers(0, 10))
def test_the_last_day_to_order_arrives_in_time_and_no_later_one_does(until: date, lead: int) -> None:
    last = workdays.last_to_order(until, lead)
    assert workdays.works(last)
    assert workdays.value_date(last, lead) <= until
    assert workdays.value_date(last + timedelta(days=1), lead) > until


@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_a_payment_waits_as_long_as_it_costs_nothing(start: date, days: int, due_in: int) -> None:
    asked = claim(
        invoice(issue_date=str(start), terms=skonto(days, 2), due_date=str(start + timedelta(days=due_in)))
    )
    day = arrival(asked, start)
    assert workdays.works(day)
    assert day >= start
    assert best(asked, day) == best(asked, workdays.at_or_after(start))


def test_rows_are_kept_in_their_order() -> None:
    offered = claim(invoice(terms=TWO)).tiers
    assert [str(tier.off) for tier in offered] == ["15.00", "23.80"]
    assert Discount(7, Decimal("3.00"), Decimal("500.00")).days == 7
