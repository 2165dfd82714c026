# ruff: noqa: E501  (a table of cases reads best one case per line)
"""PDF/A: claimed by the PDF, confirmed or refuted by veraPDF only; whatever it says, the verdict stays."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from einvoice.errors import Unchecked, UsageError
from einvoice.formats.hybrid.embedding import embed
from einvoice.validation import pdfa
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from tests.conformance.fetch import BRIEFLY, jar
from tests.formats.hybrid.papers import cii, lines, page
from tests.formats.test_delivery import zipped
from tests.parts import needs

GOOD = embed(page(*lines("XRECHNUNG")), cii("XRECHNUNG")).pdf
CLAUSE = {
    "specification": "ISO 19005-3:2012",
    "clause": "6.1.3",
    "testNumber": 1,
    "failedChecks": 2,
    "description": "ID",
}


@pytest.fixture
def verapdf(tmp_path: Path) -> Any:
    """Makes a program that answers as veraPDF does."""

    def make(answer: object, code: str = "") -> tuple[str, ...]:
        program = tmp_path / "verapdf"
        said = answer if isinstance(answer, str) else json.dumps(answer)
        program.write_text(f"#!{sys.executable}\n{code}\nprint({said!r})\n")
        program.chmod(0o755)
        return pdfa.command(str(program))

    return make


def report(*summaries: dict[str, Any], compliant: bool = False) -> dict[str, Any]:
    """An answer of veraPDF."""
    result = {"compliant": compliant, "details": {"ruleSummaries": list(summaries)}}
    return {"report": {"jobs": [{"validationResult": [result]}]}}


def test_a_container_that_takes_too_long_once_more_says_that_nothing_was_asked(
    verapdf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object) -> Any:
        raise Unchecked("time", "Zeit")

    monkeypatch.setattr(pdfa, "_carriers", late)
    options = Options(lang="en", verapdf=verapdf(report(compliant=True)))
    (found,) = validate_bytes(zipped(("a.pdf", GOOD)), "a.zip", options)
    assert (found.verdict, [one.rule for one in found.findings][-1]) == ("accepted", "EI-PDFA-UNCHECKED")


CASES: dict[str, tuple[object, str, bool | None, list[tuple[str, str]]]] = {
    "confirmed": (report(compliant=True), "", True, []),
    "refuted": (report(CLAUSE), "", False, [("EI-PDFA-FAILED", "")]),
    "refuted often": (report(*[CLAUSE] * 12), "", False, [("EI-PDFA-FAILED", "")] * 10 + [("EI-PDFA-FAILED", "more")]),
    "no answer": ("what?", "", None, [("EI-PDFA-UNCHECKED", "")]),
    "no result": ({"report": {"jobs": [{"taskException": {}}]}}, "", None, [("EI-PDFA-UNCHECKED", "")]),
    "too slow": ("", "import time; time.sleep(60)", None, [("EI-PDFA-UNCHECKED", "time")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_verapdf_says_is_advice(name: str, verapdf: Any) -> None:
    answer, code, valid, expected = CASES[name]
    said, problems = pdfa.ask(verapdf(answer, code), b"%PDF-1.7", 20 if not code else 0.5)
    assert said is valid
    assert [(one.rule, one.values.get("why", "")) for one in problems] == expected


def test_the_pdf_within_a_zip_is_asked_about_and_the_verdict_stays(verapdf: Any) -> None:
    options = Options(verapdf=verapdf(report(CLAUSE)))
    for data, name in ((GOOD, "a.pdf"), (zipped(("b.pdf", GOOD)), "a.zip")):
        (found,) = validate_bytes(data, name, options)
        assert found.verdict == "accepted"
        assert found.pdf is not None
        assert found.pdf.pdfa_valid is False
        assert "EI-PDFA-FAILED" in {one.rule for one in found.findings}


@pytest.mark.parametrize("named", ["/no/such/verapdf", "/no/such/verapdf.jar"])
def test_a_missing_program_is_told_before_anything_is_opened(named: str) -> None:
    with pytest.raises(UsageError, match="veraPDF"):
        pdfa.command(named)


@needs("java")
@needs("maven")
def test_verapdf_itself_confirms_what_we_write() -> None:
    java, *rest = pdfa.command(str(jar("greenfield-apps")))
    said, problems = pdfa.ask((java, *BRIEFLY, *rest), GOOD, 120)
    assert (said, problems) == (True, [])
