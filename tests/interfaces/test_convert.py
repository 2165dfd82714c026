"""`einvoice convert` and `create`: nothing is lost in silence, written by halves or over something else."""

import json
import os
from pathlib import Path

import pytest

import einvoice
from tests.interfaces.calls import call
from tests.parts import ROOT

SAMPLES = ROOT / "samples"
UBL, CREDIT, CII, HYBRID, SUB_LINES = (
    str(SAMPLES / name)
    for name in (
        "01-skonto.xml",
        "02-gutschrift.xml",
        "03-cii.xml",
        "04-zugferd.pdf",
        "11-unterpositionen.xml",
    )
)


@pytest.mark.parametrize(("file", "to"), [(UBL, "cii"), (CREDIT, "cii"), (CII, "ubl"), (HYBRID, "ubl")])
def test_there_and_back_says_the_same(tmp_path: Path, file: str, to: str) -> None:
    there, data = tmp_path / "there.xml", tmp_path / "data.json"
    result = call("convert", file, "--to", to, "-o", str(there))
    assert (result.code, result.out) == (0, "")
    assert "angenommen" in result.err
    assert einvoice.validate(there).verdict == "accepted"
    assert einvoice.read(there) == einvoice.read(file)
    assert call("convert", str(there), "--to", "json", "-o", str(data)).code == 0
    back = call("convert", str(data), "--to", "ubl", "-o", "-")
    assert back.code == 0
    assert einvoice.read(back.out.encode()) == einvoice.read(file)


def test_what_cannot_be_carried_is_listed_and_not_written(tmp_path: Path) -> None:
    out, report = tmp_path / "a.xml", tmp_path / "report.json"
    result = call("convert", SUB_LINES, "--to", "cii", "-o", str(out), "--report", str(report))
    assert result.code == 1
    assert "BT-DEX-002  Betrag der Fremdforderung  [third_party_payments[0].amount]  25.00" in result.err
    assert "--allow-loss --allow-rejected" in result.err
    assert not out.exists()
    lost = json.loads(report.read_text("utf-8"))["lost"]
    assert {one["term"] for one in lost} >= {"BT-DEX-002", "BT-126"}
    assert call("convert", SUB_LINES, "--to", "cii", "-o", str(out), "--allow-loss").code == 1
    both = "--allow-loss", "--allow-rejected"
    assert call("convert", SUB_LINES, "--to", "cii", "-o", str(out), *both).code == 0
    assert einvoice.read(out).number == "E-2026-0007"


def test_texts_without_a_term_are_lost_and_said(tmp_path: Path) -> None:
    source = tmp_path / "source.xml"
    text = Path(UBL).read_text("utf-8")
    source.write_text(text.replace("<cbc:IssueDate>", "<cbc:UUID>4711</cbc:UUID><cbc:IssueDate>", 1), "utf-8")
    result = call("convert", str(source), "--to", "cii", "-o", str(tmp_path / "a.xml"), lang="en")
    assert result.code == 1
    assert "/ubl:Invoice[1]/cbc:UUID[1]  4711" in result.err
    data = tmp_path / "a.json"
    assert call("convert", str(source), "--to", "json", "-o", str(data)).code == 0
    assert json.loads(data.read_text("utf-8"))["source"]["further"][0]["text"] == "4711"
    assert call("convert", str(data), "--to", "ubl", "-o", str(tmp_path / "a.xml")).code == 1


def test_a_profile_changes_bt_24_and_says_so(tmp_path: Path) -> None:
    out = tmp_path / "a.xml"
    result = call("convert", CII, "--to", "cii", "--profile", "en16931", "-o", str(out), lang="en")
    assert result.code == 0
    assert "Changed (1):" in result.err
    assert einvoice.validate(out).profile == "en16931"
    result = call("convert", CII, "--to", "cii", "--profile", "basicwl", "-o", str(out), "--force")
    assert result.code == 1
    assert "BT-153" in result.err
    assert call("convert", CII, "--to", "ubl", "--profile", "basic", "-o", str(out)).code == 2


