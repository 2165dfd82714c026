"""Discounts for early payment that a CII states as data (Factur-X EXTENDED, ApplicableTradePaymentDiscountTerms).

EN 16931 has no term for them; XRechnung writes them into BT-20 instead (model.discounts).
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from lxml import etree

from einvoice.model.discounts import Discount
from einvoice.model.lexical import decimal, iso_date
from einvoice.model.namespaces import NAMESPACES

_IN = {"ram": NAMESPACES["ram"], "udt": NAMESPACES["udt"]}
_TERMS = (
    "./*/ram:ApplicableHeaderTradeSettlement/ram:SpecifiedTradePaymentTerms/"
    "ram:ApplicableTradePaymentDiscountTerms"
)
_DAYS = {"DAY": 1, "WEE": 7}
_MONTHS = {"MON": 1, "ANN": 12}
"""Units of UN/ECE Recommendation 20 in which a period is stated."""


def discount_terms(root: etree._Element, issued: str | None) -> list[Discount]:
    """The discounts a document states as data, in their order, by days from the invoice date (BT-2, ISO).

    A period counts from the date it is based on, else from the invoice date. What states no percentage, no period and
    no date, or another unit, is none: it is shown, and a person decides.
    """
    day = iso_date(issued or "")
    return list(_found(root, day)) if day is not None else []


def _found(root: etree._Element, issued: date) -> Iterator[Discount]:
    for row in root.iterfind(_TERMS, _IN):
        percent, last = decimal(_text(row, "CalculationPercent")), _last(row, issued)
        base = decimal(_text(row, "BasisAmount"))
        if percent is not None and percent > 0 and last is not None and last >= issued:
            yield Discount((last - issued).days, percent, base)


def _last(row: etree._Element, issued: date) -> date | None:
    """The last day of a discount."""
    period = row.find("ram:BasisPeriodMeasure", _IN)
    stated = row.findtext("ram:BasisDateTime/udt:DateTimeString", "", _IN).strip()
    begin = iso_date(f"{stated[:4]}-{stated[4:6]}-{stated[6:]}") if stated else issued
    if begin is None or period is None:
        return begin if stated else None
    count, unit = decimal((period.text or "").strip()), period.get("unitCode", "")
    if count is None or count != int(count) or not 0 <= count < 10_000:
        return None
    try:
        if unit in _DAYS:
            return begin + timedelta(days=int(count) * _DAYS[unit])
        return _months(begin, int(count) * _MONTHS[unit]) if unit in _MONTHS else None
    except (OverflowError, ValueError):  # after the year 9999
        return None


def _months(begin: date, count: int) -> date:
    """So many months later; the last day of a shorter month (§ 188 (3) BGB)."""
    year, month = divmod(begin.month - 1 + count, 12)
    year, month = begin.year + year, month + 1
    return date(year, month, min(begin.day, monthrange(year, month)[1]))


def _text(row: etree._Element, name: str) -> str:
    return row.findtext(f"ram:{name}", "", _IN).strip()
