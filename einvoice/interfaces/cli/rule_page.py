"""All that is known about one rule, gathered from the books and tables in rules/ for `explain`."""

import functools
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from einvoice import rulebook
from einvoice.rulebook.names import SCOPES

Lang = Literal["de", "en"]
SYNTAXES = {"ubl-invoice": "UBL Invoice", "ubl-creditnote": "UBL CreditNote", "cii": "CII"}


@dataclass(slots=True)
class Page:
    """What `explain` shows. severities: profile → where → severity; computed: where → lines of the rule language.

    example: what is changed in a valid invoice, and what is then said. artefact: what its version is of; since and
    until: the versions of that artefact which have it, "" = without such a limit.
    """

    id: str
    origin: str
    says: list[str]
    fix: str = ""
    terms: tuple[str, ...] = ()
    severities: dict[str, dict[str, str]] = field(default_factory=dict)
    computed: dict[str, list[str]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    example: tuple[str, str] | None = None
    artefact: str = ""
    since: str = ""
    until: str = ""

    def releases(self) -> Iterator[rulebook.Release]:
        """The releases that have the rule."""
        for release in rulebook.releases().values():
            version = _number(release.versions.get(self.artefact, "0"))
            early = self.since and version < _number(self.since)
            late = self.until and version > _number(self.until)
            if not early and not late:
                yield release


@functools.cache
def book(release: str) -> Mapping[str, rulebook.Described]:
    """Every rule of the books of a release by id."""
    return rulebook.catalogue(release)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def book_page(rule: str, release: str, lang: Lang) -> Page | None:
    """The page of a rule of the books (BR-…, PEPPOL-…); None if the release has none of that id."""
    known = book(release).get(rule)
    if known is None:
        return None
    versions = rulebook.release(release).versions
    origin = f"{known.artefact} {versions.get(known.artefact, '')}".strip()
    page = Page(rule, f"{origin}, rules/{known.path.parent.name}/{known.path.name}:{known.line}", [])
    page.artefact, page.since, page.until = known.artefact, known.since, known.until
    page.says = [unfilled(known.de if lang == "de" else known.en)]
    page.fix = unfilled(known.hint_de if lang == "de" else known.hint_en)
    page.terms = known.terms
    for (profile, syntax), severity in known.severities.items():
        page.severities.setdefault(profile, {})[SYNTAXES[syntax]] = severity
    for syntaxes, formula in _alike(known.formulas):
        page.computed[syntaxes] = [f"{key}: {' '.join(text.split())}" for key, text in formula if text]
    for about in (known.why, known.unreachable):
        page.remarks += [f"{where}: {text}" for where, text in _alike(about)]
    page.example = _example(known, release, lang)
    return page


def unfilled(template: str) -> str:
    """A message without the values of any document: `…` where one would stand."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(template):
        parts += [literal, "…" if name is not None else ""]
    return "".join(parts)


def _alike(by_syntax: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What is said of syntaxes, those of which the same is said together."""
    held: dict[Any, list[str]] = {}
    for syntax, what in by_syntax.items():
        held.setdefault(what, []).append(SYNTAXES[syntax])
    for what, syntaxes in held.items():
        yield ", ".join(syntaxes), what


def _example(known: rulebook.Described, release: str, lang: Lang) -> tuple[str, str] | None:
    """The first failing example that can be shown: what is changed, and what the rule then says."""
    for (profile, syntax), _ in known.severities.items():
        for changes in known.fails_in.get(syntax, ()):
            if changes.get("only", syntax) not in (*SCOPES[syntax], syntax):
                continue
            said = _said(known.id, changes, profile, syntax, release, lang)
            if said:
                return _changes(changes, lang), said
    return None


def _said(
    rule: str, changes: Mapping[str, Any], profile: str, syntax: str, release: str, lang: Lang
) -> str | None:
    from einvoice.formats.writing import write
    from einvoice.formats.xml import parse
    from einvoice.model.bases import example

    root = parse(write(example(changes, syntax), syntax).data)
    for breach in rulebook.load(release, changes.get("profile", profile), syntax).judge(root):
        if breach.rule.id == rule:
            return breach.rule.message(lang, breach)
    return None


def _changes(changes: Mapping[str, Any], lang: Lang) -> str:
    """`BT-106 = "9.00", BG-16 entfernt`"""
    removed = "entfernt" if lang == "de" else "removed"
    return ", ".join(
        f"{key} {removed}" if value is False else f"{key} = {_value(value, lang)}"
        for key, value in changes.items()
    )


def _value(value: Any, lang: Lang) -> str:
    if isinstance(value, Mapping):
        return "{ " + _changes(value, lang) + " }"
    if isinstance(value, list):
        return "[ " + ", ".join(_value(one, lang) for one in value) + " ]"
    return f'"{value}"'
