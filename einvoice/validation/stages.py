"""The stages of one document's verdict: schema, then rules. Each gives findings; together they decide."""

import functools
import tomllib
from datetime import date
from pathlib import Path
from typing import cast

from lxml import etree

from einvoice import data, rulebook
from einvoice.formats.walk import Judging, plan
from einvoice.model.location import Locator
from einvoice.rulebook.releases import today
from einvoice.rulebook.syntax import syntax_rules
from einvoice.validation import abort, own, schema, tax
from einvoice.validation.glance import Glance
from einvoice.validation.options import Options
from einvoice.validation.report import Finding, RanRules, Severity
from einvoice.validation.scenario import Scenario

_ALLOWED = {
    "de": "Das Profil dieser Rechnung lässt es zu: Es ist nichts zu tun.",
    "en": "The profile of this invoice allows it: there is nothing to do.",
}
"""Said instead of a rule's own hint where the scenario makes an information of it (KoSIT's customLevel)."""

Judged = tuple[list[Finding], list[RanRules]]
"""What was found, and which rules really ran."""


def judge(
    root: etree._Element,
    syntax: str,
    scenario: Scenario,
    options: Options,
    glance: Glance,
    whole: etree._Element | None = None,
    walk: type[Judging] = Judging,
) -> Judged:
    """All findings of schema and rules on a document whose scenario is chosen.

    `glance`: its terms; `whole`: its tree as `whole_texts.read` gives it, where that is another one.
    After a schema failure no rule runs, as officially, unless the options ask for it.
    """
    problems = schema.check(root, f"facturx-{scenario.facturx}" if scenario.facturx else syntax)
    found = [own.finding(problem, options.lang) for problem in problems]
    if syntax == "zugferd1" or (problems and not options.rules_after_schema):
        return found, []
    if scenario.facturx:
        more, ran = by_facturx(root, scenario, options)
    else:
        more, ran = by_book(root, syntax, scenario, options, whole, not problems, glance, walk)
    lacking = [own.finding(problem, options.lang) for problem in tax.missing(glance, scenario.facturx)]
    return found + more + lacking, ran


def by_book(
    root: etree._Element,
    syntax: str,
    scenario: Scenario,
    options: Options,
    whole: etree._Element | None = None,
    valid: bool = True,
    glance: Glance | None = None,
    walk: type[Judging] = Judging,
) -> Judged:
    """EN 16931 and what a national profile adds: where the official engine would abort, syntax rules, then rules.

    `valid`: the schema allows the document. `glance`: is told what the walk has met.
    """
    profile = scenario.book or "en16931"
    release = release_of(options)
    version, sources = release.versions["en16931"], rulebook.Sources.of(release)
    book = rulebook.load(release, profile, syntax, sources)
    table = syntax_rules(version, syntax, sources.rules)
    changed = _severities(profile, syntax, sources.rules)
    locator, lang = Locator(), options.lang
    walking = (walk if valid else Judging)(root)
    start = plan(syntax, table, terms=walking.chain is not None).automaton.start
    breaches = book.judge(root, walking.listings(start))
    if glance is not None:
        glance.going = walking
    repeated, by_tag = walking.repeated, walking.by_tag
    aborts = abort.aborts(root, syntax, sources, version, profile, whole, valid, repeated, by_tag)
    found = [own.finding(problem, lang) for problem in aborts]
    for rule, element in walking.broken:
        severity: Severity = changed.get(rule) or table.severity(rule)
        hint = _ALLOWED[lang] if severity == "information" else table.hint(lang, rule)
        said = table.message(lang, rule, element), hint
        found.append(_finding(rule, severity, *said, element, locator))
    for breach in breaches:
        rule_ = breach.rule
        allowed = changed.get(rule_.id) == "information"
        said = rule_.message(lang, breach), _ALLOWED[lang] if allowed else rule_.hint(lang, breach)
        one = _finding(rule_.id, rule_.severity, *said, breach.element, locator)
        one.terms, one.values = rule_.terms, breach.values
        one.vat_relevant = not _vat_terms().isdisjoint(rule_.terms)
        found.append(one)
    return found, [RanRules(ran.name, ran.version, ran.digest) for ran in book.ran]


def by_facturx(root: etree._Element, scenario: Scenario, options: Options) -> Judged:
    """The rules of a Factur-X profile, which know nothing of releases."""
    from einvoice.rulebook import facturx

    profile, locator, lang = scenario.facturx or "", Locator(), options.lang
    breaches, aborts = facturx.examine(root, profile)
    found = [own.finding(problem, lang) for problem in aborts]
    for breach in breaches:
        severity = cast(Severity, breach.severity)
        said = facturx.message(lang, breach), facturx.hint(lang, breach)
        one = _finding(breach.rule, severity, *said, breach.element, locator)
        one.terms, one.values = facturx.terms(breach), dict(breach.values)
        one.vat_relevant = not _vat_terms().isdisjoint(one.terms)
        found.append(one)
    return found, [RanRules("factur-x", facturx.VERSION, facturx.digest(profile))]


def _finding(
    rule: str, severity: Severity, message: str, hint: str, element: etree._Element, locator: Locator
) -> Finding:
    line = int(element.sourceline) if isinstance(element.sourceline, int) else None
    return Finding(rule, severity, "business", message, hint, location=locator.path(element), line=line)


def release_of(options: Options) -> rulebook.Release:
    """The release that judges: the one that is named, else the one in force on the day. Raises UsageError."""
    return _release(options.release, options.day or today(), options.installed)


@functools.lru_cache(maxsize=64)
def _release(name: str | None, day: date, installed: tuple[str, ...]) -> rulebook.Release:
    return rulebook.release(name, day, installed=map(Path, installed))


@functools.cache
def _severities(profile: str, syntax: str, rules: Path) -> dict[str, Severity]:
    return dict(rulebook.profile(profile, rules).severities(syntax))


@functools.cache
def _vat_terms() -> frozenset[str]:
    return frozenset(tomllib.loads((data.folder("rules") / "vat-relevant.toml").read_text("utf-8"))["terms"])
