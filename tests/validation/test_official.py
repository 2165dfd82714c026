"""The official engine: KoSIT configurations read, run under SaxonC in a process of its own, and reported."""

import csv
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.errors import ConfigurationError, Unchecked
from einvoice.formats.xml import parse, rewritten
from einvoice.validation import official
from einvoice.validation.official import svrl
from tests.parts import CORPUS, needs

STYLESHEET = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xsl:template match="/"><svrl:schematron-output>
 <svrl:failed-assert id="T-1" flag="fatal" location="/*:Invoice[namespace-uri()='urn:x'][1]">
  <svrl:text> Zwei  Wörter </svrl:text></svrl:failed-assert>
 <svrl:failed-assert id="T-2" role="warning" location="/"><svrl:text>w</svrl:text></svrl:failed-assert>
 <svrl:successful-report location="/"><svrl:text>r</svrl:text></svrl:successful-report>
 <xsl:value-of select="{extra}"/>
</svrl:schematron-output></xsl:template></xsl:stylesheet>"""

SCENARIOS = """<scenarios xmlns="http://www.xoev.de/de/validator/framework/1/scenarios" frameworkVersion="1.0.0">
<name>Probe</name><date>2026-01-31</date><description><p>x</p></description>
<scenario><name>other</name><namespace prefix="n">urn:x</namespace><match>exists(/n:none)</match>
<validateWithXmlSchema><resource><name>s</name><location>s.xsd</location></resource></validateWithXmlSchema>
<createReport><resource><name>r</name><location>r.xsl</location></resource></createReport></scenario>
<scenario><name>mine</name><match>exists(/*:Invoice)</match>
<validateWithXmlSchema><resource><name>s</name><location>a%20b/s.xsd</location></resource></validateWithXmlSchema>
<validateWithSchematron><resource><name>t</name><location>t.xsl</location></resource></validateWithSchematron>
<createReport><resource><name>r</name><location>r.xsl</location></resource>
<customLevel level="information">T-1 UNSPECIFIC</customLevel></createReport></scenario></scenarios>"""

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">
<xs:element name="Invoice" type="xs:date"/></xs:schema>"""


def configured(folder: Path, extra: str = "''", scenarios: str = SCENARIOS) -> Path:
    """A configuration of one stylesheet; `extra` is an XPath that it evaluates."""
    (folder / "a b").mkdir(parents=True)
    (folder / "scenarios.xml").write_text(scenarios, "utf-8")
    (folder / "t.xsl").write_text(STYLESHEET.replace("{extra}", extra), "utf-8")
    for place in (folder / "s.xsd", folder / "a b" / "s.xsd"):
        place.write_text(SCHEMA, "utf-8")
    return folder


@pytest.fixture(scope="module")
def saxon() -> Iterator[official.Saxon]:
    engine = official.Saxon()
    yield engine
    engine.close()


def judged(text: str, path: Path, saxon: official.Saxon) -> official.OfficialReport:
    return official.judge(rewritten(parse(text.encode())), official.read(path), saxon)


@needs("official")
def test_a_configuration_judges_as_kosit_does(tmp_path: Path, saxon: official.Saxon) -> None:
    report = judged('<Invoice xmlns="urn:x"> 2026-01-01 </Invoice>', configured(tmp_path / "c"), saxon)
    assert report.scenario is not None
    assert (report.scenario.name, report.recommendation, report.schema) == ("mine", "accept", [])
    found = [(f.rule, f.severity, f.published, f.text) for f in report.findings]
    assert found == [
        ("T-1", "information", "error", "Zwei Wörter"),
        ("T-2", "warning", "warning", "w"),
        ("UNSPECIFIC", "information", "error", "r"),
    ]
    assert "saxonche" not in sys.modules


@needs("official")
def test_an_error_rejects_and_a_schema_error_stops(tmp_path: Path, saxon: official.Saxon) -> None:
    home = configured(tmp_path / "c", scenarios=SCENARIOS.replace("T-1 UNSPECIFIC", "T-1"))
    assert judged('<Invoice xmlns="urn:x">2026-01-01</Invoice>', home, saxon).recommendation == "reject"
    report = judged('<Invoice xmlns="urn:x">soon</Invoice>', home, saxon)
    assert (report.recommendation, report.findings) == ("reject", [])
    assert [problem.rule for problem in report.schema] == ["EI-XSD"]


@needs("official")
def test_no_scenario_is_a_rejection(tmp_path: Path, saxon: official.Saxon) -> None:
    report = judged("<Order/>", configured(tmp_path / "c"), saxon)
    assert (report.scenario, report.recommendation) == (None, "reject")


@needs("official")
def test_a_stylesheet_that_aborts_is_never_an_acceptance(tmp_path: Path, saxon: official.Saxon) -> None:
    home = configured(tmp_path / "c", extra="xs:date(concat(/, ''))")
    report = judged('<Invoice xmlns="urn:x">2026-01-01</Invoice>', home, saxon)
    assert report.recommendation == "accept"
    home = configured(tmp_path / "d", extra="xs:decimal(concat(/, 'x'))")
    report = judged('<Invoice xmlns="urn:x">2026-01-01</Invoice>', home, saxon)
    assert report.recommendation == "undefined"
    assert [name for name, _ in report.aborted] == ["t.xsl"]


@needs("official")
def test_a_stylesheet_that_does_not_end_leaves_the_document_unchecked(tmp_path: Path) -> None:
    engine = official.Saxon()
    home = configured(tmp_path / "c", extra="count(for $a in 1 to 100000, $b in 1 to 100000 return $a*$b)")
    configuration = official.read(home)
    sheets = [part.path for part in configuration.scenarios[1].stylesheets]
    engine.prepare(sheets)
    with pytest.raises(Unchecked, match="time"):
        engine.transform(b"<a/>", sheets, 0.5)
    engine.close()


@needs("official")
def test_saxon_refuses_a_doctype_even_if_one_came_so_far(saxon: official.Saxon, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim", "utf-8")
    document = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>'
    with pytest.raises(Unchecked, match="DOCTYPE"):
        saxon.transform(document.encode(), [], 30.0)


def test_a_zip_is_read_like_a_folder_and_goes_with_the_configuration(tmp_path: Path) -> None:
    home = configured(tmp_path / "c")
    archive = tmp_path / "c.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in home.rglob("*"):
            target.write(path, Path("inner") / path.relative_to(home))
    configuration = official.read(archive)
    assert [scenario.name for scenario in configuration.scenarios] == ["other", "mine"]
    assert configuration.scenarios[1].levels == {"T-1": "information", "UNSPECIFIC": "information"}
    unpacked = configuration.home
    assert unpacked.is_dir()
    del configuration
    assert not unpacked.exists()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("t.xsl", "missing.xsl", "missing"),
        ("t.xsl", "../../../../etc/hostname", "outside"),
        ('level="information"', 'level="fatal"', "level"),
        ("<scenarios ", "<!DOCTYPE x><scenarios ", "cannot be read"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_why(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in SCENARIOS
    home = configured(tmp_path / "c", scenarios=SCENARIOS.replace(old, new))
    with pytest.raises(ConfigurationError, match=why):
        official.read(home)


def test_a_zip_may_not_write_elsewhere(tmp_path: Path) -> None:
    archive = tmp_path / "c.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("../outside.txt", "x")
    with pytest.raises(ConfigurationError, match="outside"):
        official.read(archive)
    assert not (tmp_path / "outside.txt").exists()


def test_neither_folder_nor_zip(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", "utf-8")
    for path in (tmp_path / "x", tmp_path / "absent", tmp_path):
        with pytest.raises(ConfigurationError):
            official.read(path)


@pytest.mark.parametrize(
    "location",
    [
        "/*:Invoice[namespace-uri()='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'][1]",
        "/*[local-name()='Invoice' and namespace-uri()='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'][1]",
        "/Q{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice[1]",
    ],
)
def test_every_way_of_writing_a_place_is_read_alike(location: str) -> None:
    report = f"""<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
 <svrl:failed-assert id="A" location="{location}"><svrl:text>t</svrl:text></svrl:failed-assert>
 </svrl:schematron-output>"""
    assert [finding.location for finding in svrl.findings(report, {})] == ["/ubl:Invoice[1]"]


@needs("official")
@needs("shared")
@needs("maven")
def test_a_sample_of_the_corpus_gets_its_official_verdict(saxon: official.Saxon) -> None:
    from tests.conformance import fetch

    try:
        configuration = official.read(fetch.configuration("kosit-2026-01-31"))
    except fetch.Missing as missing:
        pytest.skip(str(missing))
    table = CORPUS / "expected/kosit-2026-01-31/xrechnung-rules.tsv"
    with table.open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if not row["scenario"].endswith("!")]
    for row in rows[::40]:
        report = official.judge(rewritten(parse((CORPUS / row["path"]).read_bytes())), configuration, saxon)
        assert report.recommendation == row["verdict"], row["path"]
        if row["xsd"] == "ok":
            assert sorted({f"{f.rule}:{f.severity}" for f in report.findings}) == row["fired"].split()
