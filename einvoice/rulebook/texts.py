"""How the text of an element or attribute is read: its string value, and the ways of comparing it."""

from collections.abc import Callable
from decimal import Decimal

from einvoice.model import lexical
from einvoice.model.lexical import Remembered
from einvoice.model.listing import Element, string

__all__ = ["Element", "double", "flag", "named", "number", "string", "trimmed", "upper"]


def _trimmed(text: str) -> str:
    if text.isalnum():
        return text
    return " ".join(text.split()) if text.isascii() else lexical.trim(text)


def _double(text: str) -> float | None:
    value = lexical.decimal(text)
    return None if value is None else float(value)


def _flag(text: str) -> str:
    text = text.strip(lexical.BLANKS)
    return {"1": "true", "0": "false"}.get(text, text)


trimmed: Callable[[str], str] = Remembered(_trimmed).__getitem__
"""As XPath's normalize-space: only space, tab, CR and LF are blanks."""

number: Callable[[str], Decimal | None] = lexical.number
"""The number a text states; junk, which only documents that fail the schema hold, is none."""

double: Callable[[str], float | None] = Remembered(_double).__getitem__
"""The same as a binary number (xs:double)."""

flag: Callable[[str], str] = Remembered(_flag).__getitem__
"""An xs:boolean as the word true or false."""

upper: Callable[[str], str] = Remembered(lambda text: _trimmed(text).upper()).__getitem__
"""Trimmed, in capital letters."""


def named(element: Element) -> str:
    """The name of an element as written, prefix included: one official rule compares it."""
    local = str(element.tag).rpartition("}")[2]
    return f"{element.prefix}:{local}" if element.prefix else local
