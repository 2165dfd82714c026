"""Attachments within an invoice while its schema is asked.

libxml2 looks at base64 letter by letter, and takes longer over an attachment of 150 kB than all else of a verdict
takes (0.9 ms). A long attachment that is base64 beyond doubt is set aside for that moment, with a short one in its
place; any other stays, and libxml2 says what is wrong with it.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pybase64
from lxml import etree

from einvoice.model.lexical import BLANKS

BINARY = tuple(
    f"{{*}}{kind}BinaryObject"
    for kind in (
        "Attachment",
        "Description",
        "EmbeddedDocument",
        "Included",
        "ReferenceFile",
        "SignatoryImage",
    )
)
"""The elements of type xs:base64Binary in the schemas of invoices."""

LONG = 4_000
"""Letters from which setting aside is cheaper."""

_END = re.compile(r"[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==")
"""How base64 ends: the bits that are too many are zero (XML Schema part 2, 3.2.16)."""

_WITHOUT_BLANKS = str.maketrans("", "", BLANKS)


@contextlib.contextmanager
def set_aside(root: etree._Element) -> Iterator[list[etree._Element]]:
    """Within it the long attachments are not in the tree, afterwards it is as it was. Gives the binary elements with
    letters that are not ASCII, which libxml2 overlooks."""
    strange, swapped = [], []
    for element in list(root.iter(*BINARY)):
        text = element.text or ""
        if len(text) >= LONG and is_base64(text) and not len(element):
            swapped.append((element, _stand_in(element)))
        elif not text.isascii():
            strange.append(element)
    try:
        yield strange
    finally:
        for element, stand_in in swapped:
            _replace(stand_in, element)


def is_base64(text: str) -> bool:
    """Whether a text is xs:base64Binary beyond doubt, lines broken or not."""
    try:
        pybase64.b64decode(text, validate=True)
    except ValueError:
        try:
            pybase64.b64decode(text := text.translate(_WITHOUT_BLANKS), validate=True)
        except ValueError:
            return False
    return _END.fullmatch(text[-4:]) is not None


def _stand_in(element: etree._Element) -> etree._Element:
    """Takes the place of an element: the same, but short."""
    stated: Any = dict(element.items())
    stand_in = element.makeelement(element.tag, stated)
    stand_in.text, stand_in.tail = "AAAA", element.tail  # what follows an element goes where it goes
    _replace(element, stand_in)
    return stand_in


def _replace(old: etree._Element, new: etree._Element) -> None:
    parent = old.getparent()
    if parent is not None:
        parent.replace(old, new)
