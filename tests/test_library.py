"""The library's face: what a developer can rely on, and what it does not load."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import einvoice
from tests.samples import FOLDER

UBL, HYBRID, BUNDLE = FOLDER / "01-skonto.xml", FOLDER / "04-zugferd.pdf", FOLDER / "06-sammlung.zip"


def test_the_face_is_sorted_and_complete() -> None:
    assert einvoice.__all__ == sorted(einvoice.__all__)
    assert all(getattr(einvoice, name) for name in einvoice.__all__)


def test_a_path_bytes_and_a_file_are_the_same() -> None:
    with UBL.open("rb") as stream:
        reports = [einvoice.validate(source) for source in (UBL, str(UBL), UBL.read_bytes(), stream)]
    assert [report.verdict for report in reports] == ["accepted"] * 4
    assert len({report.sha256 for report in reports}) == 1
    assert einvoice.validate(io.BytesIO(b"<x/>")).verdict == "rejected"


def test_read_gives_every_term_typed() -> None:
    invoice = einvoice.read(UBL)
    assert invoice.number == "RE-2026-0815"
    assert invoice.seller is not None
    assert invoice.seller.name == "Werre Bürobedarf GmbH"
    assert [str(line.net_amount) for line in invoice.lines] == ["425.00", "105.00"]
    assert einvoice.read(HYBRID).number == "2026/0099"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.[xpe]*")), ids=lambda path: path.name)
def test_verdict_and_invoice_in_one_pass_are_those_of_two(path: Path) -> None:
    report, invoice = einvoice.validate_and_read(path)
    assert replace(report, milliseconds=0) == replace(einvoice.validate(path), milliseconds=0)
    if invoice is None:
        with pytest.raises(einvoice.NotAnInvoice):
            einvoice.read(path)
    else:
        assert invoice == einvoice.read(path)


@pytest.mark.parametrize("data", [b"", b"hello", b"<a>", b"<a/>", b"%PDF-1.7 nothing", b"PK\x03\x04"])
def test_where_there_is_no_invoice_the_report_says_why(data: bytes) -> None:
    report, invoice = einvoice.validate_and_read(data)
    assert invoice is None
    assert replace(report, milliseconds=0) == replace(einvoice.validate(data), milliseconds=0)
    assert report.verdict == "rejected"


def test_a_container_of_several_names_them() -> None:
    for function in (einvoice.validate, einvoice.read, einvoice.validate_and_read):
        with pytest.raises(einvoice.SeveralDocuments) as caught:
            function(BUNDLE)
        assert caught.value.names == ("B-7001.xml", "B-7002.xml")


@pytest.mark.parametrize("data", [b"", b"hello", b"<a>", b"%PDF-1.7 nothing", b"PK\x03\x04"])
def test_what_is_no_invoice_says_so_in_both_languages(data: bytes) -> None:
    with pytest.raises(einvoice.NotAnInvoice) as caught:
        einvoice.read(data)
    assert caught.value.said("de") != caught.value.said("en") != ""


def test_many_come_in_input_order_whatever_they_are(tmp_path: Path) -> None:
    paths = [UBL, tmp_path / "missing.xml", BUNDLE, FOLDER / "07-abgebrochen.xml", HYBRID]
    for jobs in (1, 2):
        reports = list(einvoice.validate_many(paths, jobs=jobs))
        assert [report.verdict for report in reports] == [
            "accepted", "unchecked", "accepted", "accepted", "rejected", "accepted",
        ]  # fmt: skip


def test_threads_may_share_it() -> None:
    sources = [
        path.read_bytes() for path in (UBL, FOLDER / "03-cii.xml", FOLDER / "08-falsche-summe.xml")
    ] * 8
    alone = [[f.rule for f in einvoice.validate(data).findings] for data in sources]
    with ThreadPoolExecutor(8) as threads:
        assert [
            [f.rule for f in report.findings] for report in threads.map(einvoice.validate, sources)
        ] == alone


HEAVY = ["pydantic", "pydantic_core", "sqlmodel", "sqlalchemy", "xmlschema", "facturx", "saxonche", "rich"]


def _loaded(code: str, names: list[str]) -> str:
    code = f"import sys; {code}; print([m for m in {names!r} if m in sys.modules], file=sys.stderr)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stderr.strip()


def test_validation_loads_nothing_heavy() -> None:
    assert _loaded(f"import einvoice; einvoice.validate({str(UBL)!r})", [*HEAVY, "typer"]) == "[]"


def test_the_command_loads_nothing_heavy_either() -> None:
    call = ["einvoice", "validate", "--isolated", "--format", "jsonl", "--jobs", "1", str(UBL)]
    code = f"sys.argv = {call!r}; from contextlib import suppress; from einvoice.interfaces import cli\n"
    code += "with suppress(SystemExit): cli.main()\n"
    assert _loaded(code + "pass", HEAVY) == "[]"
