"""Routing rules: to which town an invoice belongs, in the language of the rules, on any term.

    [BAUHOF]
    to = "musterlippe"
    if = "any(l.item == 'Streusalz' for l in invoice.lines)"

`for`, `when` and named values are as in any rule; what may be absent has to be guarded, and all rules together may
look at no more than `house.STEPS` elements of a document.
"""

from collections.abc import Callable
from pathlib import Path

from einvoice.errors import RulebookError
from einvoice.rulebook import cache, codelists
from einvoice.rulebook.book import Book, Plan
from einvoice.rulebook.building import compiled, read_chapters
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.house import Ground, ground
from einvoice.rulebook.loading import Sources
from einvoice.rulebook.releases import Release
from einvoice.rulebook.texts import Element

_FORBIDDEN = frozenset({"assert", "severity", "en", "de", "hint_en", "hint_de", "fails", "passes", "terms"})


class Routes:
    """The routing rules of a file for one syntax. towns: rule → the town it names (None: the rule names none)."""

    def __init__(self, book: Book, towns: dict[str, str | None]) -> None:
        self._book, self.towns = book, towns

    def first(self, root: Element) -> tuple[str, str | None] | None:
        """The first rule of the file that fits a document, and its town. Raises Unchecked beyond the steps."""
        for breach in self._book.judge(root):
            return breach.rule.id, self.towns[breach.rule.id]
        return None

    def every(self, root: Element) -> list[str]:
        """All rules of the file that fit a document, each once. Raises Unchecked beyond the steps."""
        return list(dict.fromkeys(breach.rule.id for breach in self._book.judge(root)))


def routes(
    file: Path, of: Release, syntax: str, known: Callable[[str], bool] = lambda _: True, own: bool = False
) -> Routes:
    """The routing rules of a file. own: of one town, so that none says `to`; known: whether there is such a town.

    Raises RulebookError (file:line) for whatever does not make sense.
    """
    return Routes(*deciding(file, of, syntax, "routing", lambda entry: _turned(entry, known, own)))


def deciding(
    file: Path, of: Release, syntax: str, name: str, turn: Callable[[Entry], str | None]
) -> tuple[Book, dict[str, str | None]]:
    """A book of rules that decide something where they fit, and what each decides (`to`), as `turn` reads it.

    name: of the kind of rules; turn makes of an entry one that is broken where it fits (see `turned`).
    """
    below = ground(of, syntax, Sources.of(of))
    entries = read_chapters([file], below.scope)
    if not entries:
        raise RulebookError.at(
            f"{file}:1",
            f"there are no {name} rules here: [NAME] with `to` and `if`",
            f"hier stehen keine Regeln ({name}): [NAME] mit `to` und `if`",
        )
    decided = {entry.id: turn(entry) for entry in entries}
    return below.book(name, cache.digests([file]), {}, lambda: _compiled(below, entries)), decided


def _compiled(below: Ground, entries: list[Entry]) -> Plan:
    try:
        codes = codelists.read(below.codes)
        return compiled(below.scope, below.table, [below.words], entries, codes, {}, careful=True)
    except RulebookError as error:
        said = (error.said(lang).replace(": assert: ", ": if: ", 1) for lang in ("en", "de"))
        raise RulebookError(*said) from None


def turned(entry: Entry) -> str | None:
    """Makes of a deciding rule a rule that is broken where it fits; what it says in `to`. Raises RulebookError."""
    for key in sorted(_FORBIDDEN & entry.fields.keys()):
        raise entry.wrong(
            key,
            "a routing rule, or one that decides, has `if` and `to`, and may have `for`, `when` and named values",
            "eine Regel, die zuordnet oder entscheidet, hat `if` und `to`, auch `for`, `when`, benannte Werte",
        )
    condition = entry.fields.pop("if", None)
    to: str | None = entry.fields.pop("to", None)
    if not isinstance(condition, str):
        raise entry.wrong("if", "says when the rule fits, as a text", "sagt als Text, wann die Regel passt")
    entry.fields |= {"assert": f"not ({condition})", "en": entry.id, "de": entry.id}
    entry.lines["assert"] = entry.lines.get("if", entry.line)
    return to


def _turned(entry: Entry, known: Callable[[str], bool], own: bool) -> str | None:
    town = turned(entry)
    if own and town is not None:
        raise entry.wrong(
            "to",
            "the rules of a town route to that town: leave it out",
            "die Regeln einer Kommune ordnen ihr selbst zu: bitte weglassen",
        )
    if not own and (not isinstance(town, str) or not known(town)):
        en, de = (f": {town!r} is none", f": {town!r} ist keine") if town else ("", "")
        raise entry.wrong("to", f"names a town{en}", f"nennt eine Kommune{de}")
    return town
