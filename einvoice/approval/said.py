"""Where something is booked, as a person writes it: `konto=5400 kst=101 text="Schule am Markt"`."""

import re
import shlex
from collections.abc import Iterable, Mapping
from decimal import Decimal

from einvoice.approval.postings import DIMENSIONS, LONGEST_TEXT
from einvoice.errors import UsageError

NAMES: Mapping[str, str] = {
    **{name: name for name in DIMENSIONS},
    "konto": "account",
    "sachkonto": "account",
    "produkt": "product",
    "kostenstelle": "cost_centre",
    "kst": "cost_centre",
    "kostenträger": "cost_object",
    "kostentraeger": "cost_object",
    "ktr": "cost_object",
    "investition": "investment",
    "maßnahme": "investment",
    "steuerschlüssel": "tax_key",
    "steuerschluessel": "tax_key",
    "haushaltsjahr": "budget_year",
    "jahr": "budget_year",
    "mittelbindung": "commitment",
    "auftrag": "commitment",
    "kreditor": "contra_account",
    "creditor": "contra_account",
}
"""What a person may call a dimension → its name."""

LONGEST_CODE = 40

_GERMAN = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}|\d+(?:,\d{1,2})?)", re.ASCII)
_ENGLISH = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{1,2}", re.ASCII)


def money(text: str) -> Decimal:
    """An amount as a person writes it, `1.234,50` or `1234.50`. Raises UsageError, also for an unclear `1.234`."""
    plain = text.strip().removesuffix("€").removesuffix("EUR").strip()
    if _ENGLISH.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _GERMAN.fullmatch(plain):
        plain = plain.replace(".", "").replace(",", ".")
    else:
        raise UsageError(
            f"{text}: an amount is written 1234.50", f"{text}: ein Betrag wird 1234,50 geschrieben"
        )
    return Decimal(plain).quantize(Decimal("0.01"))


def said(text: str) -> dict[str, str]:
    """The dimensions that a text sets: `name=code`, separated by blanks, codes with blanks in quotes.

    An empty code takes the dimension away. Raises UsageError, naming what cannot be.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise UsageError(
            f"{text}: a quotation mark is not closed", f"{text}: ein Anführungszeichen ist offen"
        ) from None
    return pairs(words)


def pairs(words: Iterable[str]) -> dict[str, str]:
    """The same, of words that are apart already."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, code = word.partition("=")
        key = NAMES.get(name.strip().lower())
        if key is None or not equals:
            known = ", ".join(DIMENSIONS)
            raise UsageError(
                f"{word}: is no name=code; names are {known}.",
                f"{word}: ist kein name=code; Namen sind {known} (oder deutsch: konto, produkt, kst, ktr, …).",
            )
        if key in found:
            raise UsageError(f"{name} is said twice.", f"{name} steht zweimal da.")
        found[key] = checked(key, code.strip())
    return found


def checked(key: str, code: str) -> str:
    """A code of a dimension as it is stored. Raises UsageError for one that no accounting system can have."""
    longest = LONGEST_TEXT if key == "text" else LONGEST_CODE
    word = DIMENSIONS[key][0]
    if len(code) > longest or not code.isprintable():
        raise UsageError(
            f"{key}: at most {longest} printable characters: {code[:60]!r}",
            f"{word}: höchstens {longest} druckbare Zeichen: {code[:60]!r}",
        )
    if key == "budget_year" and code and not (code.isascii() and code.isdigit() and len(code) == 4):
        raise UsageError(
            f"{code}: a budget year has four digits.", f"{code}: ein Haushaltsjahr hat vier Ziffern."
        )
    return code
