"""How a syntax spells what a term says: dates of CII, and the two code lists of BT-8."""

from collections.abc import Callable
from datetime import date
from typing import Any

from einvoice.model.lexical import date_102, iso_date
from einvoice.model.mapping import READ
from einvoice.model.terms import terms

_CODES_2005_2475 = {"3": "5", "35": "29", "432": "72"}
"""BT-8 is UNTDID 2005 in the norm and in UBL, UNTDID 2475 in CII; the pairs mean the same."""
_CODES_2475_2005 = {theirs: ours for ours, theirs in _CODES_2005_2475.items()}


def written(term: str, text: str, syntax: str) -> str:
    """A content's text as `syntax` spells it; a text that is no date or known code stays as it is."""
    if syntax != "cii":
        return text
    if term == "BT-8":
        return _CODES_2005_2475.get(text, text)
    day = iso_date(text) if terms()[term].datatype == "Date" else None
    return day.isoformat().replace("-", "") if day else text


def reader(term: str, syntax: str) -> Callable[[str], Any] | None:
    """How a text of a term, as `syntax` spells it, becomes the value of its data type; None: it stays as it is.

    What a reader gives is None where the text is no such value, or needs a closer look.
    """
    datatype = terms()[term].datatype
    if syntax == "cii" and term == "BT-8":
        return lambda text: _CODES_2475_2005.get(text, text)
    if syntax == "cii" and datatype == "Date":
        return _day
    return READ.get(datatype)


def _day(text: str) -> date | None:
    """Of a text in format 102, or spelled as in the norm: so that equal days are said by equal texts, understood."""
    return date_102(text) or (iso_date(text) if len(text) == len("2026-03-02") else None)


def understood(term: str, text: str, syntax: str) -> str:
    """The text for a content, given as `syntax` spells it (the counterpart of `written`)."""
    if syntax != "cii":
        return text
    if term == "BT-8":
        return _CODES_2475_2005.get(text, text)
    day = date_102(text) if terms()[term].datatype == "Date" else None
    return day.isoformat() if day else text
