"""Bank accounts (BT-84): how an IBAN is compared and shown, and what is wrong with one; which payments need none."""

from einvoice.model.lexical import BLANKS

_CODES = """
AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE SI
SK SM VA
"""
SEPA = frozenset(_CODES.split())
"""Countries whose IBANs a SEPA credit transfer reaches (European Payments Council, EPC409-09, as of 2026-11)."""

WITHOUT_TRANSFER = {
    "10": "cash",
    "48": "card",
    "49": "direct-debit",
    "54": "card",
    "55": "card",
    "59": "direct-debit",
    "97": "netting",
}
"""Codes of BT-81 (UNTDID 4461) by which nobody transfers money to the seller, and what they are."""


def bare(iban: str | None) -> str:
    """An IBAN as it is compared: upper case, without blanks; "" for none."""
    return "".join((iban or "").split()).upper()


def grouped(iban: str) -> str:
    """An IBAN in groups of four, as people read it."""
    text = bare(iban)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def problem(iban: str) -> tuple[str, str] | None:
    """What is wrong with an IBAN, in German and English; None if it can be one of a SEPA account.

    Checked are country, length and form of that country's accounts, and the check digits (ISO 13616, mod 97-10).
    """
    from stdnum import exceptions
    from stdnum import iban as norm

    text = bare(iban).strip(BLANKS)
    if not text.isascii() or not text.isalnum():
        return "enthält fremde Zeichen", "holds characters that no IBAN has"
    if text[:2] not in SEPA:
        return f"Land „{text[:2]}“ nimmt an SEPA nicht teil", f"country {text[:2]!r} takes no part in SEPA"
    try:
        norm.validate(text, check_country=False)
    except exceptions.InvalidChecksum:
        return "die Prüfziffern stimmen nicht", "the check digits are wrong"
    except exceptions.ValidationError:
        return f"Länge oder Aufbau passt nicht zu {text[:2]}", f"length or form does not fit {text[:2]}"
    return None
