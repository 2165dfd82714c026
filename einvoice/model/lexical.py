"""How values are written: strict ASCII lexers for xs:decimal and xs:date, and XPath's idea of white space.

Python's own readers accept more than an invoice may say (`1_000`, `１２`, `NaN`, ISO week dates).
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

BLANKS = " \t\r\n"
"""What XML calls white space; a no-break space is content."""

_BLANKS = re.compile(f"[{BLANKS}]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")


T = TypeVar("T")


class Remembered(dict[str, T], Generic[T]):
    """What texts read as: invoices say the same again and again. Longer texts are read anew each time."""

    MANY, LONG = 10_000, 40

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, text: str) -> T:
        value = self.read(text)
        if len(text) <= self.LONG:
            if len(self) >= self.MANY:
                self.clear()
            self[text] = value
        return value


def trim(text: str) -> str:
    """The text as XPath's normalize-space gives it."""
    text = text.strip(BLANKS)
    if text.isprintable() and "  " not in text:  # most have no blanks but single spaces
        return text
    return _BLANKS.sub(" ", text)


def decimal(text: str) -> Decimal | None:
    """The number an xs:decimal states, scale as written; None if the text is none."""
    text = text.strip(BLANKS)
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


number: Callable[[str], Decimal | None] = Remembered(decimal).__getitem__
"""The same, remembered: rules and typed invoice read the same texts."""


def iso_date(text: str) -> date | None:
    """The day an xs:date states (`2026-03-02`, a time zone is ignored); None if the text is none."""
    if len(text) == 10 and text[4] == text[7] == "-":  # as nearly all are written
        return _day(text)
    found = _DATE.fullmatch(text.strip(BLANKS))
    return _day(found[1]) if found else None


def date_102(text: str) -> date | None:
    """The day that CII writes with format 102 (`20260302`); None if the text is none."""
    text = text.strip(BLANKS)
    return _day(text) if len(text) == 8 and text.isascii() and text.isdigit() else None


def _day(text: str) -> date | None:
    """Of `2026-03-02` or `20260302`; whoever asks has seen to it that it is no week."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
