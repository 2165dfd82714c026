"""The two judges of one document: our rules, and the official stylesheets of the same scenario. Rules only: what
the schema says is compared elsewhere, so that schema failures can be looked into as well."""

import functools
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from einvoice import rulebook
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.validation import stages
from einvoice.validation.official import Saxon, svrl
from einvoice.validation.options import Options
from einvoice.validation.report import Severity
from einvoice.validation.scenario import Scenario, choose
from einvoice.validation.summary import text_of
from tests.conformance import fetch

Found = frozenset[tuple[str, str]]
"""Pairs of rule id and severity."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one side says: the pairs it found, and whether (part of) the official engine gives up."""

    found: Found
    aborts: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """Both verdicts on one document under one scenario; `profile` names it in the report."""

    profile: str
    native: Verdict
    official: Verdict

    @property
    def differences(self) -> list[str]:
        """`+RULE:severity` what only we found, `-RULE:severity` what only the official side found.

        Where a stylesheet aborts, its findings are unknown: then the abort itself is compared.
        """
        if self.native.aborts != self.official.aborts:
            return ["+abort" if self.native.aborts else "-abort"]
        if self.official.aborts:
            return []
        ours = [f"+{rule}:{level}" for rule, level in self.native.found - self.official.found]
        theirs = [f"-{rule}:{level}" for rule, level in self.official.found - self.native.found]
        return sorted(ours) + sorted(theirs)


def scenario_of(root: etree._Element, in_pdf: bool = False) -> tuple[str, Scenario]:
    """The syntax of a document and the scenario that judges it."""
    syntax = KNOWN_ROOTS[str(root.tag)]
    return syntax, choose(syntax, text_of(root, syntax, "BT-24"), in_pdf)


def judge(root: etree._Element, release: str, saxon: Saxon, in_pdf: bool = False) -> Judged:
    """Both verdicts on a document (as `einvoice.formats.xml` reads it)."""
    syntax, scenario = scenario_of(root, in_pdf)
    name = f"facturx-{scenario.facturx}" if scenario.facturx else scenario.book or "en16931"
    return Judged(
        f"{name} {syntax}",
        native(root, syntax, scenario, release),
        official(root, syntax, scenario, release, saxon),
    )


def native(root: etree._Element, syntax: str, scenario: Scenario, release: str) -> Verdict:
    """Our own rules."""
    by = stages.by_facturx if scenario.facturx else stages.by_book
    findings, _ = by(root, syntax, scenario, Options(release=release))
    pairs = frozenset((f.rule, f.severity) for f in findings if not f.rule.startswith("EI-"))
    return Verdict(pairs, any(f.rule == "EI-ABORT" for f in findings))


def official(root: etree._Element, syntax: str, scenario: Scenario, release: str, saxon: Saxon) -> Verdict:
    """The official stylesheets, with the levels of the scenario."""
    sheets = _sheets(release, scenario.facturx or "", scenario.book or "en16931", syntax)
    results = saxon.transform(etree.tostring(root, encoding="UTF-8"), list(sheets), 60.0)
    levels = {} if scenario.facturx else _levels(scenario.book or "en16931", syntax)
    pairs = {
        (finding.rule, finding.severity)
        for result in results
        if "svrl" in result
        for finding in svrl.findings(result["svrl"], levels)
    }
    return Verdict(frozenset(pairs), any("error" in result for result in results))


@functools.cache
def _levels(profile: str, syntax: str) -> dict[str, Severity]:
    return dict(rulebook.profile(profile).severities(syntax))


@functools.cache
def _sheets(release: str, facturx: str, profile: str, syntax: str) -> tuple[Path, ...]:
    if facturx:
        return (fetch.facturx_stylesheet(facturx),)
    sheets = fetch.stylesheets(release)
    short = syntax[:3]
    wanted = [sheets[f"en16931-{short}"]]
    return tuple(wanted if profile == "en16931" else [*wanted, sheets[f"xrechnung-{short}"]])


@functools.cache
def declared(release: str) -> dict[str, frozenset[str]]:
    """The ids of each official stylesheet, by its name: what could fire at all."""
    paths = {**fetch.stylesheets(release)}
    paths |= {f"facturx-{p}": fetch.facturx_stylesheet(p) for p in fetch.FACTURX}
    return {name: _ids(path) for name, path in paths.items()}


def _ids(path: Path) -> frozenset[str]:
    xsl = "{http://www.w3.org/1999/XSL/Transform}"
    root = etree.parse(str(path)).getroot()
    found = {
        str(e.get("id")) for e in root.iter("{http://purl.oclc.org/dsdl/svrl}failed-assert") if e.get("id")
    }
    for attribute in root.iter(xsl + "attribute"):
        above = attribute.getparent()
        if attribute.get("name") == "id" and above is not None and str(above.tag).endswith("failed-assert"):
            found.add("".join(str(part) for part in attribute.itertext()).strip())
    return frozenset(found)
