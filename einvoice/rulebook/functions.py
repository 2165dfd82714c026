"""The glossary: the words a rule may use beside Python's operators.

Each is pure and never fails. A parameter says what it takes of a term: `str` the first occurrence's text (""
if the invoice does not state it), `Texts` every text, `Decimal` and `float` the first occurrence's number (if it
is absent, so is the result). Where a word exists only because an official stylesheet computes so, it says so.
"""

import functools
import math
import re
import string
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

from einvoice.rulebook.rounding import rounded_double as _rounded
from einvoice.rulebook.texts import trimmed as _trimmed

Texts = Sequence[str]
Codes = frozenset[str]
Pattern = re.Pattern[str]

EXACT = Context(prec=1_000_000, traps=[])
"""Rules run in it: official decimals have no limit, and nothing an invoice says may raise an exception."""

_HALF, _CENT, _HALF_CENT, _ONE = Decimal("0.5"), Decimal("0.01"), Decimal("0.005"), Decimal(1)
_ONE_TO_18_DECIMALS = Decimal("1.000000000000000000")


# Numbers. XPath rounds a half up, also below zero: -0.5 becomes 0.


def round0(value: Decimal) -> Decimal:
    """To a whole number, a half up."""
    return (value + _HALF).quantize(_ONE, ROUND_FLOOR)


def round2(value: Decimal) -> Decimal:
    """To cents, a half up."""
    return (value + _HALF_CENT).quantize(_CENT, ROUND_FLOOR)


def ratio(value: Decimal, by: Decimal) -> Decimal:
    """value / by to 18 decimals (more if value has some), as the official engine divides; by 0: not a number."""
    value, by = Decimal(value), Decimal(by)
    if not (value.is_finite() and by.is_finite() and by):
        return Decimal("NaN")
    if by == 1:
        return value * _ONE_TO_18_DECIMALS + 0
    scale = 18 + max(0, -int(value.as_tuple().exponent))
    with localcontext(
        EXACT
    ):  # digits as they are: those of a whole number would take the square of their number
        under = by.copy_abs()
        whole, rest = divmod(value.copy_abs().scaleb(scale), under)
        whole += 2 * rest >= under
        return (whole if value.is_signed() == by.is_signed() else -whole).scaleb(-scale)


def near(expected: Decimal, value: Decimal, slack: Decimal) -> bool:
    """At most `slack` apart (Peppol's tolerance)."""
    return expected - slack <= value <= expected + slack


# Binary arithmetic: the official CII rules add and compare text as xs:double.


def exact(value: float) -> Decimal:
    """A binary number as it is: 0.1 becomes 0.1000000000000000055…, as XPath casts it to xs:decimal."""
    return Decimal(value)


def as_double(value: Decimal) -> float:
    """A decimal as the nearest binary number."""
    return float(value)


def double_round2(value: float) -> float:
    """Rounded to cents in binary, in the official order of operations: `* 10 * 10`, not `* 100`."""
    return _rounded(value * 10 * 10) / 100


def same(one: float, other: float) -> bool:
    """Equal as the official engine compares binary numbers: 0.00 is not -0.00."""
    return one == other and (one != 0 or math.copysign(1, one) == math.copysign(1, other))


def double_round0(value: float) -> float:
    """Rounded to a whole number in binary, as CII's BR-S-09 does."""
    return _rounded(value)


def has_cents(value: float) -> bool:
    """At most two decimals, judged by value (1.000 has none), as CII's BR-DEC-13 does."""
    return math.isfinite(value) and value == _rounded(value * 100) / 100


def double_sum(values: Sequence[float]) -> float:
    """Added one by one: Python's sum() corrects the error since 3.12, XPath does not."""
    if not values:
        return 0.0
    total = values[0]
    for value in values[1:]:
        total += value
    return total


# Days


_MOMENT = re.compile(r"(-?[0-9]{4,18})-([0-9]{2})-([0-9]{2})(?:Z|([+-])([0-9]{2}):([0-9]{2}))?")


def moment(text: str) -> Decimal:
    """The minute at which an xs:date begins, counted from a fixed one: UBL's dates compare as moments.

    A day begins earlier in the east: 2026-01-02+02:00 at ten in the evening of 2026-01-01Z. Without a time zone
    it is taken as one of Z (officially as one of the machine that checks). No date: not a number.
    """
    found = _MOMENT.fullmatch(_trimmed(text))
    if not found:
        return Decimal("NaN")
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    shift = (int(found[5]) * 60 + int(found[6])) * (-1 if found[4] == "+" else 1) if found[4] else 0
    months = year * 12 + month - 3
    years, rest = divmod(months, 12)
    days = years * 365 + years // 4 - years // 100 + years // 400 + (153 * rest + 2) // 5 + day
    return Decimal(days * 1440 + shift)


# Text


def decimals(text: str) -> int:
    """Characters after the first dot, as written: "1.20 " has three, as officially counted."""
    return len(text.partition(".")[2])


def length(text: str) -> int:
    """Number of characters, blanks included."""
    return len(text)


def prefix(text: str, count: int) -> str:
    """The first characters."""
    return text[:count]


def trimmed(text: str) -> str:
    """Without blanks around it and with single ones inside."""
    return _trimmed(text)


def upper(text: str) -> str:
    """Trimmed, in capital letters."""
    return _trimmed(text).upper()


def stated(texts: Texts) -> bool:
    """At least one occurrence is not blank; a no-break space is content."""
    return any(map(_trimmed, texts))


def digits(text: str) -> int:
    """How many of 0 to 9 there are (BR-DE-27)."""
    return sum(character in "0123456789" for character in text)


def matches(text: str, pattern: Pattern) -> bool:
    """The whole text has this shape."""
    return pattern.fullmatch(text) is not None


def distinct(texts: Texts) -> bool:
    """No text stands twice."""
    return len(texts) == len(set(texts))


def loosely_listed(code: str, codes: Codes) -> bool:
    """The official UBL search without delimiters: "D " or "" are found between the codes."""
    return code in _written(codes)


@functools.lru_cache(maxsize=64)
def _written(codes: Codes) -> str:
    return f" {' '.join(sorted(codes))} "


def note_subject(text: str) -> str:
    """What stands between the first two # of a note: UBL writes BT-21 into BT-22."""
    return text.partition("#")[2].partition("#")[0] if text.count("#") > 1 else ""


_IBAN = re.compile("[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{0,30}")
_BLANKS = str.maketrans("", "", " \t\r\n")
_VALUES = {ord(c): str(ord(c) - 55) for c in string.ascii_letters}


def iban(text: str) -> bool:
    """An IBAN with right check digits (ISO 7064). Official quirk: small letters count as other values."""
    text = text.translate(_BLANKS)
    if not _IBAN.fullmatch(text):
        return False
    turned = text[4:] + text[:4]
    return int(turned.translate(_VALUES)) % 97 == 1


_SKONTO = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")


def skonto(texts: Texts) -> bool:
    """Each line that begins with # is a discount, and the last one ends with a line break (BR-DE-18)."""
    if "#" not in "".join(texts):
        return True
    lines = [_trimmed(line) for text in texts for line in re.split(r"\r?\n", text)]
    claims = [line for line in lines if line.startswith("#")]
    if not claims:
        return True
    rest = [part for text in texts for part in re.split("#.+#", text)]
    return all(map(_SKONTO.fullmatch, claims)) and bool(re.match("[ \t\r\n]*\n", rest[-1]))
