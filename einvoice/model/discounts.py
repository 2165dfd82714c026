"""Discounts for early payment as XRechnung writes them into the payment terms (BT-20, BR-DE-18): written and read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from einvoice.model.lexical import BLANKS

_ROW = re.compile(
    r"#SKONTO#TAGE=([0-9]{1,4})#PROZENT=([0-9]{1,3}\.[0-9]{2})(?:#BASISBETRAG=(-?[0-9]{1,15}\.[0-9]{2}))?#"
)


@dataclass(frozen=True, slots=True)
class Discount:
    """One row: days from the invoice date (BT-2), percentage, and the base it states (None: BT-115)."""

    days: int
    percent: Decimal
    base: Decimal | None = None

    def plain(self) -> dict[str, Any]:
        """As values to be kept: days, percent and base (texts, None where none is stated)."""
        base = None if self.base is None else str(self.base)
        return {"days": self.days, "percent": str(self.percent), "base": base}


def discount_from(said: Mapping[str, Any]) -> Discount:
    """The counterpart of `Discount.plain`."""
    return Discount(
        said["days"], Decimal(said["percent"]), Decimal(said["base"]) if said.get("base") else None
    )


def offered(terms: str, stated: Iterable[Mapping[str, Any]]) -> list[Discount]:
    """The discounts of payment terms, and those stated as data (as `Discount.plain` keeps them); each once."""
    found = [*discounts(terms), *map(discount_from, stated)]
    return list(dict.fromkeys(found))


def discounts(terms: str) -> list[Discount]:
    """The Skonto rows of payment terms, in their order; rows that are not written as XRechnung wants are none."""
    rows = (_ROW.fullmatch(row.strip(BLANKS)) for row in terms.splitlines())
    return [Discount(int(r[1]), Decimal(r[2]), Decimal(r[3]) if r[3] else None) for r in rows if r]


def until(issued: str | None, offers: list[Discount]) -> str | None:
    """The last day of the first Skonto (ISO), counted from the invoice date (ISO); None without either."""
    if not issued or not offers:
        return None
    try:
        last = date.fromisoformat(issued) + timedelta(days=min(one.days for one in offers))
    except (ValueError, OverflowError):
        return None
    return last.isoformat()


def discounted(base: Decimal, percent: Decimal) -> Decimal:
    """What a percentage takes off a base, rounded half up to cents."""
    return (base * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def skonto(days: int, percentage: Decimal | str | int, base_amount: Decimal | str | None = None) -> str:
    """One line of BT-20: `percentage` off if paid within `days`, of `base_amount` where it is not the whole.

    >>> skonto(14, "2")
    '#SKONTO#TAGE=14#PROZENT=2.00#\\n'

    Lines and free text may follow one another. ValueError for days or a percentage below 0.
    """
    if days < 0 or Decimal(percentage) < 0:
        raise ValueError("days and percentage are not below 0")
    base = "" if base_amount is None else f"BASISBETRAG={_cents(base_amount)}#"
    return f"#SKONTO#TAGE={days}#PROZENT={_cents(percentage)}#{base}\n"


def _cents(number: Decimal | str | int) -> str:
    return format(Decimal(number).quantize(Decimal("0.01"), ROUND_HALF_UP), "f")
