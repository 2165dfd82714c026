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