def test_a_file_is_replaced_only_by_force_or_if_nothing_is_lost(tmp_path: Path) -> None:
    out = tmp_path / "a.xml"
    out.write_bytes(b"")
    assert call("convert", UBL, "--to", "cii", "-o", str(out)).code == 0
    written = out.read_bytes()
    assert call("convert", UBL, "--to", "cii", "-o", str(out)).code == 0
    assert call("convert", CII, "--to", "cii", "-o", str(out)).code == 2
    assert out.read_bytes() == written
    assert call("convert", CII, "--to", "cii", "-o", str(out), "--force").code == 0
    assert out.read_bytes() != written
    assert os.listdir(tmp_path) == ["a.xml"]
    assert call("convert", CII, "--to", "cii", "-o", str(tmp_path / "missing" / "a.xml")).code == 2
    assert call("convert", CII, "--to", "cii", "--pdf", HYBRID, "-o", str(out), "--force").code == 2
    assert call("convert", CII, "--to", "json", "--profile", "basic", "-o", str(out), "--force").code == 2


@pytest.mark.parametrize("content", [b"", b"<a", b"{", b'{"number": 5}', b"%PDF-1.7", b"[]"])
def test_what_is_no_invoice_says_so(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "a.xml"
    source.write_bytes(content)
    for arguments in (("convert", str(source), "--to", "ubl"), ("create", str(source), "--to", "ubl")):
        result = call(*arguments, "-o", str(tmp_path / "b.xml"))
        assert result.code == 1
        assert result.err.startswith(f"einvoice: {source}")
        assert "Traceback" not in result.err
    assert not (tmp_path / "b.xml").exists()


def test_what_is_rejected_already_is_converted_only_if_asked_for(tmp_path: Path) -> None:
    wrong, out = str(SAMPLES / "08-falsche-summe.xml"), tmp_path / "a.xml"
    result = call("convert", wrong, "--to", "cii", "-o", str(out))
    assert (result.code, out.exists()) == (1, False)
    assert "BR-CO-15" in result.err
    assert "Schon die Vorlage wird abgelehnt." in result.err
    assert call("convert", wrong, "--to", "cii", "--allow-rejected", "-o", str(out)).code == 0


def test_several_invoices_are_named(tmp_path: Path) -> None:
    bundle, out = str(SAMPLES / "06-sammlung.zip"), str(tmp_path / "a.xml")
    result = call("convert", bundle, "--to", "ubl", "-o", out)
    assert result.code == 1
    assert "B-7001.xml, B-7002.xml" in result.err
    chosen = call("convert", bundle, "--to", "cii", "--document", "B-7002.xml", "-o", out)
    assert chosen.code == 0
    assert "Nicht übernommen: " in chosen.err
    assert call("convert", bundle, "--to", "ubl", "--document", "nichts.xml", "-o", out).code == 1


def data(tmp_path: Path, **changes: object) -> str:
    """The printed example with changes, as a file."""
    table = json.loads(call("create", "--example").out)
    path = tmp_path / "data.json"
    path.write_text(json.dumps({**table, **changes}), "utf-8")
    return str(path)


@pytest.mark.parametrize("to", ["ubl", "cii"])
def test_the_example_makes_an_accepted_invoice(tmp_path: Path, to: str) -> None:
    out = tmp_path / "a.xml"
    result = call("create", data(tmp_path), "--to", to, "-o", str(out), lang="en")
    assert result.code == 0, result.err
    assert "Filled in: process_control.specification_identifier" in result.err
    report = einvoice.validate(out)
    assert (report.verdict, report.profile) == ("accepted", "xrechnung")
    assert report.invoice
    assert report.invoice.payable == "297.50"


def test_what_would_be_rejected_is_not_written_and_the_field_is_named(tmp_path: Path) -> None:
    out = tmp_path / "a.xml"
    path = data(tmp_path, buyer_reference=None, totals={"total_amount_with_vat": "300.00"})
    result = call("create", path, "--to", "ubl", "-o", str(out))
    assert result.code == 1
    assert not out.exists()
    (line,) = [line for line in result.err.splitlines() if "[BR-CO-15]" in line]
    assert line.startswith("  Fehler: totals.total_amount_without_vat, ")
    assert "totals.total_amount_with_vat" in line.partition(": ")[2]
    assert "buyer_reference: " in result.err
    assert "[BR-DE-15]" in result.err


def test_data_that_cannot_be_used_are_told_by_their_path(tmp_path: Path) -> None:
    path = data(tmp_path, lines=[{"net_amount": "12,50"}, {"item": {"nam": "x"}}])
    result = call("create", path, "--to", "ubl", "-o", str(tmp_path / "a.xml"), lang="en")
    assert result.code == 1
    assert "lines[0].net_amount: expected a number" in result.err
    assert "lines[1].item.nam: there is no such field (did you mean name?)" in result.err
    path = data(tmp_path, lines=[{"item": {"name": "x"}}])
    result = call("create", path, "--to", "ubl", "-o", str(tmp_path / "a.xml"), lang="en")
    assert result.code == 1
    assert "lines[0]: net_amount, or invoiced_quantity" in result.err


@pytest.mark.parametrize(
    "arguments", [(), ("a.json",), ("a.json", "--to", "ubl"), ("a.json", "--to", "x", "-o", "b")]
)
def test_a_call_without_all_it_needs_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert call("create", *arguments).code == 2


def test_a_hybrid_is_our_picture_with_the_invoice_in_it_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    for name in ("a.pdf", "b.pdf"):
        assert call("convert", UBL, "--to", "zugferd", "-o", str(tmp_path / name)).code == 0
    first, second = ((tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf"))
    assert first == second
    assert einvoice.read(tmp_path / "a.pdf") == einvoice.read(UBL)
    report = einvoice.validate(tmp_path / "a.pdf")
    assert (report.verdict, report.profile, report.document) == (
        "accepted", "facturx-xrechnung", "xrechnung.xml",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "code", "judged"),
    [
        ("en16931", 0, "facturx-en16931"),
        ("extended", 0, "facturx-extended"),
        ("xrechnung", 0, "facturx-xrechnung"),
        ("basic", 1, "facturx-basic"),
        ("minimum", 1, "facturx-minimum"),
    ],
)
def test_a_given_pdf_takes_the_invoice_in(tmp_path: Path, profile: str, code: int, judged: str) -> None:
    pytest.importorskip("pikepdf")
    out = tmp_path / "a.pdf"
    arguments = ("convert", HYBRID, "--to", "zugferd", "--profile", profile, "-o", str(out))
    assert call(*arguments).code == code
    assert call(*arguments, "--allow-loss").code == 0
    report = einvoice.validate(out)
    assert (report.verdict, report.profile) == ("accepted", judged)


def test_a_second_invoice_in_a_pdf_is_not_lost_in_silence(tmp_path: Path) -> None:
    pikepdf = pytest.importorskip("pikepdf")
    source, out = tmp_path / "two.pdf", tmp_path / "out.pdf"
    with pikepdf.open(HYBRID) as document:
        for name, data in (("xrechnung.xml", Path(CII).read_bytes()), ("notiz.txt", b"hallo")):
            document.attachments[name] = pikepdf.AttachedFileSpec(document, data)
        document.save(source)
    arguments = ("convert", str(source), "--to", "zugferd", "-o", str(out))
    result = call(*arguments)
    assert result.code == 1
    assert "xrechnung.xml" in result.err
    assert "notiz.txt" not in result.err
    assert not out.exists()
    assert call(*arguments, "--allow-loss").code == 0


def test_a_hybrid_needs_a_profile_that_pdfs_have(tmp_path: Path) -> None:
    source = tmp_path / "peppol.xml"
    text = Path(UBL).read_text("utf-8")
    peppol = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    source.write_text(
        text.replace("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", peppol), "utf-8"
    )
    result = call("convert", str(source), "--to", "zugferd", "-o", str(tmp_path / "a.pdf"))
    assert result.code == 2
    assert "--profile" in result.err
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(b"%PDF-1.7 nothing")
    arguments = ("convert", UBL, "--to", "zugferd", "-o", str(tmp_path / "a.pdf"))
    assert call(*arguments, "--pdf", str(damaged)).code == 1
    assert call(*arguments, "--pdf", str(tmp_path / "missing.pdf")).code == 2
    assert not (tmp_path / "a.pdf").exists()


def test_the_form_of_extracted_tables(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.parquet"):
        assert call("extract", UBL, CREDIT, "-o", str(tmp_path / name)).code == 0
        assert (tmp_path / name).read_bytes()[:4] in (b"PK\x03\x04", b"PAR1")
    rows = call("extract", UBL, CREDIT, "--format", "csv", "--table", "invoices").out.splitlines()
    assert sum(line.startswith(str(SAMPLES)) for line in rows) == 2
    assert call("extract", UBL, "--format", "json", "--table", "vat").code == 2
    assert call("extract", UBL, "--format", "xlsx", "--attachments").code == 2
    assert call("extract", UBL, "-o", str(tmp_path / "missing" / "a.xlsx")).code == 2
