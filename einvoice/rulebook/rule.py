"""A rule of a book, and a breach of it by a document."""

import string
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from einvoice.model import lexical
from einvoice.rulebook.texts import Element

Language = Literal["de", "en"]
Severity = Literal["error", "warning", "information"]

_ABSENT = {"de": "(nicht angegeben)", "en": "(not stated)"}
_QUOTES = {"de": "„{}“", "en": "“{}”"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as a book runs it. `severity` is the profile's; `path` and `line` say where it stands."""

    id: str
    severity: Severity
    terms: tuple[str, ...]
    en: str
    de: str
    hint_en: str
    hint_de: str
    path: str
    line: int

    def message(self, lang: Language, breach: "Breach") -> str:
        """What is wrong, with the document's actual values."""
        return breach.fill(self.de if lang == "de" else self.en, lang)

    def hint(self, lang: Language, breach: "Breach") -> str:
        """What to do about it; "" where the rule has nothing to say beyond its message."""
        return breach.fill(self.hint_de if lang == "de" else self.hint_en, lang)


@dataclass(frozen=True, slots=True)
class Value:
    """What a document says, or what follows from it: a text, or a number as written or computed; None = absent."""

    number: bool
    text: str | None

    def words(self, lang: Language, quoted: bool = False) -> str:
        """For people: numbers in the language's style (1.234,56), a text in quotes if asked for."""
        if self.text is None:
            return _ABSENT[lang]
        if self.number and lexical.decimal(self.text) is not None:
            return styled(self.text.strip(lexical.BLANKS), lang)
        return _QUOTES[lang].format(self.text) if quoted else self.text


@dataclass(slots=True)
class Breach:
    """A rule that a document breaks, at an element, with the values that its message needs."""

    rule: Rule
    element: Element
    shown: dict[str, Value] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        """The actual values by placeholder, numbers with a dot; what is absent is left out."""
        return {name: value.text for name, value in self.shown.items() if value.text is not None}

    def fill(self, template: str, lang: Language) -> str:
        """A template with the values put in."""
        if "{" not in template and "}" not in template:
            return template
        parts = []
        for literal, name, _, conversion in string.Formatter().parse(template):
            parts.append(literal)
            if name is not None:
                parts.append(self.shown[name].words(lang, conversion == "r"))
        return "".join(parts)


Shown = Callable[..., list[tuple[str, bool, object]]]


def value(number: bool, what: object) -> Value:
    """A value as computed by a book: text, int, Decimal or float."""
    if what is None or isinstance(what, str):
        return Value(number, what)
    if isinstance(what, float):
        what = Decimal(repr(what))
    return Value(True, f"{Decimal(what):f}")  # type: ignore[arg-type]


def styled(text: str, lang: Language) -> str:
    """An xs:decimal for people, every digit kept: 1234.5 becomes 1.234,5 in German and 1,234.5 in English."""
    sign = "-" if text.startswith("-") else ""
    whole, dot, rest = text.lstrip("+-").partition(".")
    grouped = f"{int(whole or 0):,}" if len(whole) < 4000 else whole
    written = f"{sign}{grouped}{dot}{rest}" if rest else f"{sign}{grouped}"
    return written.translate({44: ".", 46: ","}) if lang == "de" else written
