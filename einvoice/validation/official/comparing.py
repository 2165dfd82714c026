"""How the two engines differ on one document, rule by rule and in words, with the reason where one is known."""

import csv
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from einvoice import data
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.official import OfficialReport
from einvoice.validation.report import Finding, RanRules

_VERSION = re.compile(r"/(\d+\.\d+\.\d+)/")


def differences(native: Iterable[Finding], official: Iterable[Finding]) -> list[Problem]:
    """EI-ENGINE for each rule that one engine found and the other did not, or not with that severity.

    Compared are official rules and the six findings of ours that decide, not our advice; after a schema error
    that both report, what our rules say for information is left out.
    """
    ours, theirs = _severities(native), _severities(official)
    if "EI-XSD" in ours and "EI-XSD" in theirs:
        ours = {rule: severities for rule, severities in ours.items() if rule.startswith("EI-")}
    found = []
    for rule in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(rule, ()), theirs.get(rule, ())
        if here == there:
            continue
        values = {"rule": rule, "native": _listed(here), "official": _listed(there)}
        why = "level" if here and there else "native" if here else "official"
        found.append(Problem("EI-ENGINE", {"why": why, "severity": _listed(here or there), **values}))
    return found


def explained(
    native: list[Finding], rules: list[RanRules], official: list[Finding], report: OfficialReport, lang: str
) -> list[Finding]:
    """The differences as findings; the hint of each is its reason, or says that none is known.

    native, rules: what our engine found and ran; official: `report` as findings.
    """
    found = []
    for problem in differences(native, official):
        finding = own.finding(problem, lang)
        finding.hint = _reason(problem.values["rule"], native, rules, official, report, lang)
        found.append(finding)
    return found


def _reason(
    rule: str,
    native: list[Finding],
    rules: list[RanRules],
    official: list[Finding],
    report: OfficialReport,
    lang: str,
) -> str:
    causes = _table()["cause"]
    if any(one.name == "factur-x" for one in rules):
        return str(causes["factur-x"][lang])
    if deviation := _known().get(rule):
        return deviation[lang]
    if report.aborted and not rule.startswith("EI-"):
        return _filled(causes["abort"][lang], {"stylesheet": ", ".join(name for name, _ in report.aborted)})
    schema_here, schema_there = (any(f.rule == "EI-XSD" for f in found) for found in (native, official))
    if schema_here != schema_there and rule != "EI-XSD":
        return str(causes["schema"][lang])
    for cause, values in _other_stylesheets(rules, report):
        return _filled(causes[cause][lang], values)
    return str(causes["none"][lang])


def _other_stylesheets(rules: list[RanRules], report: OfficialReport) -> Iterator[tuple[str, dict[str, str]]]:
    """Stylesheets of another release than ours, then those nobody knows."""
    ours = next((one.version for one in rules if one.name == "en16931"), None)
    unknown = []
    for part in report.scenario.stylesheets if report.scenario else ():
        theirs = _versions().get(part.digest)
        if theirs is None:
            unknown.append(part.path.name)
        elif theirs.startswith("en16931 ") and theirs != f"en16931 {ours}":
            yield "release", {"theirs": theirs.removeprefix("en16931 "), "ours": ours or "–"}
    for name in unknown:
        yield "stylesheets", {"stylesheet": name}


@functools.cache
def _versions() -> dict[str, str]:
    """SHA-256 of each official stylesheet we know → `en16931 1.3.15`, `xrechnung 3.0.2`."""
    with (data.folder("schemas") / "official.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    known = {}
    for row in rows:
        if version := _VERSION.search(row["file"]):
            name = "en16931" if "en16931" in row["part"] else "xrechnung"
            known[row["sha256"]] = f"{name} {version[1]}"
    return known


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((data.folder("rules") / "deviations.toml").read_text("utf-8"))


@functools.cache
def _known() -> Mapping[str, dict[str, str]]:
    return {rule: row for row in _table()["deviation"] for rule in row["rules"]}


def _filled(sentence: str, values: dict[str, str]) -> str:
    return sentence.format_map(values)


def _severities(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for one in findings:
        if not one.rule.startswith("EI-") or own.decides(one.rule):
            found.setdefault(one.rule, set()).add(one.severity)
    return {rule: tuple(sorted(severities)) for rule, severities in found.items()}


def _listed(severities: tuple[str, ...]) -> str:
    return ", ".join(severities) or "–"
