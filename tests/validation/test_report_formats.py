"""The report as KoSIT's, as SVRL and as SARIF: read back by others, for every kind of document there is."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pydantic import BaseModel
from sarif_pydantic import Sarif  # type: ignore[import-untyped]

from einvoice.formats import xml
from einvoice.formats.delivery import open_delivery
from einvoice.validation.batch import validate_file, validate_files
from einvoice.validation.files import named, reach
from einvoice.validation.options import Options
from einvoice.validation.report import Finding, Report
from einvoice.validation.reports import FORMATS, SUFFIXES, writer
from tests.parts import CORPUS, ROOT, needs

SPACES = {
    "rep": "http://www.xoev.de/de/validator/varl/1",
    "s": "http://www.xoev.de/de/validator/framework/1/scenarios",
    "svrl": "http://purl.oclc.org/dsdl/svrl",
}
HOSTILE = "a\x00b\x1b[31m<&\"'>\udcff\n\t ]]> ü"


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    """Reports on all samples, and on what cannot be read, said or checked."""
    found = [*validate_files(reach([str(ROOT / "samples")]), Options())]
    found.append(validate_file(named("/dev/null"), Options())[0])
    finding = Finding("BR-01", "error", "business", HOSTILE, HOSTILE, location="/x:y[1]/@z", line=3)
    hostile = Report(HOSTILE, HOSTILE, "00" * 32, "zip", "11" * 32, "unchecked", reason=HOSTILE)
    hostile.findings = [finding]
    return [*found, hostile]


def written(reports: list[Report], form: str, lang: str = "de") -> str:
    stream = io.StringIO()
    writer(form)(reports, stream, lang)
    return stream.getvalue()


def read(text: str) -> etree._Element:
    return xml.parse(text.encode())


def texts(node: etree._Element, path: str) -> list[str]:
    found: Any = node.xpath(path, namespaces=SPACES)
    return [str(one) for one in found]


def nodes(node: etree._Element, path: str) -> list[etree._Element]:
    found: Any = node.xpath(path, namespaces=SPACES)
    return list(found)


def test_kosit_recommends_what_the_verdict_says(reports: list[Report]) -> None:
    root = read(written(reports, "kosit"))
    assert [child.tag for child in root] == [f"{{{SPACES['rep']}}}report"] * len(reports)
    for report, one in zip(reports, root, strict=True):
        accepted = nodes(one, "rep:assessment/rep:accept")
        assert bool(accepted) == (report.verdict == "accepted")
        assert bool(nodes(one, "rep:assessment/rep:reject")) != bool(accepted)
        if report.sha256:
            assert texts(one, "rep:documentIdentification/rep:documentHash/rep:hashValue/text()") == [
                base64.b64encode(bytes.fromhex(report.sha256)).decode()
            ]
        matched = bool(nodes(one, "rep:scenarioMatched"))
        assert matched != bool(nodes(one, "rep:noScenarioMatched"))
        assert matched or report.verdict != "accepted"


def test_kosit_holds_the_official_messages_and_the_order_of_its_parts(reports: list[Report]) -> None:
    report = next(r for r in reports if r.file.endswith("08-falsche-summe.xml"))
    root = read(written([report], "kosit"))
    assert [etree.QName(child).localname for child in root] == [
        "engine", "timestamp", "documentIdentification", "scenarioMatched", "assessment",
    ]  # fmt: skip
    assert (root.get("valid"), root.get("varlVersion")) == ("false", "1.0.0")
    assert texts(root, "rep:scenarioMatched/s:scenario/s:name/text()") == ["EN16931 XRechnung (UBL Invoice)"]
    assert texts(root, "//rep:validationStepResult/@id") == ["val-xsd", "val-sch.1", "val-sch.2"]
    assert texts(root, "//rep:message[@level='error']/@code") == ["BR-CO-15", "BR-CO-16"]
    assert texts(root, "//rep:message/@id") == ["val-sch.1.1", "val-sch.1.2"]
    assert nodes(root, "//rep:explanation/*[@data-report-type='report']")
    rules = [r for r in reports if r.verdict == "accepted" and not r.findings]
    assert read(written(rules[:1], "kosit")).get("valid") == "true"


def test_a_level_that_a_scenario_changed_is_shown_as_kosit_shows_it() -> None:
    finding = Finding("BR-CL-23", "warning", "business", "x", values={"published": "error"})
    report = Report("a.xml", None, "00", "xml", "00", "accepted", "cii", findings=[finding])
    report.rules = validate_file(named(str(ROOT / "samples/03-cii.xml")), Options())[0].rules
    root = read(written([report], "kosit"))
    assert texts(root, "//rep:message/@level") == ["error"]
    assert texts(root, "//s:customLevel[@level='warning']/text()") == ["BR-CL-23"]
    assert nodes(root, "//rep:accept")


def _corpus() -> list[Path]:
    folders = ("xrechnung-rules", "en16931-unit", "zugferd")
    return [path for name in folders for path in sorted((CORPUS / name).rglob("*.xml"))[::40]]


def _places(path: Path) -> Iterator[tuple[str, Finding, etree._Element]]:
    """Findings with the location SVRL gives them, beside the document they were found in."""
    for report in validate_file(named(str(path)), Options(rules_after_schema=True)):
        if report.findings and report.syntax and report.document is None:
            (document,) = open_delivery(path.read_bytes(), path.name).documents
            svrl = read(written([report], "svrl"))
            by_rule = {one.get("id"): one.get("location") for one in nodes(svrl, "//svrl:failed-assert")}
            assert len(nodes(svrl, "//svrl:failed-assert")) == len(report.findings)
            last = {finding.rule: finding for finding in report.findings}
            for rule, finding in last.items():
                yield str(by_rule[rule]), finding, xml.parse(document.data)


@needs("shared")
def test_places_in_svrl_lead_to_the_element() -> None:
    looked_at = 0
    for path in _corpus():
        for location, finding, root in _places(path):
            if not finding.location:
                continue
            found: Any = root.getroottree().xpath(location)
            assert len(found) == 1, (path, finding.rule, location)
            if isinstance(found[0], etree._Element) and finding.rule != "EI-XSD":
                line: Any = found[0].sourceline
                assert line == finding.line, (path, finding.rule)
            looked_at += 1
    assert looked_at > 50


def test_svrl_says_id_flag_and_text(reports: list[Report]) -> None:
    root = read(written(reports, "svrl", "en"))
    for report, one in zip(reports, root, strict=True):
        asserts = nodes(one, "svrl:failed-assert")
        assert sorted(str(a.get("id")) for a in asserts) == sorted(f.rule for f in report.findings)
        assert {a.get("flag") for a in asserts} <= {"fatal", "warning", "information"}
        assert all(a.get("test") and texts(a, "svrl:text/text()") for a in asserts)
        kinds = [etree.QName(child).localname for child in one if child.tag != f"{{{SPACES['svrl']}}}text"]
        assert kinds[kinds.index("active-pattern") + 1] == "fired-rule"


def test_sarif_is_read_by_another_model_without_a_field_it_does_not_know(reports: list[Report]) -> None:
    plain = json.loads(written(reports, "sarif"))
    log = Sarif.model_validate(plain)
    assert not [*_unknown(log)]
    (run,) = log.runs
    assert run.results is not None
    assert len(run.results) == sum(len(report.findings) for report in reports)
    ids = [rule["id"] for rule in plain["runs"][0]["tool"]["driver"]["rules"]]
    for result in plain["runs"][0]["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert plain["runs"][0]["artifacts"][place["index"]]["location"]["uri"] == place["uri"]
    (invocation,) = plain["runs"][0]["invocations"]
    unchecked = [report for report in reports if report.verdict == "unchecked"]
    assert len(invocation["toolExecutionNotifications"]) == len(unchecked)
    assert invocation["executionSuccessful"] is False
    assert json.loads(written([], "sarif"))["runs"][0]["results"] == []


def _unknown(value: object) -> Iterator[str]:
    """Fields of the log that the model does not know; four of SARIF's own it leaves out."""
    if isinstance(value, BaseModel):
        left_out = {"language", "$schema", "columnKind", "toolExecutionNotifications"}
        yield from set(value.model_extra or ()) - left_out
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name))
    elif isinstance(value, list):
        for one in value:
            yield from _unknown(one)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("lang", ["de", "en"])
def test_every_format_takes_every_report(reports: list[Report], form: str, lang: str) -> None:
    text = written(reports, form, lang)
    text.encode("utf-8", "surrogateescape" if form in ("text", "csv", "json", "jsonl") else "strict")
    if form in ("junit", "kosit", "svrl"):
        assert len(read(text)) == len(reports)
        assert written([], form, lang).endswith(">\n")
    assert form in SUFFIXES
