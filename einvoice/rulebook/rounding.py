"""Rounding of binary numbers as XPath does it: a half goes up, also below zero."""

import math


def rounded_double(value: float) -> float:
    """round() of an xs:double: a whole number, infinity and NaN as they are; a zero keeps its sign.

    Not floor(value + 0.5): from 2 to the power of 52 on, and just below 0.5, that addition rounds by itself.
    """
    if not math.isfinite(value):
        return value
    whole = float(math.floor(value))
    whole += value - whole >= 0.5
    return math.copysign(whole, value) if whole == 0 else whole
