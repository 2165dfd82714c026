"""`einvoice extract` and `schema`: the contract's shape, and what cannot be read does not stop the others."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from tests.interfaces.calls import call
from tests.parts import ROOT

SAMPLES = ROOT / "samples"


def test_a_line_for_each_document(tmp_path: Path) -> None:
    result = call("extract", str(SAMPLES / "04-zugferd.pdf"), str(SAMPLES / "06-sammlung.zip"))
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert (result.code, result.err) == (0, "")
    assert [line["document"] for line in lines] == ["factur-x.xml", "B-7001.xml", "B-7002.xml"]
    assert list(lines[0]) == ["file", "document", "sha256", "source", "invoice"]
    assert lines[0]["source"] == {
        "syntax": "cii",
        "container": "pdf",
        "specification": "urn:cen.eu:en16931:2017",
        "profile": "facturx-en16931",
        "further": [],
    }
    assert lines[1]["source"]["container"] == "zip"
    assert lines[1]["invoice"]["number"] == "B-7001"


def test_the_form_follows_the_name_of_the_file(tmp_path: Path) -> None:
    one = str(SAMPLES / "01-skonto.xml")
    for name in ("a.json", "a.jsonl", "a.csv"):
        assert call("extract", one, "-o", str(tmp_path / name)).out == ""
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))[0]["invoice"]["number"] == "RE-2026-0815"
    assert json.loads((tmp_path / "a.jsonl").read_text("utf-8"))["document"] is None
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode("utf-8"), newline="")))
    assert len(rows) == len(json.loads((tmp_path / "a.jsonl").read_text("utf-8"))["invoice"]["lines"])
    assert {row["number"] for row in rows} == {"RE-2026-0815"}


def test_standard_input() -> None:
    result = call("extract", "-", stdin=(SAMPLES / "03-cii.xml").read_bytes())
    assert json.loads(result.out)["file"] == "-"


def test_what_is_no_invoice_is_named_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a")
    (tmp_path / "b.xml").write_text("<b/>")
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.7 nothing else")
    (tmp_path / "d.xml").write_bytes((SAMPLES / "01-skonto.xml").read_bytes())
    result = call("extract", str(tmp_path))
    assert result.code == 1
    assert [json.loads(line)["file"] for line in result.out.splitlines()] == [str(tmp_path / "d.xml")]
    named = [line.partition(": ")[2] for line in result.err.splitlines()]
    assert [
        line.startswith(str(tmp_path / name))
        for line, name in zip(named, ("a.xml", "b.xml", "c.pdf"), strict=True)
    ]
    assert "Traceback" not in result.err


def test_what_cannot_be_opened_wins_and_ends_with_3(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.xml")
    (tmp_path / "b.xml").write_text("<b")
    result = call("extract", str(tmp_path), "--format", "json")
    assert result.code == 3
    assert json.loads(result.out) == []
    assert len(result.err.splitlines()) == 2


def test_an_empty_folder_is_nothing_to_do(tmp_path: Path) -> None:
    result = call("extract", str(tmp_path))
    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_data_do_not_depend_on_the_language(lang: str) -> None:
    result = call("extract", str(SAMPLES / "02-gutschrift.xml"), lang=lang)
    assert json.loads(result.out)["invoice"]["number"] == "GS-2026-0031"


def test_the_schema_names_every_field_that_is_extracted() -> None:
    schema = json.loads(call("schema").out)
    said = json.loads(call("extract", str(SAMPLES / "01-skonto.xml")).out)["invoice"]
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(said) <= set(schema["properties"])
    assert schema["properties"]["number"]["x-term"] == "BT-1"
