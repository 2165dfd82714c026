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
from einvoice.rulebook.house import STEPS
from einvoice.rulebook.loading import Sources
from einvoice.rulebook.releases import Release
from einvoice.rulebook.texts import Element
from einvoice.rulebook.variants import Scope

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
    sources = Sources.of(of)
    scope = Scope(syntax, of.versions)
    codes = codelists.files(sources.rules / "codelists", scope)
    table, words = sources.schemas / "names.txt", sources.rules / "words.toml"
    digests = cache.digests([file, table, words, *codes.values()])
    entries = read_chapters([file], scope)
    if not entries:
        raise RulebookError.at(
            f"{file}:1",
            "there are no routing rules here: [NAME] with `to` and `if`",
            "hier stehen keine Zuordnungsregeln: [NAME] mit `to` und `if`",
        )
    towns = {entry.id: _turned(entry, known, own) for entry in entries}
    name = cache.key("routing", *digests.values(), syntax, of.name)
    kept = cache.fetch(name)
    if kept is not None:
        plan = Plan(*kept)
    else:
        try:
            plan = compiled(scope, table, [words], entries, codelists.read(codes), {}, careful=True)
        except RulebookError as error:
            turned = (error.said(lang).replace(": assert: ", ": if: ", 1) for lang in ("en", "de"))
            raise RulebookError(*turned) from None
        cache.keep(name, plan.parts())
    return Routes(Book(plan, "routing", syntax, of, {}, steps=STEPS), towns)


def _turned(entry: Entry, known: Callable[[str], bool], own: bool) -> str | None:
    """Makes of a routing rule a rule that is broken where it fits; the town it names."""
    for key in sorted(_FORBIDDEN & entry.fields.keys()):
        raise entry.wrong(
            key,
            "a routing rule has `if` and `to`, and may have `for`, `when` and named values",
            "eine Zuordnungsregel hat `if` und `to`, dazu vielleicht `for`, `when` und benannte Werte",
        )
    condition = entry.fields.pop("if", None)
    town: str | None = entry.fields.pop("to", None)
    if not isinstance(condition, str):
        raise entry.wrong("if", "says when the rule fits, as a text", "sagt als Text, wann die Regel passt")
    if own and town is not None:
        raise entry.wrong(
            "to",
            "the rules of a town route to that town: leave it out",
            "die Regeln einer Kommune ordnen ihr selbst zu: bitte weglassen",
        )
    if not own and (not isinstance(town, str) or not known(town)):
        en, de = (f": {town!r} is none", f": {town!r} ist keine") if town else ("", "")
        raise entry.wrong("to", f"names a town{en}", f"nennt eine Kommune{de}")
    entry.fields |= {"assert": f"not ({condition})", "en": entry.id, "de": entry.id}
    entry.lines["assert"] = entry.lines.get("if", entry.line)
    return town
