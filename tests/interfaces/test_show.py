"""`einvoice show`: one invoice as a person reads it; what cannot be shown is said in a sentence."""

import os
from pathlib import Path

import pytest

from tests.interfaces.calls import call
from tests.parts import ROOT

SAMPLES = ROOT / "samples"


@pytest.mark.parametrize(("lang", "label"), [("de", "Rechnungsnummer"), ("en", "Invoice number")])
def test_an_invoice_is_shown(lang: str, label: str) -> None:
    result = call("show", str(SAMPLES / "01-skonto.xml"), lang=lang)
    assert (result.code, result.err) == (0, "")
    number = [line.split() for line in result.out.splitlines() if line.startswith(f"{label} ")]
    assert [*label.split(), "RE-2026-0815"] in number


def test_one_of_several_has_to_be_named() -> None:
    several = str(SAMPLES / "06-sammlung.zip")
    refused = call("show", several)
    assert (refused.code, refused.out) == (1, "")
    assert "B-7001.xml, B-7002.xml" in refused.err
    assert "--document" in refused.err
    assert "B-7002" in call("show", several, "--document", "B-7002.xml").out
    assert call("show", several, "--document", "B-7003.xml").code == 1


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.xml")
    result = call("show", str(tmp_path / "fifo.xml"))
    assert (result.code, result.out) == (3, "")
    assert "FIFO" in result.err


@pytest.mark.parametrize("content", [b"", b"<a", b"<a/>", b"%PDF-1.7", b"PK\x03\x04"])
def test_what_is_no_invoice_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    result = call("show", str(tmp_path / "x"))
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "Traceback" not in result.err


def test_as_html_into_a_file_in_both_languages(tmp_path: Path) -> None:
    for lang in ("de", "en"):
        page = tmp_path / f"{lang}.html"
        result = call("show", str(SAMPLES / "04-zugferd.pdf"), "--html", "-o", str(page), lang=lang)
        assert (result.code, result.out) == (0, "")
        assert f'<html lang="{lang}">' in page.read_text("utf-8")


def test_the_ending_of_the_file_tells_the_form(tmp_path: Path) -> None:
    sample = str(SAMPLES / "01-skonto.xml")
    assert call("show", sample, "-o", str(tmp_path / "a.html")).code == 0
    assert call("show", sample, "-o", str(tmp_path / "a.pdf")).code == 0
    assert call("show", sample, "-o", str(tmp_path / "a.txt")).code == 0
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "a.txt").read_text("utf-8").startswith("angenommen")


def test_two_forms_and_a_place_that_is_none_are_usage_errors(tmp_path: Path) -> None:
    sample = str(SAMPLES / "01-skonto.xml")
    assert call("show", sample, "--html", "--pdf").code == 2
    assert call("show", sample, "--pdf", "-o", str(tmp_path / "nowhere" / "a.pdf")).code == 2
    assert call("show", sample, "--html", "-o", str(tmp_path)).code == 2


def test_embedded_files_are_saved_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "anlagen"
    result = call("show", str(SAMPLES / "08-falsche-summe.xml"), "--attachments", str(folder))
    assert result.code == 0
    (saved,) = folder.iterdir()
    assert saved.name == "lieferschein.pdf"
    assert str(saved) in result.err


@pytest.mark.parametrize("form", [[], ["--html"]])
def test_what_cannot_be_read_is_shown_with_its_findings(tmp_path: Path, form: list[str]) -> None:
    broken = call("show", str(SAMPLES / "07-abgebrochen.xml"), *form)
    assert broken.code == 1
    assert "EI-XML" in broken.out
    (tmp_path / "order.xml").write_text("<Order xmlns='urn:o'><Number a='b7'>4711</Number></Order>", "utf-8")
    unknown = call("show", str(tmp_path / "order.xml"), *form)
    assert unknown.code == 1
    assert all(said in unknown.out for said in ("4711", "b7", "Number"))


def test_what_breaks_the_schema_is_shown_all_the_same(tmp_path: Path) -> None:
    text = (SAMPLES / "01-skonto.xml").read_text("utf-8")
    (tmp_path / "a.xml").write_text(
        text.replace("2026-03-02</cbc:IssueDate>", "gestern</cbc:IssueDate>"), "utf-8"
    )
    result = call("show", str(tmp_path / "a.xml"))
    assert result.code == 0
    assert "gestern" in result.out
    assert "EI-XSD" in result.out


def test_several_are_pages_in_a_folder_each_as_it_is_alone(tmp_path: Path) -> None:
    good, several, broken = (SAMPLES / n for n in ("01-skonto.xml", "06-sammlung.zip", "07-abgebrochen.xml"))
    paths = [str(good), str(several), str(broken), str(tmp_path / "absent")]
    (tmp_path / "absent").symlink_to(tmp_path / "nowhere")
    result = call("show", *paths, "--html", "-o", str(tmp_path / "pages"), "--jobs", "2", "--isolated")
    assert result.code == 3
    assert [path.name for path in sorted((tmp_path / "pages").iterdir())] == [
        "0001-01-skonto.xml.html",
        "0002-06-sammlung.zip-B-7001.xml.html",
        "0003-06-sammlung.zip-B-7002.xml.html",
        "0004-07-abgebrochen.xml.html",
    ]
    assert call("show", str(good), "-o", str(tmp_path / "alone.html"), "--isolated").code == 0
    alone = (tmp_path / "alone.html").read_bytes()
    assert (tmp_path / "pages" / "0001-01-skonto.xml.html").read_bytes() == alone
    assert call("show", *paths[:2]).code == 2
    assert call("show", *paths[:2], "--html", "-o", str(good)).code == 2
    assert call("show", *paths[:2], "--html", "-o", str(tmp_path), "--document", "x").code == 2
