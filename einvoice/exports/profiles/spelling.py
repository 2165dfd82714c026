"""How the value of one field is written: numbers, days, mapped codes, letters, lengths. Nothing is cut in silence."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from einvoice.exports.profiles.form import FieldForm
from einvoice.exports.profiles.profile import Field
from einvoice.model.lexical import decimal, iso_date

_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS", "€": "EUR",
     "–": "-", "—": "-", "„": '"', "“": '"', "”": '"', "‚": "'", "‘": "'", "’": "'", "…": "...", "\u00a0": " ",
     "Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Æ": "Ae", "æ": "ae", "Œ": "Oe", "œ": "oe"}
)  # fmt: skip
Value = str | Decimal | bool | None


class Unfit(Exception):
    """A value that a field cannot hold; says why in English and German."""

    def __init__(self, en: str, de: str) -> None:
        super().__init__(en)
        self.en, self.de = en, de


@dataclass(slots=True)
class Speller:
    """How one file spells: its encoding, its tables of codes, the master data; `replaced` collects what it lacks."""

    encoding: str
    replaces: bool
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)

    def spell(self, of: Field, value: Value) -> str | None:
        """The text of a field, not yet padded; None where nothing is stated. Raises Unfit."""
        form = of.form
        text = plain(value)
        if not text.strip() and form.default is not None:
            text = form.default
        if not text.strip():
            if form.required:
                raise Unfit("is needed and not stated", "wird gebraucht und fehlt")
            return None
        if form.known is not None and text not in self.known.get(form.known, frozenset()):
            raise Unfit(
                f"{text!r} is not in the master data ({form.known})",
                f"{text!r} steht nicht in den Stammdaten ({form.known})",
            )
        if form.map is not None:
            text = _mapped(text, form.map, self.maps)
        text = self._formed(form, text)
        if form.as_ == "flag" and text not in ("true", "false"):
            raise Unfit(f"{text!r} is neither true nor false", f"{text!r} ist weder true noch false")
        if of.pattern is not None and not of.pattern.fullmatch(text):
            raise Unfit(
                f"{text!r} has not the shape {form.pattern}", f"{text!r} hat nicht die Form {form.pattern}"
            )
        return _long(form, text)

    def _formed(self, form: FieldForm, text: str) -> str:
        if form.decimals is not None:
            return number(form, text)
        if form.date is not None:
            return day(form.date, text)
        text = "".join(c if c.isprintable() else " " for c in text)
        if form.spelling == "ascii":
            text = ascii_only(text, self.replaced)
        if form.upper:
            text = text.upper()
        return self._encodable(text)

    def _encodable(self, text: str) -> str:
        """The text as the encoding has it. Raises Unfit for what it lacks, unless the profile replaces it."""
        lacking = [c for c in dict.fromkeys(text) if not has(self.encoding, c)]
        if lacking and not self.replaces:
            named = ", ".join(f"{c} (U+{ord(c):04X})" for c in lacking)
            raise Unfit(
                f'{self.encoding} has no {named}: unencodable = "replace" spells them out',
                f'{self.encoding} hat kein {named}: unencodable = "replace" umschreibt sie',
            )
        for char in lacking:
            spelled = unicodedata.normalize("NFKD", char.translate(_GERMAN))
            self.replaced[char] = "".join(c for c in spelled if has(self.encoding, c)) or "?"
            text = text.replace(char, self.replaced[char])
        return text


def plain(value: Value) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def has(encoding: str, char: str) -> bool:
    """Whether an encoding has a character."""
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def ascii_only(text: str, replaced: dict[str, str]) -> str:
    """German letters spelled out, others without their marks; what is left is a question mark, and is reported."""
    made = []
    for char in text:
        spelled = char.translate(_GERMAN)
        if not spelled.isascii():
            spelled = "".join(c for c in unicodedata.normalize("NFKD", spelled) if c.isascii()) or "?"
            if spelled == "?":
                replaced[char] = spelled
        made.append(spelled)
    return "".join(made)


def _mapped(text: str, name: str, maps: Mapping[str, Mapping[str, str]]) -> str:
    table = maps.get(name, {})
    found = table.get(text, table.get("*"))
    if found is None:
        raise Unfit(
            f'{text!r} is not in the table {name}, which has no default ("*")',
            f'{text!r} steht nicht in der Tabelle {name}, und einen Vorgabewert ("*") hat sie nicht',
        )
    return found


def number(form: FieldForm, text: str) -> str:
    """A decimal as the field wants it. Raises Unfit where digits would be lost."""
    value = decimal(text)
    if value is None:
        raise Unfit(f"{text!r} is no number", f"{text!r} ist keine Zahl")
    step = Decimal(1).scaleb(-(form.decimals or 0))
    exact = value.quantize(step, ROUND_HALF_UP) if abs(value) < 10**40 else value
    if exact != value and not form.round:
        raise Unfit(
            f"{text} has more than {form.decimals} decimals (round = true rounds)",
            f"{text} hat mehr als {form.decimals} Nachkommastellen (round = true rundet)",
        )
    if exact < 0 and form.sign == "refuse":
        raise Unfit(f"{text} is negative", f"{text} ist negativ")
    if form.sign == "letter":
        return form.letters[exact < 0]
    digits = f"{abs(exact):.{form.decimals or 0}f}".replace(".", form.point)
    return _signed(form, digits, exact < 0)


def _signed(form: FieldForm, digits: str, negative: bool) -> str:
    """Digits with their sign; zeros that fill a width stand between sign and digits."""
    mark = {
        "leading": "-" if negative else "",
        "trailing": "-" if negative else " " if form.width else "",
        "plus": "-" if negative else "+",
        "letter-before": form.letters[negative],
        "letter-after": form.letters[negative],
    }.get(form.sign, "")
    if form.fill == "0" and form.width:
        digits = digits.rjust(form.width - len(mark), "0")
    return digits + mark if form.sign in ("trailing", "letter-after") else mark + digits


def day(pattern: str, text: str) -> str:
    """A day or time in a pattern. Raises Unfit for what is none."""
    try:
        moment = datetime.fromisoformat(text) if "T" in text or " " in text else None
    except ValueError:
        moment = None
    found: date | None = moment or iso_date(text)
    if found is None:
        raise Unfit(f"{text!r} is no date", f"{text!r} ist kein Datum")
    return found.strftime(pattern.replace("%Y", f"{found.year:04d}"))


def _long(form: FieldForm, text: str) -> str:
    """The text in its length. Raises Unfit where it is too short or too long and may not be cut."""
    most = form.width or form.max
    if len(text) < form.min:
        raise Unfit(f"{text!r} is shorter than {form.min}", f"{text!r} ist kürzer als {form.min}")
    if most is None or len(text) <= most:
        return text
    if form.over == "fail" or (form.decimals is not None and form.over == "cut"):
        raise Unfit(f"{text!r} is longer than {most}", f"{text!r} ist länger als {most}")
    return text[-most:] if form.over == "cut-left" else text[:most]
