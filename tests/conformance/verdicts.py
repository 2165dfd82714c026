"""The two judges of one document: our rules, and the official stylesheets of the same scenario. Rules only: what
the schema says is compared elsewhere, so that schema failures can be looked into as well."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from einvoice import rulebook
from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.validation import schema, stages, whole_texts
from einvoice.validation.glance import occurrences
from einvoice.validation.official import Saxon, svrl
from einvoice.validation.options import Options
from einvoice.validation.report import Severity
from einvoice.validation.scenario import Scenario, scenario_of
from tests.conformance import fetch

Found = frozenset[tuple[str, str]]
"""Pairs of rule id and severity."""

FACTURX = "factur-x"
"""What stands for a release where Factur-X's own rules judge: they know no releases."""


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
    scenario: str = ""
    decided: frozenset[str] = frozenset()
    """Rules that we let judge knowingly where the official side does not (docs/deviations.md)."""

    @property
    def differences(self) -> list[str]:
        """`+RULE:severity` what only we found, `-RULE:severity` what only the official side found.

        Where a stylesheet aborts, its findings are unknown: then the abort itself is compared.
        """
        if self.scenario:
            return [self.scenario]
        if self.native.aborts != self.official.aborts:
            return ["+abort" if self.native.aborts else "-abort"]
        if self.official.aborts:
            return []
        more = self.native.found - self.official.found
        ours = [f"+{rule}:{level}" for rule, level in more if rule not in self.decided]
        theirs = [f"-{rule}:{level}" for rule, level in self.official.found - self.native.found]
        return sorted(ours) + sorted(theirs)


class Document:
    """A document as each side gets it: ours as `einvoice.formats.xml` reads it, theirs with its comments.

    Raises xml.Refused for what is no XML, KeyError for what is no invoice.
    """

    def __init__(self, data: bytes, in_pdf: bool = False) -> None:
        self.root = xml.parse(data)
        self.in_pdf = in_pdf
        self.syntax = KNOWN_ROOTS[str(self.root.tag)]
        self.read = whole_texts.read(data, self.root)
        self.scenario = scenario_of(occurrences(self.read, self.syntax, "BT-24"), self.syntax, in_pdf)
        self._whole = xml.parse(data, comments=True)

    @property
    def schema(self) -> str:
        """The schema that judges it (a key of schema_files.MAIN)."""
        return f"facturx-{self.scenario.facturx}" if self.scenario.facturx else self.syntax

    @property
    def profile(self) -> str:
        """Scenario and syntax, for the report."""
        name = f"facturx-{self.scenario.facturx}" if self.scenario.facturx else self.scenario.profile
        return f"{name} {self.syntax}"

    @property
    def family(self) -> str:
        """Whose rules judge it: ubl, cii or facturx-PROFILE."""
        return self.schema if self.scenario.facturx else self.syntax[:3]

    def whole(self) -> bytes:
        """Its bytes as the official engine gets them, comments and instructions in place."""
        return etree.tostring(self._whole, encoding="UTF-8")

    def official_scenario(self) -> str | None:
        """The scenario that KoSIT's `match` expressions choose; None if there is none."""
        for profile, syntax, match in fetch.matches():
            if syntax == self.syntax and self._whole.xpath(
                match.replace("exists(", "boolean("), namespaces=fetch.SPACES
            ):
                return profile
        return None


def judge(document: Document, releases: Iterable[str], saxon: Saxon) -> dict[str, Judged]:
    """Both verdicts on a document, by release; Factur-X profiles have one, under FACTURX."""
    scenario, syntax = document.scenario, document.syntax
    editions = (FACTURX,) if scenario.facturx else tuple(releases)
    wanted = {edition: _sheets(edition, scenario, syntax) for edition in editions}
    every = list(dict.fromkeys(sheet for sheets in wanted.values() for sheet in sheets))
    results = dict(zip(every, saxon.transform(document.whole(), every, 120.0), strict=True))
    differs = _scenarios(document)
    return {
        edition: Judged(
            document.profile,
            native(document, edition),
            _official([results[sheet] for sheet in wanted[edition]], scenario, syntax),
            differs,
            _decided(document, edition),
        )
        for edition in editions
    }


def _decided(document: Document, edition: str) -> frozenset[str]:
    """A comment within BT-24 of a UBL invoice leaves the scenario but switches off the rules of its own."""
    profile = document.scenario.book or ""
    if document.syntax != "ubl-invoice" or profile not in ("xrechnung-extension", "xrechnung-cvd"):
        return frozenset()
    if document.read is document.root:
        return frozenset()
    own = {rule.id for rule in rulebook.load(edition, profile, document.syntax).rules}
    return frozenset(own - {rule.id for rule in rulebook.load(edition, "xrechnung", document.syntax).rules})


def _scenarios(document: Document) -> str:
    """How the scenario chosen here differs from KoSIT's; "" if it does not. Factur-X is none of KoSIT's."""
    chosen = document.scenario
    if chosen.facturx or chosen.profile == "facturx-xrechnung":
        return ""
    ours = chosen.profile if chosen.judges else None
    theirs = document.official_scenario()
    return "" if ours == theirs else f"scenario: {ours or 'none'} here, {theirs or 'none'} officially"


def native(document: Document, edition: str) -> Verdict:
    """Our own rules."""
    root, scenario = document.root, document.scenario
    if scenario.facturx:
        findings, _ = stages.by_facturx(root, scenario, Options())
    else:
        options = Options(release=edition)
        valid = schema.official(document.schema).is_valid(root)
        findings, _ = stages.by_book(root, document.syntax, scenario, options, document.read, valid)
    pairs = frozenset((f.rule, f.severity) for f in findings if not f.rule.startswith("EI-"))
    return Verdict(pairs, any(f.rule == "EI-ABORT" for f in findings))


def _official(results: list[dict[str, str]], scenario: Scenario, syntax: str) -> Verdict:
    """What the official stylesheets found, with the levels of the scenario."""
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


def _sheets(edition: str, scenario: Scenario, syntax: str) -> tuple[Path, ...]:
    if scenario.facturx:
        return (fetch.facturx_stylesheet(scenario.facturx),)
    sheets, short = _stylesheets(edition), syntax[:3]
    wanted = [sheets[f"en16931-{short}"]]
    return tuple(wanted if scenario.book == "en16931" else [*wanted, sheets[f"xrechnung-{short}"]])


@functools.cache
def _stylesheets(release: str) -> dict[str, Path]:
    """Those of a release, the XRechnung ones in one place: all releases share them, and one run serves all."""
    shared = fetch.stylesheets(fetch.RELEASES[0])
    return {
        name: shared[name] if path.read_bytes() == shared[name].read_bytes() else path
        for name, path in fetch.stylesheets(release).items()
    }


@functools.cache
def declared(edition: str) -> dict[str, frozenset[str]]:
    """The ids of each official stylesheet of a release (or of FACTURX), by its name: what could fire at all."""
    if edition == FACTURX:
        return {f"facturx-{p}": _ids(fetch.facturx_stylesheet(p)) for p in fetch.FACTURX}
    return {name: _ids(path) for name, path in fetch.stylesheets(edition).items()}


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
