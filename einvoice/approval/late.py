"""What paying late costs: from when an invoice is in default, interest and lump sum. Pure; exact cents.

§286 (3) BGB: default begins 30 days after the invoice is due and has arrived, at the latest. §288 (2), (5): nine
percentage points above the base rate a year, and 40 EUR once. Interest is reckoned by days, the first of default and
the day of payment included, each year by its own length, each half-year by its own base rate; rounded once, half up.
"""

import csv
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from einvoice import data
from einvoice.approval.discount import CENT

POINTS = Decimal(9)
"""Percentage points above the base rate where no consumer takes part (§288 (2) BGB)."""

LUMP_SUM = Decimal("40.00")
"""EUR, once per claim (§288 (5) BGB)."""

GRACE = timedelta(days=30)

Rates = Mapping[date, Decimal]
"""From which day on which base rate holds, percent per year."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What default has cost by a day: interest of `days` days on the amount, and the lump sum.

    provisional: the base rate of the last half-year is not in the table; the one before it was used.
    """

    days: int
    interest: Decimal
    provisional: bool = False

    @property
    def total(self) -> Decimal:
        """Interest and lump sum, EUR."""
        return self.interest + LUMP_SUM


@functools.cache
def base_rates() -> Rates:
    """The base rates of schemas/base-rates.tsv."""
    with (data.folder("schemas") / "base-rates.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader((row for row in file if not row.startswith("#")), delimiter="\t")
        return {date.fromisoformat(row["since"]): Decimal(row["percent"]) for row in rows}


def default_since(due: date | None, received: date) -> date:
    """The first day of default of an invoice that arrived on a day and says when it is due (BT-9), or does not."""
    return max(due or received, received) + GRACE + timedelta(days=1)


def cost(amount: Decimal, since: date, paid: date, rates: Rates | None = None) -> Cost | None:
    """What default since a day costs when an amount (EUR) is paid on another; None where there is no default."""
    if paid < since or amount <= 0:
        return None
    known = rates or base_rates()
    whole = Decimal()
    for first, last, percent in _spans(since, paid, known):
        days = Decimal((last - first).days + 1)
        whole += amount * (percent + POINTS) / 100 * days / (366 if _leap(first.year) else 365)
    return Cost((paid - since).days + 1, whole.quantize(CENT, ROUND_HALF_UP), _half(paid) > max(known))


def _spans(first: date, last: date, rates: Rates) -> Iterator[tuple[date, date, Decimal]]:
    """The half-years from a day to another, each with its base rate."""
    while first <= last:
        end = min(last, date(first.year, 6, 30) if first.month < 7 else date(first.year, 12, 31))
        held = max((since for since in rates if since <= first), default=min(rates))
        yield first, end, rates[held]
        first = end + timedelta(days=1)


def _half(day: date) -> date:
    """The first day of the half-year of a day."""
    return date(day.year, 1 if day.month < 7 else 7, 1)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
