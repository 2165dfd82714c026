"""How amounts, days, numbers and accounts are written on paper in Europe, and where they stand in a text."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

_AMOUNTS = tuple(
    re.compile(rf"(?<![\d.,])({whole})[.,](\d\d)(?![\d]|[.,]\d)")
    for whole in (r"\d{1,3}(?:\.\d{3})+", r"\d{1,3}(?:,\d{3})+", r"\d{1,3}(?:[ '’]\d{3})+", r"\d+")
)
"""1.234,56 · 1,234.56 · 1 234,56 or 1'234.56 · 1234,56: read in every way that fits."""

_TOTAL = re.compile(
    r"(?:rechnungs|gesamt|zahl|end|brutto|rest)(?:betrag|summe)|zu zahlen|zahlungsbetrag|fälliger betrag"
    r"|rechnungsbetrag brutto|total ttc|net à payer|montant (?:dû|ttc)|grand total|invoice total|total amount"
    r"|amount (?:due|payable)|total due|totale (?:fattura|documento)|total factura",
    re.I,
)
_DISCOUNT = re.compile(r"skonto|escompte|discount|abz(?:ü|ue)g|netto|net\b|\bht\b", re.I)
_NUMBER = re.compile(
    r"(?:rechnungs?|belege?|gutschrifts?|invoice|facture|avoir|fattura|factura|credit note)[ \t-]*"
    r"(?:-?nummer|-?nr\b\.?|-?no\b\.?|number|n°|nº|num[ée]ro|#)[ \t:.#-]*\n?[ \t]*"
    r"([A-Z0-9][A-Z0-9./_-]*)",
    re.I,
)
_DATED = re.compile(
    r"(?:rechnungs|beleg|ausstellungs|gutschrifts)-?datum|invoice date|date of (?:issue|invoice)|issue date"
    r"|date de (?:la )?facture|date d['’]émission|date facture|data fattura|fecha de factura",
    re.I,
)
_MONTHS = (
    "januar jänner january janvier jan|februar february février fevrier feb|märz maerz march mars mär mar"
    "|april avril apr|mai may|juni june juin jun|juli july juillet jul|august août aout aug"
    "|september septembre sep|oktober october octobre okt oct|november novembre nov"
    "|dezember december décembre dez dec"
)
_MONTH = {name: n for n, names in enumerate(_MONTHS.split("|"), 1) for name in names.split()}
_DAYS = (
    (re.compile(r"(?<!\d)(\d{1,2}) ?[./-] ?(\d{1,2}) ?[./-] ?(\d{4}|\d{2})(?!\d)"), (2, 1, 0)),
    (re.compile(r"(?<!\d)(\d{1,2}) ?[./-] ?(\d{1,2}) ?[./-] ?(\d{4}|\d{2})(?!\d)"), (2, 0, 1)),
    (re.compile(r"(?<!\d)(\d{4}) ?[./-] ?(\d{1,2}) ?[./-] ?(\d{1,2})(?!\d)"), (0, 1, 2)),
    (re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)"), (0, 1, 2)),
    (re.compile(r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th)?[ -]*([^\W\d]{3,9})\.?,?[ -]*(\d{4})(?!\d)"), (2, 1, 0)),
    (re.compile(r"([^\W\d]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})(?!\d)"), (2, 0, 1)),
)
"""Ways to write a day, and where year, month and day stand in each."""

_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI NL", "19": "SI", "20": "AT EE LT LU", "21": "CH HR LI LV",
        "22": "BG DE GB IE", "23": "GI", "24": "AD CZ ES RO SE SK", "25": "PT", "26": "IS", "27": "FR GR IT MC SM",
        "28": "CY HU PL", "31": "MT",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Country of SEPA → length of its IBAN (ISO 13616)."""

_ACCOUNT = re.compile(r"(?<![A-Z0-9])(?=([A-Z]{2} ?\d(?:[ \n]?[A-Z0-9]){13,32}))")
_NAMED_ACCOUNT = re.compile(r"IBAN\b[ :.\n]*([A-Z]{2} ?\d\d(?: ?[A-Z0-9]){11,30})")


def amounts(text: str) -> set[Decimal]:
    """Every amount with two decimals, in every way it can be read."""
    return {amount for pattern in _AMOUNTS for one in pattern.finditer(text) for amount in [_value(one)]}


def _value(found: "re.Match[str]") -> Decimal:
    return Decimal(re.sub(r"\D", "", found[1]) + "." + found[2])


def totals(text: str) -> list[Decimal]:
    """Amounts that stand right after the name of a total, in their order; totals after a discount are left out."""
    found = []
    for label in _TOTAL.finditer(text):
        between = re.match(r"[^\d]{0,40}", text[label.end() :])
        rest = text[label.end() + (between.end() if between else 0) :][:20]
        before = text[max(0, label.start() - 25) : label.start()]
        if between and not _DISCOUNT.search(before + between[0]):
            found += [_value(one) for pattern in _AMOUNTS if (one := pattern.match(rest))]
    return found


def shows_amount(text: str, amount: Decimal) -> bool:
    """Whether an amount is to be seen, in whatever form, letters apart or not."""
    amount = abs(round(amount, 2))
    if amount in amounts(text):
        return True
    whole, _, cents = f"{amount:.2f}".partition(".")
    loose = r"\s?[.,'’]?\s?".join(whole) + r"\s?[.,]\s?" + r"\s?".join(cents)
    if cents == "00":
        loose += r"|" + r"[.,'’ ]?".join(whole) + r"(?=\s|,-|$)"
    return re.search(rf"(?<![\d.,])(?:{loose})(?!\d)", text) is not None


def numbers(text: str) -> list[str]:
    """What stands after the name of an invoice's number and looks like one."""
    found = (one[1].strip("./_-") for one in _NUMBER.finditer(text))
    return [one for one in found if re.search(r"\d", one) and not _looks_like_a_day(one)]


def _looks_like_a_day(token: str) -> bool:
    return re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d", token) is not None


def shows_token(text: str, token: str) -> bool:
    """Whether a number is to be seen as a word of its own, letters apart or not."""
    loose = r"\s*".join(map(re.escape, "".join(token.split())))
    return re.search(rf"(?<![A-Za-z0-9]){loose}(?![A-Za-z0-9])", text, re.I) is not None


def alike(one: str, other: str) -> bool:
    """Whether two numbers may be the same, but for what separates their parts or stands before."""
    short, long = sorted((re.sub(r"[\W_]", "", text).casefold() for text in (one, other)), key=len)
    return (len(short) > 2 and short in long) or (len(short) > 1 and long.endswith(short))


def all_days(text: str) -> list[date]:
    """Every day in a text, in any usual form, in every way it can be read."""
    return list(_read(text))


def days(text: str) -> list[date]:
    """The days that stand right after the name of an invoice's date."""
    found = list[date]()
    for label in _DATED.finditer(text):
        rest = re.match(r"[ \t:.]*\n?[ \t]*(\S.{0,25})", text[label.end() :])
        found += _read(rest[1], match=True) if rest else ()
    return found


def _read(text: str, match: bool = False) -> Iterator[date]:
    for pattern, (year, month, day) in _DAYS:
        for one in [pattern.match(text)] if match else pattern.finditer(text):
            made = _made(one[year + 1], one[month + 1], one[day + 1]) if one else None
            if made:
                yield made


def _made(year: str, month: str, day: str) -> date | None:
    number = _MONTH.get(month.casefold(), 0) if not month.isdigit() else int(month)
    if not (day.isdigit() and year.isdigit()):
        return None
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), number, int(day))
    except ValueError:
        return None


def accounts(text: str) -> list[str]:
    """The IBANs in a text, without blanks, in their order: the valid ones, else what is called an IBAN there."""
    text = text.upper()
    found = (_iban("".join(one[1].split())) for one in _ACCOUNT.finditer(text))
    valid = list(dict.fromkeys(iban for iban in found if iban))
    return valid or ["".join(one[1].split()) for one in _NAMED_ACCOUNT.finditer(text)]


def _iban(letters: str) -> str | None:
    iban = letters[: _LENGTHS.get(letters[:2], 0)]
    if len(iban) < 15 or not iban[2:4].isdigit() or len(iban) != _LENGTHS[iban[:2]]:
        return None
    digits = "".join(str(int(c, 36)) for c in iban[4:] + iban[:4])
    return iban if int(digits) % 97 == 1 else None
