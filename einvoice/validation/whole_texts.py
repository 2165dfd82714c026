"""Values with a comment or processing instruction within: official questions that ask for text() see two texts.

Our trees have neither (`formats.xml`), so that a text is its whole value. Where the difference decides, the
document is read once more as it is.
"""

import re

from lxml import etree

from einvoice.formats import xml

_COMPARED = (
    rb"CustomizationID|ID|ChargeIndicator|Indicator|StartDate|EndDate"
    rb"|TaxCurrencyCode|DocumentCurrencyCode|InvoiceCurrencyCode"
)
"""The elements whose text() an official stylesheet or scenario asks for."""

_START = re.compile(rb"<(?:[\w.-]+:)?(?:" + _COMPARED + rb")\b[^>]*>")
_NOT_OF_TEXT = re.compile(rb"<[!?]")


def read(data: bytes, root: etree._Element) -> etree._Element:
    """The tree of a document with its comments if one may stand within a value that counts; else `root` itself."""
    if b"\0" in data[:4] or any(
        _within_a_value(data, found.start()) for found in _NOT_OF_TEXT.finditer(data)
    ):
        return xml.parse(data, comments=True)
    return root


def _within_a_value(data: bytes, place: int) -> bool:
    """Whether nothing but text is between the start of such an element and what stands here."""
    before = data.rfind(b"<", 0, place)
    return before >= 0 and _START.match(data, before, place) is not None
