"""Values with a comment or processing instruction within: official questions that ask for text() see two texts.

Our trees have neither (`formats.xml`), so that a text is its whole value. Where the difference decides, the
document is read once more as it is.
"""

import re
from collections.abc import Iterator

from lxml import etree

from einvoice.formats import xml

_COMPARED = (
    rb"CustomizationID|ID|ChargeIndicator|Indicator|StartDate|EndDate"
    rb"|TaxCurrencyCode|DocumentCurrencyCode|InvoiceCurrencyCode"
)
"""The elements whose text() an official stylesheet or scenario asks for."""

_START = re.compile(rb"<(?:[^\s<>/:]+:)?(?:" + _COMPARED + rb")\b[^>]*>")
_OPENS = ord("<")
_NOT_OF_TEXT = (b"!", b"?")
"""What follows `<` where no element begins. Searched alone: a single byte is found as fast as memory is read."""


def read(data: bytes, root: etree._Element) -> etree._Element:
    """The tree of a document with its comments if one may stand within a value that counts; else `root` itself."""
    if b"\0" in data[:4] or any(_within_a_value(data, place) for place in _beginnings(data)):
        return xml.parse(data, comments=True)
    return root


def _beginnings(data: bytes) -> Iterator[int]:
    """Where a comment, a processing instruction, a declaration or CDATA begins."""
    for mark in _NOT_OF_TEXT:
        place = data.find(mark, 1)
        while place > 0:
            if data[place - 1] == _OPENS:
                yield place - 1
            place = data.find(mark, place + 1)


def _within_a_value(data: bytes, place: int) -> bool:
    """Whether nothing but text is between the start of such an element and what stands here."""
    before = data.rfind(b"<", 0, place)
    return before >= 0 and _START.match(data, before, place) is not None
