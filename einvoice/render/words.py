"""Labels and values as people read them: German 02.03.2026 and 1.234,50 €, English 2 Mar 2026 and 1,234.50 €."""

import functools

from einvoice.model.lexical import decimal, iso_date
from einvoice.model.terms import terms
from einvoice.render.codes import meaning

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AMOUNTS = ("Amount", "Unit price amount")
_SIGNS = {"EUR": "€"}
_PLACES = {"BT-40": "Land", "BT-55": "Land", "BT-69": "Land", "BT-80": "Land", "BT-159": "Herkunftsland"}
_HEADLINES = {
    "BG-1": "Bemerkungen",
    "BG-14": "Abrechnungszeitraum",
    "BG-16": "Zahlungsweg",
    "BG-20": "Nachlässe",
    "BG-21": "Zuschläge",
    "BG-23": "Umsatzsteuer",
    "BG-2": "Verfahren und Profil",
}
"""German names of groups that are shorter than the norm's."""


def label(term: str, lang: str) -> str:
    """What a term or group is called within its group: KoSIT's short label in German, the norm's name in English."""
    row = terms()[term]
    if lang == "de":
        if row.is_group:
            return _HEADLINES.get(term, row.de)
        if term in _PLACES:
            return _PLACES[term]
        return row.label_de if row.label_de and not _ambiguous(term) else row.de
    return row.en.capitalize() if row.is_group else row.en


@functools.cache
def _ambiguous(term: str) -> bool:
    """Whether a sibling has the same short label, as BT-109 and BT-112 have."""
    row = terms()[term]
    return any(
        one.label_de == row.label_de and one.id != term and one.parent == row.parent
        for one in terms().values()
    )


def is_figure(term: str) -> bool:
    """Whether values of a term are numbers, set flush right."""
    return terms()[term].datatype in (*_AMOUNTS, "Quantity", "Percentage")


def shown(term: str, text: str, lang: str, currency: str | None = None, *, brief: bool = False) -> str:
    """A value in local form by the term's data type, codes with what they mean; anything else as written.

    `currency` follows amounts. `brief` leaves out what a code means.
    """
    kind = terms()[term].datatype
    if kind in _AMOUNTS:
        return amount(text, lang, currency)
    if kind == "Percentage":
        return percent(text, lang)
    if kind == "Quantity":
        return number(text, lang, 0)
    if kind == "Date":
        return day(text, lang)
    words = None if brief else meaning(term, text, lang)
    return f"{words} ({text.strip()})" if words else text


def amount(text: str, lang: str, currency: str | None) -> str:
    """An amount with its currency; "€" stands for EUR. Text that is no number stays as written."""
    said = number(text, lang)
    unit = _SIGNS.get(currency or "", currency)
    return f"{said}\u00a0{unit}" if unit and decimal(text) is not None else said


def percent(text: str, lang: str) -> str:
    """A percentage with every digit as written."""
    said = number(text, lang, 0)
    return said if decimal(text) is None else said + ("\u00a0%" if lang == "de" else "%")


def day(text: str, lang: str) -> str:
    """An ISO date as 02.03.2026 or 2 Mar 2026; a time zone, and text that is no date, stay as written."""
    found = iso_date(text)
    if found is None:
        return text
    zone = text.strip()[10:]
    local = f"{found:%d.%m.%Y}" if lang == "de" else f"{found.day} {_MONTHS[found.month - 1]} {found.year}"
    return f"{local} {zone}" if zone else local


def number(text: str, lang: str, places: int = 2) -> str:
    """A decimal with thousands separators, every digit kept, at least `places` fraction digits."""
    value = decimal(text)
    if value is None:
        return text
    whole, _, rest = f"{abs(value):f}".partition(".")
    if len(whole) > 30:
        return text
    sign = "-" if value.is_signed() else ""
    rest = rest.ljust(places, "0")
    written = f"{sign}{int(whole):,}" + (f".{rest}" if rest else "")
    return written.translate({44: ".", 46: ","}) if lang == "de" else written


def size(count: int, lang: str) -> str:
    """A number of bytes."""
    return f"{number(str(count), lang, 0)} {'Bytes' if count != 1 else 'Byte'}"
