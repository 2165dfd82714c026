"""Refuses a rule set that does not make sense, or whose own examples do not show what they say."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from einvoice.errors import EinvoiceError, RulebookError, Unchecked
from einvoice.formats.examples import document
from einvoice.formats.walk import plan
from einvoice.formats.xml import parse
from einvoice.rulebook import (
    Book,
    Described,
    Release,
    Sources,
    load,
    release,
    releases,
)
from einvoice.rulebook.building import CHANGES, read_chapters
from einvoice.rulebook.catalogue import catalogue
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.facturx import VERSION
from einvoice.rulebook.house import chapters, house
from einvoice.rulebook.names import SCOPES, SYNTAXES
from einvoice.rulebook.official import OFFICIAL, WRITTEN
from einvoice.rulebook.profiles import profiles
from einvoice.rulebook.syntax import syntax_rules
from einvoice.rulebook.variants import Scope
from einvoice.validation.rulesets.package import RuleSet
from einvoice.validation.rulesets.trees import lay_down
from einvoice.validation.scenario import scenarios

_OF_BASE = {"extension": "xrechnung-extension", "cvd": "xrechnung-cvd"}


def prove(ruleset: RuleSet, of: Release) -> int:
    """Compiles a rule set and runs its examples; how many ran. House rules are proved beside the release `of`.

    Raises RulebookError (file:line) for the first thing that is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="einvoice-rules-") as folder:
        rules = lay_down(ruleset, Path(folder))
        try:
            return _prove_house(rules, of) if ruleset.kind == "house" else _prove_release(rules, ruleset)
        except RulebookError as error:
            inside = f"{rules}/"
            raise RulebookError(
                str(error).replace(inside, ""), error.de and error.de.replace(inside, "")
            ) from None


def _prove_release(rules: Path, ruleset: RuleSet) -> int:
    chosen = release(ruleset.name, rules=rules)
    sources = Sources.of(chosen)
    if chosen.versions.get("factur-x", VERSION) != VERSION:
        raise RulebookError.at(
            f"{chosen.path}:1: factur-x {chosen.versions['factur-x']}",
            f"this version of einvoice judges by {VERSION}",
            f"diese Version von einvoice prüft nach {VERSION}",
        )
    scenarios(rules)
    for profile in profiles(rules).values():
        for syntax in profile.syntaxes:
            load(chosen, profile.name, syntax, sources)
            plan(syntax, syntax_rules(chosen.versions["en16931"], syntax, rules), terms=False)
    every = catalogue(chosen, sources)
    return sum(_shows(chosen, sources, every[rule]) for rule in _touched(ruleset, every))


def _touched(ruleset: RuleSet, every: Mapping[str, Described]) -> list[str]:
    """The rules whose examples a release may have changed: all of them if it changes what many rules speak of."""
    lists = {Path(name).stem for name in ruleset.files if name.startswith("codelists/")}
    few = ("releases/", "codelists/", OFFICIAL, WRITTEN)
    if any(not name.startswith(few) and Path(name).name != CHANGES for name in ruleset.files):
        return list(every)
    shipped = [catalogue(one) for one in releases().values()]
    return [
        rule
        for rule, one in every.items()
        if any(f"'{name}'" in repr(one.formulas) for name in lists)
        or not any(rule in other and _same(one, other[rule]) for other in shipped)
    ]


def _same(one: Described, other: Described) -> bool:
    mine, theirs = ((d.formulas, d.fails_in, d.passes_in, d.de, d.en) for d in (one, other))
    return mine == theirs


def _shows(chosen: Release, sources: Sources, rule: Described) -> int:
    """Runs the examples of one rule of a release; how many."""
    count = 0
    for fires, by_syntax in ((True, rule.fails_in), (False, rule.passes_in)):
        for syntax, examples in by_syntax.items():
            for changes in examples:
                profile = judged_by(rule, syntax, changes)
                if profile is not None and applies(changes, syntax):
                    book = load(chosen, profile, syntax, sources)
                    _hold(rule.id, f"{rule.path}:{rule.line}", book, changes, syntax, fires)
                    count += 1
    return count


def judged_by(rule: Described, syntax: str, changes: Mapping[str, Any]) -> str | None:
    """The profile that judges an example: its own, its base's, else the first that has the rule."""
    judging = [profile for profile, of in rule.severities if of == syntax]
    wanted = changes.get("profile") or _OF_BASE.get(changes.get("base", ""))
    if wanted in judging:
        return str(wanted)
    return judging[0] if judging else None


def applies(changes: Mapping[str, Any], syntax: str) -> bool:
    """Whether an example is one of that syntax."""
    return changes.get("only", syntax) in (*SCOPES[syntax], syntax)


def _prove_house(rules: Path, of: Release) -> int:
    count = 0
    for syntax in SYNTAXES:
        book = house(rules, of, syntax)
        for entry in _entries(rules, Scope(syntax, of.versions)):
            place = f"{entry.path}:{entry.line}"
            for key, fires in (("fails", True), ("passes", False)):
                for changes in (one for one in entry.examples(key) if applies(one, syntax)):
                    _hold(entry.id, place, book, changes, syntax, fires)
                    count += 1
            if not entry.fields.get("fails") and not entry.fields.get("unreachable"):
                raise entry.wrong(
                    "fails",
                    'give an example that breaks it, as in [{ "BT-20" = false }]',
                    'es fehlt ein Beispiel, das sie verletzt, etwa fails = [{ "BT-20" = false }]',
                )
    return count


def _entries(rules: Path, scope: Scope) -> Iterator[Entry]:
    yield from read_chapters(chapters(rules), scope)


def _hold(rule: str, place: str, book: Book, changes: Mapping[str, Any], syntax: str, fires: bool) -> None:
    """Raises RulebookError unless an example breaks (or does not break) its rule."""
    try:
        fired = rule in {breach.rule.id for breach in book.judge(written(changes, syntax))}
    except (KeyError, ValueError, Unchecked) as error:
        en, de = f"example {dict(changes)} in {syntax}", f"Beispiel {dict(changes)} in {syntax}"
        why = error.said("de") if isinstance(error, EinvoiceError) else error
        raise RulebookError.at(f"{place}: {rule}", f"{en}: {error}", f"{de}: {why}") from None
    if fired is not fires:
        does, should = ("breaks", "does not") if fired else ("does not break", "does")
        tut, soll = ("verletzt", "verletzt sie nicht") if fired else ("verletzt nicht", "verletzt sie")
        raise RulebookError.at(
            f"{place}: {rule}",
            f"the example {dict(changes)} {does} the rule in {syntax}; it says that it {should}.",
            f"Das Beispiel {dict(changes)} {tut} die Regel in {syntax}; es sagt: {soll}.",
        )


def written(changes: Mapping[str, Any], syntax: str) -> etree._Element:
    """An example as a document."""
    return parse(document(changes, syntax))
