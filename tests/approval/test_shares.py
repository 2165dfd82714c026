"""Amounts in parts: always exact, and never further from the exact share than a cent."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from einvoice.approval.settling import Booked, Taken, settled
from einvoice.approval.shares import grid, shares

cents = st.integers(-10_000_000, 10_000_000).map(lambda n: Decimal(n).scaleb(-2))
positive = st.integers(0, 10_000_000).map(lambda n: Decimal(n).scaleb(-2))
GROUPS = (("S", "19"), ("S", "7"), ("E", "0"))


@given(cents, st.lists(positive, min_size=1, max_size=12))
def test_parts_make_up_the_total_and_are_a_cent_from_the_exact_share(
    total: Decimal, weights: list[Decimal]
) -> None:
    parts = shares(total, weights)
    assert sum(parts) == total
    assert all(part == part.quantize(Decimal("0.01")) for part in parts)
    whole = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [Decimal(1)] * len(weights), strict=True):
        assert abs(Fraction(part) - Fraction(total) * Fraction(weight) / Fraction(whole)) < Fraction(1, 100)


@given(st.lists(positive, min_size=1, max_size=6), st.lists(positive, min_size=1, max_size=6))
def test_a_table_keeps_the_sums_of_rows_and_columns(rows: list[Decimal], columns: list[Decimal]) -> None:
    columns[-1] += max(sum(rows) - sum(columns), Decimal())
    rows[-1] += max(sum(columns) - sum(rows), Decimal())
    found = grid(rows, columns)
    assert [sum(row) for row in found] == rows
    assert [sum(column) for column in zip(*found, strict=True)] == columns
    assert all(cell >= 0 for row in found for cell in row)


booked = st.builds(
    lambda full, percent, group, line: Booked(
        full, (full * percent / 119).quantize(Decimal("0.01")), group, line
    ),
    cents,
    st.integers(0, 19),
    st.sampled_from(GROUPS),
    st.sampled_from((None, "1", "2")),
)
taken = st.builds(Taken, cents, st.sampled_from((None, "1", "2", "9")), st.sampled_from((None, *GROUPS)))


@given(st.lists(booked, min_size=1, max_size=8), st.lists(taken, max_size=4))
def test_what_is_approved_is_the_total_less_what_is_taken_and_net_and_vat_make_it_up(
    places: list[Booked], off: list[Taken]
) -> None:
    found = settled(places, off)
    assert sum(one.amount for one in found) == sum(p.full for p in places) - sum(t.amount for t in off)
    assert all(one.net + one.vat == one.amount for one in found)
    assert [(one.amount, one.vat) for one in settled(places, [])] == [(p.full, p.full_vat) for p in places]


def test_rounding_goes_to_the_largest_remainders() -> None:
    assert shares(Decimal("100.00"), [Decimal(1)] * 3) == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]
    assert shares(Decimal("-0.05"), [Decimal(1), Decimal(1)]) == [Decimal("-0.02"), Decimal("-0.03")]
    assert shares(Decimal("1.234"), [Decimal(1), Decimal(1)]) == [Decimal("0.617"), Decimal("0.617")]


def test_a_cut_of_a_line_comes_off_that_line_and_vat_follows() -> None:
    places = [
        Booked(Decimal("119.00"), Decimal("19.00"), ("S", "19"), "1"),
        Booked(Decimal("59.50"), Decimal("9.50"), ("S", "19"), "2"),
        Booked(Decimal("107.00"), Decimal("7.00"), ("S", "7"), "3"),
    ]
    one, two, three = settled(places, [Taken(Decimal("11.90"), "2", ("S", "19"))])
    assert (one.amount, two.amount, three.amount) == (Decimal("119.00"), Decimal("47.60"), Decimal("107.00"))
    assert one.vat + two.vat == Decimal("26.60")
    assert (three.net, three.vat) == (Decimal("100.00"), Decimal("7.00"))
