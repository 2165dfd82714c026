"""What the official engine says, in our words; and how the two engines differ, with the reason."""

import re
import tomllib
from pathlib import Path

import pytest

from einvoice.model.problem import Problem
from einvoice.validation.official import Configuration, OfficialReport, OfficialScenario, Part
from einvoice.validation.official.comparing import differences, explained
from einvoice.validation.official.reporting import as_findings, ran, verdict
from einvoice.validation.official.svrl import OfficialFinding
from einvoice.validation.report import Finding, RanRules
from tests.parts import ROOT

SHEETS = (Part("EN", Path("en.xslt"), "0" * 64), Part("XR", Path("xr.xslt"), "1" * 64))
SCENARIO = OfficialScenario("x", "true()", {}, (), SHEETS)
BREACH = OfficialFinding("BR-01", "warning", "/ubl:Invoice[1]", "Text", "error", 1, 7)


def found(rule: str, severity: str = "error") -> Finding:
    return Finding(rule, severity, "business", "")  # type: ignore[arg-type]


def test_what_was_found_keeps_its_id_level_place_and_text() -> None:
    report = OfficialReport(SCENARIO, "reject", findings=[BREACH])
    (one,) = as_findings(report, "de")
    assert (one.rule, one.severity, one.cls, one.message, one.location, one.line) == (
        "BR-01", "warning", "business", "Text", "/ubl:Invoice[1]", 7,
    )  # fmt: skip
    assert one.values == {"stylesheet": "XR", "published": "error"}
    assert verdict(report) == "rejected"


def test_no_scenario_schema_errors_and_aborts_are_findings_of_ours() -> None:
    schema = Problem("EI-XSD", {"why": "value", "found": "a", "expected": "b"}, "/x", 1)
    for report, rule in (
        (OfficialReport(None, "reject"), "EI-PROFILE"),
        (OfficialReport(SCENARIO, "reject", schema=[schema]), "EI-XSD"),
        (OfficialReport(SCENARIO, "undefined", aborted=[("a.xsl", "one item")]), "EI-ABORT"),
    ):
        for lang in ("de", "en"):
            (one,) = as_findings(report, lang)
            assert (one.rule, one.severity) == (rule, "error")
            assert "…" not in one.message
        assert verdict(report) == "rejected"
    assert verdict(OfficialReport(SCENARIO, "accept")) == "accepted"


def test_what_ran_is_named_by_its_publisher_with_its_digest() -> None:
    configuration = Configuration("Probe", "2026-01-31", Path(), (SCENARIO,))
    listed = ran(OfficialReport(SCENARIO, "accept"), configuration)
    assert listed[1] == RanRules("XR", "Probe 2026-01-31", "sha256:" + "1" * 64, "official")
    assert ran(OfficialReport(None, "reject"), configuration) == []


def test_differences_name_the_engine_and_leave_advice_out() -> None:
    ours = [found("BR-01"), found("BR-01"), found("BR-02", "warning"), found("EI-TAX-X", "warning")]
    theirs = [found("BR-01"), found("BR-02"), found("EI-XSD"), found("BR-03")]
    listed = [(p.values["why"], p.values["rule"], p.values["severity"]) for p in differences(ours, theirs)]
    assert listed == [
        ("level", "BR-02", "warning"),
        ("official", "BR-03", "error"),
        ("official", "EI-XSD", "error"),
    ]
    assert differences(ours, ours) == []


def test_rules_for_information_after_a_schema_error_are_no_difference() -> None:
    assert differences([found("EI-XSD"), found("BR-01")], [found("EI-XSD")]) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "report", "reason"),
    [
        ("BR-29", "", OfficialReport(SCENARIO, "accept"), "docs/deviations.md"),
        ("BR-01", "EI-ABORT", OfficialReport(SCENARIO, "undefined", aborted=[("en.xslt", "")]), "en.xslt aborted"),
        ("EI-XSD", "BR-01", OfficialReport(SCENARIO, "reject"), "schema error"),
        ("BR-01", "", OfficialReport(SCENARIO, "accept"), "en.xslt of the configuration is not the version"),
    ],
)  # fmt: skip
def test_a_difference_says_its_reason(ours: str, theirs: str, report: OfficialReport, reason: str) -> None:
    rules = [RanRules("en16931", "1.3.15", "")]
    native, official = [[found(one)] if one else [] for one in (ours, theirs)]
    listed = explained(native, rules, official, report, "en")
    assert [finding.rule for finding in listed] == ["EI-ENGINE"] * len(listed)
    assert reason in listed[0].hint


def test_stylesheets_of_another_release_are_recognised_by_their_digest() -> None:
    table = (ROOT / "schemas/official.tsv").read_text("utf-8").splitlines()
    digest = next(row.split("\t")[3] for row in table if "/1.3.16/" in row)
    scenario = OfficialScenario("x", "true()", {}, (), (Part("EN", Path("en.xslt"), digest),))
    report = OfficialReport(scenario, "reject")
    listed = explained([], [RanRules("en16931", "1.3.15", "")], [found("BR-01")], report, "en")
    assert "EN 16931 1.3.16, checked was by EN 16931 1.3.15" in listed[0].hint


def test_the_deviations_are_those_of_the_documentation() -> None:
    table = tomllib.loads((ROOT / "rules/deviations.toml").read_text("utf-8"))
    listed = {rule for row in table["deviation"] for rule in row["rules"]}
    page = (ROOT / "docs/deviations.md").read_text("utf-8")
    decided = page.partition("## Decided differently")[2].partition("\n## ")[0]
    without_effect = "".join(re.findall(r"### Without effect\n(.*?)\n##", page, re.DOTALL))
    assert listed == set(re.findall(r"\bBR-[A-Z0-9-]*\d|PEPPOL-EN16931-R\d+", decided)) - ABORTING | set(
        re.findall(r"^\| (BR-[A-Z0-9-]*\d)", without_effect, re.MULTILINE)
    )


ABORTING = {"PEPPOL-EN16931-R005"}
"""Named on the page because the stylesheet aborts on what they look at."""
