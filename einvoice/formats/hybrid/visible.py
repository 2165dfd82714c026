"""The picture against the data: number, date, amounts and account that a PDF shows, compared with its XML.

A guard against error and fraud, for a clerk: what differs is advice (EI-PDF-DIFFERS, with both values). It must
not cry wolf: something is said only where the PDF shows *another* value, never because a form is unusual.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from einvoice.formats.hybrid import lettering
from einvoice.formats.hybrid.profiles import first, occurrences
from einvoice.model.lexical import date_102, decimal, iso_date
from einvoice.model.problem import Problem

_LEAST_LETTERS = 20
"""Fewer letters and digits than this are no text: the page is a scan."""


def compare(text: str, root: etree._Element) -> list[Problem]:
    """What the visible text says otherwise than the invoice; EI-PDF-NOTEXT if there is nothing to compare."""
    text = _plain(text)
    if sum(map(str.isalnum, text)) < _LEAST_LETTERS or not re.search(r"\d", text):
        return [Problem("EI-PDF-NOTEXT")]
    return [*_account(text, root), *_amount(text, root), *_number(text, root), *_date(text, root)]


def _plain(text: str) -> str:
    """One form for what looks the same: NFKC, plain blanks and hyphens."""
    text = unicodedata.normalize("NFKC", text.replace("\u00ad", ""))
    return re.sub(r"[\u2010-\u2015\u2212]", "-", text)


def _account(text: str, root: etree._Element) -> Iterator[Problem]:
    """An account that is none of the invoice's, while none of the invoice's is to be seen."""
    stated = {"".join(one.split()).upper() for term in ("BT-84", "BT-91") for one in occurrences(root, term)}
    shown = lettering.accounts(text)
    letters = "".join(text.split()).upper()
    if not stated or not shown or any(one and one in letters for one in stated):
        return
    yield _differs("iban", shown[0], sorted(stated)[0])


def _amount(text: str, root: etree._Element) -> Iterator[Problem]:
    totals = [number for term in ("BT-115", "BT-112") if (number := decimal(first(root, term) or ""))]
    shown = lettering.amounts(text)
    if not totals or not shown:
        return
    expected, right = totals[0], {abs(one) for one in totals}
    labelled = lettering.totals(text)
    known = right | {abs(number) for one in root.iter() if (number := decimal(one.text or "")) is not None}
    strange = [amount for amount in labelled if amount not in known]
    if strange and not right & set(labelled):
        yield _differs("amount", _figure(strange[-1]), _figure(expected))
    elif not any(lettering.shows_amount(text, one) for one in right):
        yield _differs("amount-absent", _figure(max(shown)), _figure(expected))


def _figure(amount: Decimal) -> str:
    return f"{amount:f}"


def _number(text: str, root: etree._Element) -> Iterator[Problem]:
    number = first(root, "BT-1")
    if not number or lettering.shows_token(text, number):
        return
    labelled = lettering.numbers(text)
    if not any(lettering.alike(one, number) for one in labelled):
        yield _differs("number" if labelled else "number-absent", labelled[0] if labelled else "", number)


def _date(text: str, root: etree._Element) -> Iterator[Problem]:
    written = first(root, "BT-2") or ""
    day = iso_date(written) or date_102(written)
    if day is None or day in lettering.all_days(text):
        return
    labelled = lettering.days(text)
    if shown := labelled or lettering.all_days(text):
        yield _differs("date" if labelled else "date-absent", shown[0].isoformat(), day.isoformat())


def _differs(why: str, stated: str, expected: str) -> Problem:
    return Problem("EI-PDF-DIFFERS", {"why": why, "stated": stated, "expected": expected})
