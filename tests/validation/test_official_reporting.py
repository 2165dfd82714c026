"""The official report as findings, and how two engines differ."""

from einvoice.model.problem import Problem
from einvoice.validation.official import OfficialReport
from einvoice.validation.official.reporting import as_findings, differences, verdict
from einvoice.validation.official.svrl import OfficialFinding
from einvoice.validation.report import Finding

BREACH = OfficialFinding("BR-01", "error", "/ubl:Invoice[1]", "Text", "error")


def test_what_was_found_keeps_its_id_level_place_and_text() -> None:
    report = OfficialReport("x", "reject", findings=[BREACH])
    found = as_findings(report, "de")
    assert [(f.rule, f.severity, f.cls, f.message, f.location) for f in found] == [
        ("BR-01", "error", "business", "Text", "/ubl:Invoice[1]")
    ]
    assert verdict(report) == "rejected"


def test_no_scenario_schema_errors_and_aborts_are_findings_of_ours() -> None:
    schema = Problem("EI-XSD", {"why": "value", "found": "a", "expected": "b"}, "/x", 1)
    for report, rule in (
        (OfficialReport(None, "reject"), "EI-PROFILE"),
        (OfficialReport("x", "reject", schema=[schema]), "EI-XSD"),
        (OfficialReport("x", "undefined", aborted=[("a.xsl", "one item")]), "EI-ABORT"),
    ):
        found = as_findings(report, "en")
        assert [(f.rule, f.severity, bool(f.message)) for f in found] == [(rule, "error", True)]
        assert verdict(report) == "rejected"
    assert verdict(OfficialReport("x", "accept")) == "accepted"


def test_differences_name_the_engine_and_leave_advice_out() -> None:
    both = Finding("BR-01", "error", "business", "")
    ours = [
        both,
        both,
        Finding("BR-02", "warning", "business", ""),
        Finding("EI-TAX-X", "warning", "content", ""),
    ]
    theirs = [both, Finding("BR-02", "error", "business", ""), Finding("EI-XSD", "error", "format", "")]
    found = [(p.values["why"], p.values["rule"], p.values["severity"]) for p in differences(ours, theirs)]
    assert found == [
        ("official", "BR-02", "error"),
        ("native", "BR-02", "warning"),
        ("official", "EI-XSD", "error"),
    ]
    assert differences(ours, ours) == []
