"""Every rule of a release across profiles and syntaxes, in full: what `einvoice explain` and the docs show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from einvoice.rulebook import house
from einvoice.rulebook.loading import Sources, chapters, load
from einvoice.rulebook.names import SYNTAXES
from einvoice.rulebook.profiles import profiles
from einvoice.rulebook.releases import Release, release
from einvoice.rulebook.rule import Rule, Severity
from einvoice.rulebook.variants import Scope

if TYPE_CHECKING:
    from einvoice.rulebook.entries import Entry

Formula = tuple[tuple[str, str], ...]
"""The keys of an entry that compute something, in written order, as text of the rule language."""


Examples = tuple[Mapping[str, Any], ...]
"""Changes to a base invoice, in the notation of einvoice.model.changes."""


@dataclass(slots=True)
class Described:
    """One rule in full. `severities` go by (profile, syntax); formulas, reasons and examples by syntax.

    A reason is said in English and German; a house rule may leave the German out (then both are the same).
    """

    id: str
    artefact: str
    family: str
    path: Path
    line: int
    en: str
    de: str
    hint_en: str
    hint_de: str
    terms: tuple[str, ...] = ()
    severities: dict[tuple[str, str], Severity] = field(default_factory=dict)
    formulas: dict[str, Formula] = field(default_factory=dict)
    why: dict[str, tuple[str, str]] = field(default_factory=dict)
    unreachable: dict[str, tuple[str, str]] = field(default_factory=dict)
    fails_in: dict[str, Examples] = field(default_factory=dict)
    passes_in: dict[str, Examples] = field(default_factory=dict)
    since: str = ""
    until: str = ""

    @property
    def syntaxes(self) -> tuple[str, ...]:
        """The syntaxes the rule exists in."""
        return tuple(self.formulas)

    @property
    def fails(self) -> Examples:
        """What breaks the rule, in any syntax."""
        return _each_once(self.fails_in)

    @property
    def passes(self) -> Examples:
        """What may look like a breach and is none, in any syntax."""
        return _each_once(self.passes_in)

    def differs(self) -> bool:
        """Whether the syntaxes compute it differently."""
        return len(set(self.formulas.values())) > 1


def catalogue(of: str | Release, sources: Sources | None = None) -> dict[str, Described]:
    """Every rule of a release by id, in the order of the books. Raises as `load` does."""
    chosen = release(of, rules=sources.rules if sources else None) if isinstance(of, str) else of
    sources = sources or Sources.of(chosen)
    found: dict[str, Described] = {}
    for profile in profiles(sources.rules).values():
        for syntax in profile.syntaxes:
            book = {rule.id: rule for rule in load(chosen, profile.name, syntax, sources).rules}
            for artefact, entry in _entries(sources, profile.chapters, Scope(syntax, chosen.versions)):
                known = found.setdefault(entry.id, _described(artefact, entry))
                _add(known, entry, book[entry.id], profile.name, syntax)
    return found


def house_catalogue(folder: Path, of: Release) -> dict[str, Described]:
    """Every house rule of a folder by id; their profile is called `house`. Raises as einvoice.rulebook.house does."""
    from einvoice.rulebook.building import read_chapters

    found: dict[str, Described] = {}
    for syntax in SYNTAXES:
        book = {rule.id: rule for rule in house.house(folder, of, syntax).rules}
        for entry in read_chapters(house.chapters(folder), Scope(syntax, of.versions)):
            known = found.setdefault(entry.id, _described("house", entry))
            _add(known, entry, book[entry.id], "house", syntax)
    return found


def _each_once(by_syntax: Mapping[str, Examples]) -> Examples:
    found: list[Mapping[str, Any]] = []
    for examples in by_syntax.values():
        found += [one for one in examples if one not in found]
    return tuple(found)


def _entries(sources: Sources, folders: tuple[str, ...], scope: Scope) -> Iterator[tuple[str, "Entry"]]:
    from einvoice.rulebook.building import read_chapters

    for folder in folders:
        for entry in read_chapters(chapters(sources, folder), scope):
            yield next((name for name in scope.versions if folder.startswith(name)), folder), entry


def _described(artefact: str, entry: "Entry") -> Described:
    return Described(
        id=entry.id,
        artefact=artefact,
        family=entry.family,
        path=entry.path,
        line=entry.line,
        en=entry.text("en"),
        de=entry.text("de"),
        hint_en=entry.text("hint_en"),
        hint_de=entry.text("hint_de"),
        since=str(entry.fields.get("since", "")),
        until=str(entry.fields.get("until", "")),
    )


def _add(known: Described, entry: "Entry", rule: Rule, profile: str, syntax: str) -> None:
    """What an entry says in one syntax, and the rule made of it in one profile."""
    known.severities[profile, syntax] = rule.severity
    known.terms = tuple(dict.fromkeys((*known.terms, *rule.terms)))
    known.formulas.setdefault(syntax, formula(entry))
    for key, kept in (("why", known.why), ("unreachable", known.unreachable)):
        if key in entry.fields:
            kept.setdefault(syntax, (entry.text(key), entry.text(f"{key}_de") or entry.text(key)))
    known.fails_in.setdefault(syntax, entry.examples("fails"))
    known.passes_in.setdefault(syntax, entry.examples("passes"))


def formula(entry: "Entry") -> Formula:
    """What an entry computes, with a family member's parameters put in."""
    from einvoice.rulebook.entries import NOT_VALUES

    keys = [key for key in entry.fields if key == "for" or key not in NOT_VALUES]
    return tuple((key, entry.text(key)) for key in (*keys, "assert"))
