"""All that is known about one rule, gathered from the books and tables in rules/ for `explain`."""

import functools
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from einvoice import rulebook
from einvoice.errors import EinvoiceError
from einvoice.interfaces.cli.session import say, session
from einvoice.rulebook.catalogue import catalogue
from einvoice.rulebook.house import house
from einvoice.rulebook.names import SCOPES

if TYPE_CHECKING:
    from einvoice.validation.rulesets.installed import Installed

Lang = Literal["de", "en"]
SYNTAXES = {"ubl-invoice": "UBL Invoice", "ubl-creditnote": "UBL CreditNote", "cii": "CII"}


Books = Callable[[str, str], rulebook.Book]
"""The book that judges, by profile and syntax."""


@dataclass(slots=True)
class Page:
    """What `explain` shows. severities: profile → where → severity; computed: where → lines of the rule language.

    example: what is changed in a valid invoice, and what is then said ("" if only a document can tell). since, until:
    the versions that have the rule, "" = without such a limit; releases: those of the releases asked for.
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
    since: str = ""
    until: str = ""
    releases: list[rulebook.Release] = field(default_factory=list)


@functools.cache
def book(release: rulebook.Release) -> Mapping[str, rulebook.Described]:
    """Every rule of the books of a release by id."""
    return catalogue(release)


def book_page(rule: str, release: rulebook.Release, lang: Lang) -> Page | None:
    """The page of a rule of the books (BR-…, PEPPOL-…); None if the release has none of that id."""
    known = book(release).get(rule)
    if known is None:
        return None
    origin = f"{known.artefact} {release.versions.get(known.artefact, '')}".strip()
    place = f"rules/{known.path.parent.name}/{known.path.name}:{known.line}"
    return _page(known, f"{origin}, {place}", lang, functools.partial(rulebook.load, release))


def house_page(rule: str, folder: Path, release: rulebook.Release, lang: Lang, name: str) -> Page | None:
    """The page of a house rule (EI-HOUSE-…) of an installed set; None if the set has none of that id.

    Raises RulebookError if the set does not make sense beside that release.
    """
    known = rulebook.house_catalogue(folder, release).get(rule)
    if known is None:
        return None
    origin = f"{name}, {known.path.name}:{known.line}"
    return _page(known, origin, lang, lambda profile, syntax: house(folder, release, syntax))


def house_rules(
    one: "Installed", release: rulebook.Release, broken: list[str]
) -> Mapping[str, rulebook.Described]:
    """The house rules of an installed set by id; none, and a sentence in `broken`, where they cannot be read."""
    try:
        return rulebook.house_catalogue(Path(one.folder), release)
    except (EinvoiceError, OSError) as error:
        why = error.said(session.lang) if isinstance(error, EinvoiceError) else error
        broken.append(
            say(
                f"Die Hausregeln {one.name} ({one.tenant}) sind nicht lesbar: {why}",
                f"The house rules {one.name} ({one.tenant}) cannot be read: {why}",
            )
        )
        return {}


def _page(known: rulebook.Described, origin: str, lang: Lang, books: Books) -> Page:
    page = Page(known.id, origin, [unfilled(known.de if lang == "de" else known.en)])
    page.fix = unfilled(known.hint_de if lang == "de" else known.hint_en)
    page.since, page.until = (_version(text) for text in (known.since, known.until))
    page.terms = known.terms
    for (profile, syntax), severity in known.severities.items():
        page.severities.setdefault(profile, {})[SYNTAXES[syntax]] = severity
    for syntaxes, formula in _alike(known.formulas):
        page.computed[syntaxes] = [f"{key}: {' '.join(text.split())}" for key, text in formula if text]
    for about in (known.why, known.unreachable):
        page.remarks += [f"{where}: {reason[lang == 'de']}" for where, reason in _alike(about)]
    page.example = example_of(known, lang, books)
    return page


def _version(text: str) -> str:
    """`1.3.16` as `en16931 1.3.16`."""
    return f"en16931 {text}" if text and " " not in text else text


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


def example_of(known: rulebook.Described, lang: Lang, books: Books) -> tuple[str, str] | None:
    """The first failing example that can be shown: what is changed, and what the rule then says."""
    for (profile, syntax), _ in known.severities.items():
        for changes in known.fails_in.get(syntax, ()):
            if changes.get("only", syntax) not in (*SCOPES[syntax], syntax):
                continue
            said = _said(known.id, changes, books(changes.get("profile", profile), syntax), syntax, lang)
            if said:
                return _changes(changes, lang), said
    return None


@functools.cache
def _of_today() -> Mapping[str, rulebook.Described]:
    return book(rulebook.release())


def example_in_cii(rule: str, lang: Lang) -> str:
    """What is changed in the first failing example of a rule of the books for CII; "" if there is none."""
    known = _of_today().get(rule)
    for changes in known.fails_in.get("cii", ()) if known else ():
        if changes.get("only", "cii") in (*SCOPES["cii"], "cii"):
            return _changes(changes, lang)
    return ""


def _said(
    rule: str, changes: Mapping[str, Any], judging: rulebook.Book, syntax: str, lang: Lang
) -> str | None:
    from einvoice.formats.examples import document
    from einvoice.formats.xml import parse

    for breach in judging.judge(parse(document(changes, syntax))):
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
