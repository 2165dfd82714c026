"""Days on which a town in NRW orders payments and banks carry them out: no weekend, TARGET closing day or holiday.

Sources: TARGET closing days as the ECB lists them (1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December);
Feiertagsgesetz NW §2 (besides: Ascension, Whit Monday, 3 October, Corpus Christi, 1 November). All are computed.
"""

import functools
from datetime import date, timedelta

LEAD = 2
"""Working days between ordering a payment and its value date, where a town says nothing else."""

_FIXED = ((1, 1), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26))
_FROM_EASTER = (-2, 1, 39, 50, 60)
"""Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi."""

_DAY = timedelta(days=1)


@functools.lru_cache(maxsize=256)
def holidays(year: int) -> frozenset[date]:
    """The days of a year on which no payment is made, Sundays and Saturdays aside."""
    moving = {easter(year) + timedelta(days=days) for days in _FROM_EASTER}
    return frozenset({date(year, month, day) for month, day in _FIXED} | moving)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Gauss, with Lichtenberg's correction)."""
    century = year // 100
    shift = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    moon = year % 19
    seed = (19 * moon + shift) % 30
    early = (seed + moon // 11) // 29
    border = 21 + seed - early
    sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + timedelta(days=border + 7 - (border - sunday) % 7 - 1)


def works(day: date) -> bool:
    """Whether payments are ordered and carried out on a day."""
    return day.weekday() < 5 and day not in holidays(day.year)


def at_or_after(day: date) -> date:
    """The first working day from a day on."""
    while not works(day):
        day += _DAY
    return day


def at_or_before(day: date) -> date:
    """The last working day up to a day."""
    while not works(day):
        day -= _DAY
    return day


def value_date(ordered: date, lead: int = LEAD) -> date:
    """When a payment ordered on a day arrives: `lead` working days after it (after the next one, if it is none)."""
    day = at_or_after(ordered)
    for _ in range(lead):
        day = at_or_after(day + _DAY)
    return day


def last_to_order(until: date, lead: int = LEAD) -> date:
    """The last day on which to order a payment that is to arrive by `until`."""
    day = at_or_before(until)
    for _ in range(lead):
        day = at_or_before(day - _DAY)
    return day
