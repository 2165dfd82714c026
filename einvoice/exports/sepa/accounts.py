"""Accounts that a SEPA credit transfer can reach: IBAN by length and check digits, country, BIC by its form.

Sources: ISO 13616 (IBAN registry: lengths), ISO 9362 (BIC), EPC409-09 (SEPA scheme countries).
"""

import re

LENGTHS = {
    "AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15,
    "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip
"""SEPA country → length of its IBANs."""

EEA = frozenset(LENGTHS) - {"AD", "AL", "CH", "GB", "GI", "MC", "MD", "ME", "MK", "RS", "SM", "VA"}
"""Within these no address of the creditor is needed (Regulation (EU) 2015/847)."""

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?")


def is_iban(text: str) -> bool:
    """Whether a text without blanks is an IBAN: form, check digits (ISO 7064 mod 97), and the length of its country
    where that is a SEPA country.
    """
    if not _IBAN.fullmatch(text) or len(text) != LENGTHS.get(text[:2], len(text)):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def in_sepa(iban: str) -> bool:
    """Whether an IBAN is of a country of the SEPA schemes."""
    return iban[:2] in LENGTHS


def is_bic(text: str | None) -> bool:
    """Whether a text has the form of a BIC."""
    return bool(text and _BIC.fullmatch(text))
