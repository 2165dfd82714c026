"""The cockpit's figures told by hand, and what holds for all invoices: order, sums, losses, interest."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.approval import cockpit, late, workdays
from einvoice.approval.cockpit import Case, losses, month_before, plan
from einvoice.approval.discount import Claim, Tier

MONDAY = date(2026, 3, 2)
FRIDAY = date(2026, 3, 6)


def offer(until: str, off: str, percent: str = "2.00") -> Tier:
    return Tier(date.fromisoformat(until), Decimal(percent), Decimal(off) * 50, Decimal(off))


def case(
    number: int, *tiers: Tier, amount: str = "1000.00", due: str | None = None, **values: object
) -> Case:
    claim = Claim(
        Decimal(amount), str(values.pop("currency", "EUR")), date.fromisoformat(due) if due else None, tiers
    )
    received = values.pop("received", date(2026, 2, 26))
    assert isinstance(received, date)
    authorised = values.pop("authorised", None)
    assert authorised is None or isinstance(authorised, date)
    return Case(number, "town", claim, received, authorised=authorised, credit=bool(values.get("credit")))


def test_skonto_comes_first_then_what_is_due_then_the_rest() -> None:
    cases = [
        case(1),
        case(2, due="2026-03-05"),
        case(3, offer("2026-03-20", "10.00")),
        case(4, offer("2026-03-10", "5.00")),
        case(5, offer("2026-03-10", "50.00")),
        case(6, due="2026-02-20"),
        case(7, offer("2026-03-10", "99.00"), credit=True),
    ]
    seen = plan(cases, MONDAY)
    assert [line.case.invoice for line in seen.lines] == [5, 4, 3, 6, 2, 1, 7]
    assert [line.days_left for line in seen.lines] == [4, 4, 16, -12, 1, None, None]
    assert seen.today == ()


def test_order_today_what_is_lost_tomorrow() -> None:
    cases = [
        case(1, offer("2026-03-10", "700.00")),
        case(2, offer("2026-03-11", "5.00")),
        case(3, offer("2026-03-10", "112.00"), offer("2026-03-20", "12.00")),
        case(4, offer("2026-03-10", "3.00"), currency="SEK"),
        case(5, offer("2026-03-09", "7.00")),
    ]
    seen = plan(cases, FRIDAY)
    assert [line.case.invoice for line in seen.today] == [1, 3, 4]
    assert seen.saved_today == {"EUR": Decimal("800.00"), "SEK": Decimal("3.00")}
    assert seen.lines[-1].tier is None
    saturday = plan(cases, FRIDAY + timedelta(days=1))
    assert [line.case.invoice for line in saturday.today] == [2]


def test_lost_is_what_could_be_had_when_it_came() -> None:
    cases = [
        case(1, offer("2026-03-10", "20.00"), received=MONDAY),
        case(2, offer("2026-03-10", "30.00"), received=MONDAY, authorised=FRIDAY),
        case(3, offer("2026-03-10", "40.00"), received=MONDAY, authorised=FRIDAY + timedelta(days=1)),
        case(4, offer("2026-03-03", "50.00"), received=MONDAY),
        case(
            5,
            offer("2026-03-10", "9.00"),
            offer("2026-03-13", "4.00"),
            received=MONDAY,
            authorised=date(2026, 3, 10),
        ),
        case(6, offer("2026-04-10", "9.00"), received=MONDAY),
    ]
    march = month_before(date(2026, 4, 15))
    assert march == (date(2026, 3, 1), date(2026, 3, 31))
    lost = losses(cases, *march, date(2026, 4, 15))
    assert [(one.case.invoice, str(one.amount)) for one in lost] == [(3, "40.00"), (1, "20.00"), (5, "5.00")]
    assert cockpit.total(lost) == {"EUR": Decimal("65.00")}
    assert losses(cases, *march, FRIDAY) == []


OFFERS = st.lists(
    st.tuples(st.integers(0, 60), st.decimals("0.01", 500, places=2)).map(
        lambda said: Tier(MONDAY + timedelta(days=said[0]), Decimal(1), said[1] * 100, said[1])
    ),
    max_size=3,
)
CASES = st.lists(OFFERS, max_size=12)


@given(CASES, st.integers(0, 70), st.integers(0, 5))
def test_what_is_at_stake_is_what_the_next_working_day_would_not_give(
    all_offers: Sequence[Sequence[Tier]], days: int, lead: int
) -> None:
    cases = [case(number, *offers) for number, offers in enumerate(all_offers)]
    day = MONDAY + timedelta(days=days)
    seen = plan(cases, day, lead)
    assert sorted(line.case.invoice for line in seen.lines) == list(range(len(cases)))
    after = workdays.at_or_after(workdays.at_or_after(day) + timedelta(days=1))
    then = {line.case.invoice: line.saves for line in plan(cases, after, lead).lines}
    lost = sum((line.saves - then[line.case.invoice] for line in seen.lines), Decimal())
    assert seen.saved_today.get("EUR", Decimal()) == lost


@given(CASES, st.integers(0, 5))
def test_what_is_never_ordered_loses_all_it_could_have_had(
    all_offers: Sequence[Sequence[Tier]], lead: int
) -> None:
    cases = [case(number, *offers, received=MONDAY) for number, offers in enumerate(all_offers)]
    lost = losses(cases, MONDAY, MONDAY + timedelta(days=100), MONDAY + timedelta(days=101), lead)
    could = sum((line.saves for line in plan(cases, MONDAY, lead).lines), Decimal())
    assert cockpit.total(lost).get("EUR", Decimal()) == could


GOLDEN: dict[str, tuple[str, str, str, str | None, int]] = {
    "one year, one rate": ("1000.00", "2025-07-01", "2025-12-31", "51.77", 184),
    "two rates": ("1000.00", "2025-06-30", "2025-07-01", "0.59", 2),
    "a leap year": ("36600.00", "2024-02-29", "2024-02-29", "12.62", 1),
    "not late": ("1000.00", "2026-03-02", "2026-03-01", None, 0),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_interest_told_by_hand(name: str) -> None:
    amount, since, paid, interest, days = GOLDEN[name]
    found = late.cost(Decimal(amount), date.fromisoformat(since), date.fromisoformat(paid))
    assert (found and str(found.interest)) == interest
    assert (found.days if found else 0) == days
    assert found is None or found.total == found.interest + Decimal("40.00")


def test_a_rate_that_is_not_known_yet_is_said_to_be_provisional() -> None:
    last = max(late.base_rates())
    year, half = last.year, last.month
    following = date(year + (half == 7), 1 if half == 7 else 7, 1)
    found = [late.cost(Decimal(100), last, paid) for paid in (last, following)]
    assert [one and one.provisional for one in found] == [False, True]


@given(
    st.decimals("0.01", "1000000", places=2),
    st.dates(date(2016, 7, 1), date(2026, 6, 30)),
    st.integers(0, 900),
)
def test_interest_is_the_sum_of_its_days(amount: Decimal, since: date, days: int) -> None:
    paid = since + timedelta(days=days)
    exact = Fraction()
    for step in range(days + 1):
        day = since + timedelta(days=step)
        rate = late.base_rates()[max(one for one in late.base_rates() if one <= day)]
        length = 366 if (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days == 366 else 365
        exact += Fraction(amount) * Fraction(rate + 9) / 100 / length
    found = late.cost(amount, since, paid)
    assert found is not None
    assert abs(Fraction(found.interest) - exact) <= Fraction(1, 200)


def test_default_begins_thirty_days_after_due_and_arrival() -> None:
    arrived = date(2026, 3, 2)
    assert late.default_since(None, arrived) == date(2026, 4, 2)
    assert late.default_since(date(2026, 2, 1), arrived) == date(2026, 4, 2)
    assert late.default_since(date(2026, 3, 31), arrived) == date(2026, 5, 1)
