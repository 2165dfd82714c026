"""`--engine official|both`: KoSIT's ways with scenarios, levels and acceptance; differences; what cannot be done."""

import importlib.util
import os
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import einvoice
from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.validation import engines, official
from einvoice.validation.batch import validate_files
from einvoice.validation.files import named
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from tests.parts import CORPUS, ROOT, needs
from tests.validation.configurations import configuration, failed, scenario

SAMPLE = ROOT / "samples/01-skonto.xml"
MATCH = "exists(/u:Invoice)"

pytestmark = needs("official")


@pytest.fixture(autouse=True, scope="module")
def _no_engine_left() -> Iterator[None]:
    yield
    engines_pool = official._pool
    engines_pool.close_idle()


def official_verdict(home: Path, **options: object) -> Report:
    return einvoice.validate(SAMPLE, Options(lang="en", **options), engine="official", scenarios=home)  # type: ignore[arg-type]


def rules(report: Report) -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity) for finding in report.findings]


def test_several_schematrons_and_levels_of_a_configuration_without_schema(tmp_path: Path) -> None:
    home = configuration(
        tmp_path,
        {"a.xsl": failed("A-1") + failed("A-2", "warning"), "b.xsl": failed("B-1", "information")},
        scenario("Both", MATCH, ("a.xsl", "b.xsl"), '<customLevel level="information">A-1 A-9</customLevel>'),
    )
    report = official_verdict(home)
    assert (report.verdict, report.scenario, report.profile) == ("accepted", "Both", "xrechnung")
    assert rules(report) == [("A-1", "information"), ("A-2", "warning"), ("B-1", "information")]
    assert [(ran.name, ran.version) for ran in report.rules] == [
        ("Rules a.xsl", "Probe 2026-01-31"),
        ("Rules b.xsl", "Probe 2026-01-31"),
    ]
    assert report.findings[0].line == 2
    assert report.invoice is not None
    assert report.invoice.number == "RE-2026-0815"


def test_exactly_one_scenario_must_fit(tmp_path: Path) -> None:
    one, other = scenario("One", MATCH, ("a.xsl",)), scenario("Other", "true()", ("a.xsl",))
    never = scenario("Never", "xs:decimal(/*/@none || 'x') = 1", ("a.xsl",))
    for scenarios, name in (((one, never), "One"), ((one, other), None), ((never,), None)):
        home = configuration(tmp_path / str(len(scenarios)) / str(name), {"a.xsl": ""}, *scenarios)
        report = official_verdict(home)
        assert report.scenario == name
        assert report.verdict == ("accepted" if name else "rejected")
        assert rules(report) == ([] if name else [("EI-PROFILE", "error")])


def test_no_setting_accepts_a_document_for_which_no_rule_ran(tmp_path: Path) -> None:
    home = configuration(tmp_path, {"a.xsl": ""}, scenario("Never", "false()", ("a.xsl",)))
    assert official_verdict(home, unknown_profile="check").verdict == "rejected"


@pytest.mark.parametrize(
    ("accept", "flag", "verdict"),
    [
        ("/rep:report/rep:assessment[1]/rep:accept[1]", "fatal", "rejected"),
        ("/rep:report/rep:assessment[1]/rep:accept[1]", "warning", "accepted"),
        ("not(//rep:message[@level = ('error', 'warning')])", "warning", "rejected"),
        ("count(//rep:message[@code='A-1']) = 1", "fatal", "accepted"),
    ],
)
def test_accept_match_is_asked_of_the_report(tmp_path: Path, accept: str, flag: str, verdict: str) -> None:
    home = configuration(
        tmp_path, {"a.xsl": failed("A-1", flag)}, scenario("S", MATCH, ("a.xsl",), accept=accept)
    )
    report = official_verdict(home)
    assert report.verdict == verdict
    usual = "rejected" if flag == "fatal" else "accepted"
    assert [f.rule for f in report.findings if f.rule == "EI-ENGINE"] == ["EI-ENGINE"] * (verdict != usual)


def test_an_abort_rejects_even_if_the_configuration_would_accept(tmp_path: Path) -> None:
    body = '<xsl:value-of select="xs:decimal(/*)"/>'
    home = configuration(tmp_path, {"a.xsl": body}, scenario("S", MATCH, ("a.xsl",), accept="true()"))
    report = official_verdict(home)
    assert (report.verdict, rules(report)) == ("rejected", [("EI-ABORT", "error")])


