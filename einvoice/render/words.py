"""Labels and values as people read them: German 2.3.2026 and 1.234,50, English 2026-03-02 and 1,234.50."""

import functools

from einvoice.model.lexical import decimal, iso_date
from einvoice.model.terms import terms

_NUMBERS = ("Amount", "Unit price amount", "Quantity", "Percentage")


def label(term: str, lang: str) -> str:
    """What a term or group is called within its group: KoSIT's short label in German, the norm's name in English."""
    row = terms()[term]
    if lang == "de":
        return row.label_de if row.label_de and not row.is_group and not _ambiguous(term) else row.de
    return row.en.capitalize() if row.is_group else row.en


@functools.cache
def _ambiguous(term: str) -> bool:
    """Whether a sibling has the same short label, as BT-109 and BT-112 have."""
    row = terms()[term]
    return any(
        one.label_de == row.label_de and one.id != term and one.parent == row.parent
        for one in terms().values()
    )


def shown(term: str, text: str, lang: str) -> str:
    """A value in local form by the term's data type; text that is no such value stays as written."""
    kind = terms()[term].datatype
    if kind in _NUMBERS:
        return number(text, lang)
    if kind == "Date":
        day = iso_date(text)
        return f"{day.day}.{day.month}.{day.year}" if day and lang == "de" else text
    if kind == "Binary object":
        return _size(text, lang)
    return text


def number(text: str, lang: str) -> str:
    """A decimal with thousands separators, every digit kept, at least two fraction digits."""
    value = decimal(text)
    if value is None:
        return text
    whole, _, rest = f"{abs(value):f}".partition(".")
    if len(whole) > 30:
        return text
    sign = "-" if value < 0 else ""
    written = f"{sign}{int(whole):,}.{rest.ljust(2, '0')}"
    return written.translate({44: ".", 46: ","}) if lang == "de" else written


def _size(text: str, lang: str) -> str:
    """What is told of an embedded file: its size."""
    size = len(text.strip()) * 3 // 4
    words = {"de": "eingebettete Datei", "en": "embedded file"}
    return f"{words[lang]}, {number(str(size), lang).rpartition(',' if lang == 'de' else '.')[0]} Bytes"
