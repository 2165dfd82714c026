"""Text on its way into XML: what an invoice says is never markup, and never a character XML does not know."""

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from einvoice.validation.report import Report

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Document = Callable[[Report, str], str]
"""One report as an XML document without declaration, in a language."""


def text(value: str) -> str:
    """The value as character data."""
    return escape(_clean(value))


def attribute(value: str) -> str:
    """The value as an attribute's, with its quotes; blanks and line ends survive."""
    return quoteattr(_clean(value), {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def _clean(value: str) -> str:
    return _ILLEGAL.sub("�", value)


def write_documents(reports: Iterable[Report], stream: TextIO, lang: str, document: Document) -> None:
    """One report as it is; several as children of one `reports` element, for one file holds one document."""
    waiting = iter(reports)
    first, second = next(waiting, None), next(waiting, None)
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    if first is not None and second is None:
        stream.write(document(first, lang))
        return
    stream.write("<reports>\n")
    for report in chain((one for one in (first, second) if one is not None), waiting):
        stream.write(document(report, lang))
    stream.write("</reports>\n")
