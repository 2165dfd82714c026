"""Skonto: the rows `#SKONTO#TAGE=14#PROZENT=2.00#` of the payment terms (BT-20) in words, with date and amounts.

XRechnung defines them: days count from the invoice date (BT-2), the percentage applies to BASISBETRAG, else to the
amount due (BT-115). The amounts are ours, rounded half up to cents; the row itself stays as the invoice states it.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from einvoice.model.content import Content
from einvoice.model.discounts import discounted, discounts
from einvoice.model.lexical import decimal, iso_date
from einvoice.render import words


def explained(terms: str, invoice: Content, lang: str) -> Iterator[str]:
    """A sentence for each Skonto row: until when to pay, what is deducted, what remains."""
    issued, totals = iso_date(invoice.text("BT-2") or ""), invoice.group("BG-22")
    due = decimal((totals and totals.text("BT-115")) or "")
    currency = invoice.text("BT-5")
    for row in discounts(terms):
        rate, base = words.percent(f"{row.percent}", lang), row.base if row.base is not None else due
        text = _until(row.days, _last(issued, row.days), rate, lang)
        if base is not None:
            off = discounted(base, row.percent)
            text += _figures(*(words.amount(f"{n}", lang, currency) for n in (base, off)), lang=lang)
            if due is not None:
                text += _remains(words.amount(f"{due - off}", lang, currency), lang)
        yield text + "."


def _last(issued: date | None, days: int) -> str | None:
    """The last day to pay, ISO; None without an invoice date or beyond the calendar."""
    if issued is None or date.max - issued < timedelta(days=days):
        return None
    return f"{issued + timedelta(days=days)}"


def _until(days: int, last: str | None, rate: str, lang: str) -> str:
    if lang == "de":
        one, since = days == 1, "ab Rechnungsdatum"
        within = f"innerhalb von {days} Tag{'' if one else 'en'} {since}"
        by = f"bis {words.day(last, lang)} ({days} Tag{'' if one else 'e'} {since})" if last else within
        return f"{rate} Skonto bei Zahlung {by}"
    term = f"{days} day{'' if days == 1 else 's'} from the invoice date"
    by = f"by {words.day(last, lang)} ({term})" if last else f"within {term}"
    return f"{rate} discount if paid {by}"


def _figures(base: str, off: str, *, lang: str) -> str:
    return f": Abzug {off} von {base}" if lang == "de" else f": {off} off {base}"


def _remains(rest: str, lang: str) -> str:
    return f", zu zahlen {rest}" if lang == "de" else f", {rest} to pay"