BROKEN = {
    "no such file": ("none.zip", "--scenarios"),
    "a text": ("x.txt", "neither a folder nor a zip"),
    "no scenarios": ("empty", "no scenarios.xml"),
    "a part is missing": ("missing", "b.xsl is missing"),
    "a way out": ("outside", "lies outside"),
    "no XSLT": ("syntax", "cannot be used"),
    "no stylesheet": ("sch", "cannot be used"),
    "no SVRL": ("html", "makes no SVRL"),
    "an include is missing": ("include", "cannot be used"),
    "a code list is missing": ("list", "cannot be read"),
    "no XPath": ("xpath", "is not valid"),
    "a fetch": ("fetch", "cannot be read"),
    "a written file": ("written", "cannot be used"),
    "a damaged zip": ("damaged.zip", "cannot be unpacked"),
}


def _broken(folder: Path) -> None:
    def one(name: str, body: str = "", sheet: str = "a.xsl", match: str = MATCH) -> Path:
        return configuration(folder / name, {"a.xsl": body}, scenario("S", match, (sheet,)))

    (folder / "x.txt").write_text("x", "utf-8")
    (folder / "empty").mkdir()
    one("missing", sheet="b.xsl")
    one("outside", sheet="../../../etc/hostname")
    (one("syntax") / "a.xsl").write_text("<xsl:", "utf-8")
    (one("sch") / "a.xsl").write_text('<schema xmlns="http://purl.oclc.org/dsdl/schematron"/>', "utf-8")
    sheet = one("html") / "a.xsl"
    sheet.write_text(sheet.read_text("utf-8").replace("svrl:schematron-output", "html"), "utf-8")
    (one("include") / "a.xsl").write_text(
        '<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        '<xsl:include href="none.xsl"/></xsl:stylesheet>', "utf-8",
    )  # fmt: skip
    one("list", "<xsl:value-of select=\"doc('none.xml')\"/>")
    one("xpath", match="exists(/x:Invoice")
    one("fetch", "<xsl:value-of select=\"doc('http://127.0.0.1:9/x.xml')\"/>")
    one("written", f'<xsl:result-document href="{(folder / "evil.xml").as_uri()}"><a/></xsl:result-document>')
    with zipfile.ZipFile(folder / "damaged.zip", "w") as archive:
        archive.writestr("scenarios.xml", b"<a/>" * 1000)
    data = bytearray((folder / "damaged.zip").read_bytes())
    data[60:70] = b"\0" * 10
    (folder / "damaged.zip").write_bytes(data)


@pytest.mark.parametrize("engine", ["official", "both"])
def test_a_configuration_that_cannot_be_used_leaves_documents_unchecked(tmp_path: Path, engine: str) -> None:
    _broken(tmp_path)
    for what, (name, sentence) in BROKEN.items():
        options = Options(lang="en", engine=engine, scenarios=str(tmp_path / name))  # type: ignore[arg-type]
        report = einvoice.validate(SAMPLE, options)
        assert report.verdict == "unchecked", what
        assert sentence in (report.reason or ""), what
    assert not (tmp_path / "evil.xml").exists()
    report = einvoice.validate(SAMPLE, engine="official")
    assert report.verdict == "unchecked"
    assert "--scenarios" in (report.reason or "")


def test_without_saxonche_documents_are_unchecked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = configuration(tmp_path, {"a.xsl": ""}, scenario("S", MATCH, ("a.xsl",)))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(engines, "borrowed", lambda memory: _made(memory))
    for engine in ("official", "both"):
        report = einvoice.validate(SAMPLE, engine=engine, scenarios=home)
        assert report.verdict == "unchecked"
        assert "einvoice-pipeline[official]" in (report.reason or "")


def _made(memory: int) -> official.Saxon:
    return official.Saxon(memory)


