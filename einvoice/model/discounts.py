"""Discounts for early payment as XRechnung writes them into the payment terms (BT-20, BR-DE-18)."""

from decimal import ROUND_HALF_UP, Decimal


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
