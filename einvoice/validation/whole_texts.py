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

_SPLIT = re.compile(rb"<(?:[\w.-]+:)?(?:" + _COMPARED + rb")\b[^>]*>[^<]*<[!?]")


def read(data: bytes, root: etree._Element) -> etree._Element:
    """The tree of a document with its comments if one may stand within a value that counts; else `root` itself."""
    if _SPLIT.search(data) or b"\0" in data[:4]:
        return xml.parse(data, comments=True)
    return root
