"""Texts and numbers as the official tests read them.

`exact` is an xs:decimal; where a test adds or compares untyped text, its numbers are doubles (`double`).
A text that is no number, or two where one is compared, makes the official processor stop: Abort.
"""

import math
import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from einvoice.model.lexical import BLANKS
from einvoice.model.lexical import decimal as read_decimal
from einvoice.rulebook.facturx.tree import Item
from einvoice.rulebook.rounding import rounded_double

Values = dict[str, str]
"""What a message can say about a breach."""

_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPECIAL = re.compile(r"-?INF|NaN")
_NEGATIVE_ZERO = re.compile(r"-0*\.0*")
_HALF, _HALF_CENT, _CENT = Decimal("0.5"), Decimal("0.005"), Decimal("0.01")


class Abort(Exception):
    """The official stylesheet stops here with an error of its own."""

    def __init__(self, why: str, items: Sequence[Item] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.items = tuple(items)


def single(items: Sequence[Item]) -> str:
    """The text of the only item, "" of none; Abort of several."""
    if len(items) > 1:
        raise Abort("several", items)
    return items[0].text if items else ""


def exact(item: Item) -> Decimal:
    """The xs:decimal that the text states."""
    value = read_decimal(item.text)
    if value is None:
        raise Abort("number", [item])
    return value


def double(item: Item) -> float:
    """The xs:double that the text states; infinity is not expected."""
    text = item.text.strip(BLANKS)
    if text != "NaN" and not _DOUBLE.fullmatch(text):
        raise Abort("number", [item])
    return float(text)


def compared(item: Item) -> float:
    """The text as a number to be compared with a constant: Saxon holds -0.00 (not -0) to be less than 0."""
    text = item.text.strip(BLANKS)
    if not (_DOUBLE.fullmatch(text) or _SPECIAL.fullmatch(text)):
        raise Abort("number", [item])
    return -1.0 if _NEGATIVE_ZERO.fullmatch(text) else float(text)


def lenient(text: str) -> float:
    """number(): not-a-number instead of an abort."""
    text = text.strip(BLANKS)
    return float(text) if _DOUBLE.fullmatch(text) or _SPECIAL.fullmatch(text) else math.nan


def exact_sum(items: Sequence[Item]) -> Decimal:
    """The sum of xs:decimals."""
    return sum((exact(item) for item in items), Decimal(0))


def double_sum(items: Sequence[Item]) -> float:
    """The sum of xs:doubles, one by one: Python's own sum() of floats corrects rounding. Of -0 alone it is -0."""
    total: float | None = None
    for item in items:
        total = double(item) if total is None else total + double(item)
    return 0.0 if total is None else total


def rounded(value: Decimal) -> Decimal:
    """round() to a whole number: half goes up, also below zero."""
    return (value + _HALF).to_integral_value(ROUND_FLOOR)


def cents(value: Decimal) -> Decimal:
    """Rounded to two decimals, as rounded()."""
    return (value + _HALF_CENT).quantize(_CENT, ROUND_FLOOR)


def percent(value: Decimal) -> Decimal:
    """A hundredth, exactly; dividing would fill all the digits of the context."""
    return value.scaleb(-2)


def double_cents(value: float) -> float:
    """Rounded to two decimals, in the official order of operations: times ten twice."""
    return rounded_double(value * 10 * 10) / 100


def alike(stated: float, wanted: float) -> bool:
    """Text against a double, as Saxon compares them: 0 is not -0."""
    return stated == wanted and str(stated) == str(wanted)


def shown(value: Decimal | float | None) -> str:
    """A number for a message: two decimals at least, no exponent."""
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    number = Decimal(str(value)) if isinstance(value, float) else value
    exponent = number.normalize().as_tuple().exponent
    return f"{number:.2f}" if isinstance(exponent, int) and exponent >= -2 else f"{number:f}"


def differing(stated: Decimal | float | None, expected: Decimal | float) -> Values:
    """The values of a sum that differs."""
    values = {"stated": shown(stated), "expected": shown(expected)}
    if stated is not None:
        values["difference"] = shown(_decimal(stated) - _decimal(expected))
    return values


def _decimal(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