@pytest.mark.parametrize(
    ("body", "limits", "why"),
    [
        ("count(for $a in 1 to 100000, $b in 1 to 100000 return $a*$b)", {"limit_time": 3.0}, "time"),
        (
            "count(reverse(for $a in 1 to 400000000 return string($a)))",
            {"limit_memory": 51, "limit_time": 60},
            "died",
        ),
    ],
)
def test_limits_hold_and_the_next_document_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, limits: dict[str, float], why: str
) -> None:
    monkeypatch.setattr(official, "_ENGINE_MB", 200)
    slow = f"""<xsl:if test="//cbc:ID[1] = 'RE-2026-0815'"><xsl:value-of select="{body}"/></xsl:if>"""
    home = configuration(tmp_path, {"a.xsl": slow}, scenario("S", "true()", ("a.xsl",)))
    options = Options(lang="en", engine="official", scenarios=str(home), **limits)  # type: ignore[arg-type]
    files = [named(str(ROOT / "samples" / name)) for name in ("01-skonto.xml", "02-gutschrift.xml")]
    first, second = validate_files(files, options)
    assert first.verdict == "unchecked"
    assert why in (first.reason or "")
    assert second.verdict == "accepted"


def test_a_worker_killed_in_its_work_is_one_unchecked_document(tmp_path: Path) -> None:
    work = "count(for $a in 1 to 100000, $b in 1 to 100000 return $a*$b)"
    busy = f"<xsl:value-of select=\"//cbc:ID[1][. = 'RE-2026-0815']/{work}\"/>"
    home = configuration(tmp_path, {"a.xsl": busy}, scenario("S", "true()", ("a.xsl",)))
    options = Options(lang="en", engine="official", scenarios=str(home), limit_time=60)
    official.borrowed(500).__enter__().prepare([])

    def kill() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for process in [*confined._calls.values()]:
                process.kill()
                return
            time.sleep(0.01)

    killer = threading.Timer(1.0, kill)
    killer.start()
    files = [named(str(ROOT / "samples" / name)) for name in ("01-skonto.xml", "02-gutschrift.xml")]
    first, second = validate_files(files, options)
    killer.join()
    assert (first.verdict, second.verdict) == ("unchecked", "accepted")
    assert "died" in (first.reason or "")


def test_containers_are_opened_as_for_our_own_rules(tmp_path: Path) -> None:
    home = configuration(
        tmp_path, {"a.xsl": failed("A-1", "warning", location="/*")}, scenario("S", "true()", ("a.xsl",))
    )
    options = Options(engine="official", scenarios=str(home))
    names = ["04-zugferd.pdf", "05-mail.eml", "06-sammlung.zip", "07-abgebrochen.xml"]
    files = [named(str(ROOT / "samples" / name)) for name in names]
    native, theirs = [*validate_files(files, Options())], [*validate_files(files, options)]
    assert [(r.file, r.document, r.sha256) for r in native] == [
        (r.file, r.document, r.sha256) for r in theirs
    ]
    for report in theirs:
        fine = report.document is not None
        assert rules(report) == ([("A-1", "warning")] if fine else [("EI-XML", "error")])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that finds BR-01 in every invoice and accepts all credit notes."""
    return configuration(
        tmp_path_factory.mktemp("both"),
        {"a.xsl": failed("BR-01", when="/*:Invoice")},
        scenario("S", "exists(/*)", ("a.xsl",)),
    )


def test_what_only_we_would_accept_is_unchecked(both: Path) -> None:
    report = einvoice.validate(SAMPLE, Options(lang="en"), engine="both", scenarios=both)
    assert report.verdict == "unchecked"
    assert "the verdicts differ" in (report.reason or "")
    said = [f.message for f in report.findings if f.rule == "EI-ENGINE"]
    assert "einvoice: accepted, official engine: rejected" in said[0]
    assert "BR-01 (error) is reported by the official engine only" in said[1]
    assert all(f.severity == "warning" for f in report.findings if f.rule == "EI-ENGINE")
    assert [ran.engine for ran in report.rules] == ["native", "native", "official"]


def test_our_rejection_stands_against_an_official_acceptance(both: Path, tmp_path: Path) -> None:
    text = (ROOT / "samples/02-gutschrift.xml").read_text("utf-8")
    wrong = tmp_path / "wrong.xml"
    wrong.write_text(
        text.replace('PayableAmount currencyID="EUR">', 'PayableAmount currencyID="EUR">1'), "utf-8"
    )
    report = einvoice.validate(wrong, Options(lang="en"), engine="both", scenarios=both)
    assert report.verdict == "rejected"
    said = [f.message for f in report.findings if f.rule == "EI-ENGINE"]
    assert "einvoice: rejected, official engine: accepted" in said[0]
    assert "is reported by einvoice only" in said[1]


def test_profiles_of_factur_x_have_no_official_scenario_and_keep_our_verdict(tmp_path: Path) -> None:
    home = configuration(tmp_path, {"a.xsl": ""}, scenario("Never", "false()", ("a.xsl",)))
    pdf = ROOT / "samples/04-zugferd.pdf"
    native = einvoice.validate(pdf)
    report = einvoice.validate(pdf, Options(lang="en"), engine="both", scenarios=home)
    assert (report.verdict, report.profile) == (native.verdict, native.profile)
    if native.profile in engines.OWN_RULES:
        assert [f.rule for f in report.findings][-1] == "EI-ENGINE"


@needs("shared")
def test_a_factur_x_invoice_keeps_our_verdict_beside_another_rule_book(both: Path) -> None:
    pdfs = sorted((CORPUS / "zugferd").rglob("*.pdf"))
    native = next(
        r for r in validate_files(map(named, map(str, pdfs)), Options()) if _is_accepted_factur_x(r)
    )
    home = configuration(both.parent / "cii", {"a.xsl": failed("A-1")}, scenario("S", "true()", ("a.xsl",)))
    report = einvoice.validate(native.file, Options(lang="en"), engine="both", scenarios=home)
    assert report.verdict == "accepted"
    said = [f"{f.message} {f.hint}" for f in report.findings if f.rule == "EI-ENGINE"]
    assert "the verdicts differ" in said[0]
    assert "judged here by the rules of Factur-X" in said[1]


def _is_accepted_factur_x(report: Report) -> bool:
    return report.verdict == "accepted" and report.profile == "facturx-en16931"


@needs("shared")
@needs("maven")
def test_both_engines_agree_on_a_sample_of_the_corpus() -> None:
    from tests.conformance import fetch

    try:
        home = fetch.configuration("kosit-2026-01-31")
    except fetch.Missing as missing:
        pytest.skip(str(missing))
    every = 10 if os.environ.get("EINVOICE_FULL") else 90
    files = sorted((CORPUS / "xrechnung-rules").rglob("*.xml"))[::every]
    options = Options(engine="both", scenarios=str(home))
    native = [*validate_files(map(named, map(str, files)), Options())]
    reports = [*validate_files(map(named, map(str, files)), options)]
    assert [r.verdict for r in reports] == [r.verdict for r in native]
    different = [(r.file, f.message) for r in reports for f in r.findings if f.rule == "EI-ENGINE"]
    assert different == []
    zipped = einvoice.validate(files[0], engine="official", scenarios=home)
    assert zipped.verdict == native[0].verdict


def test_a_zip_with_the_configuration_one_folder_down(tmp_path: Path) -> None:
    home = configuration(tmp_path / "c", {"a.xsl": failed("A-1")}, scenario("S", MATCH, ("a.xsl",)))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for path in home.iterdir():
            archive.write(path, f"kosit-configuration/{path.name}")
    report = einvoice.validate(SAMPLE, engine="official", scenarios=tmp_path / "c.zip")
    assert (report.verdict, rules(report)) == ("rejected", [("A-1", "error")])


def test_a_run_broken_off_leaves_no_process(tmp_path: Path) -> None:
    slow = '<xsl:value-of select="count(for $a in 1 to 100000, $b in 1 to 100000 return $b)"/>'
    home = configuration(tmp_path, {"a.xsl": slow}, scenario("S", "true()", ("a.xsl",)))
    options = Options(engine="official", scenarios=str(home), limit_time=100)
    files = [named(str(SAMPLE))] * 80

    def interrupted() -> None:
        stream = validate_files(files, options, jobs=2)
        threading.Timer(4.0, os.kill, (os.getpid(), signal.SIGINT)).start()
        next(stream)

    started = time.monotonic()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs us behind
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 90
    assert confined._calls == {}
    with pytest.raises(Unchecked):
        engines.configured(None)
