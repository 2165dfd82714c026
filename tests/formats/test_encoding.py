"""XML in every legal encoding reads the same; a declaration that lies is told precisely (verdicts are Xerces's)."""

import codecs

import pytest

import einvoice
from einvoice.formats import xml
from tests.samples import FOLDER

SAMPLE = (FOLDER / "01-skonto.xml").read_text("utf-8").partition("?>")[2]


def declared(encoding: str, text: str = "<a>Größe – 5 €</a>") -> str:
    """A document that declares an encoding."""
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'


READ = {
    "UTF-8": declared("UTF-8").encode(),
    "UTF-8 with mark": codecs.BOM_UTF8 + declared("UTF-8").encode(),
    "UTF-16 little": codecs.BOM_UTF16_LE + declared("UTF-16").encode("utf-16-le"),
    "UTF-16 big": codecs.BOM_UTF16_BE + declared("UTF-16").encode("utf-16-be"),
    "UTF-16 without mark": declared("UTF-16").encode("utf-16-be"),
    "UTF-16 named": declared("UTF-16LE").encode("utf-16-le"),
    "UTF-16, nothing declared": codecs.BOM_UTF16_LE + "<a>Größe – 5 €</a>".encode("utf-16-le"),
    "windows-1252": declared("windows-1252").encode("cp1252"),
    "ISO-8859-15": declared("ISO-8859-15", "<a>Größe – 5 €</a>".replace("–", "&#8211;")).encode(
        "iso-8859-15"
    ),
}
REFUSED = {
    "Latin in UTF-8": (declared("UTF-8").encode("cp1252"), "bytes", "0xF6"),
    "Latin, nothing declared": ("<a>ß</a>".encode("latin-1"), "bytes", "0xDF"),
    "Latin in ASCII": (declared("US-ASCII").encode("cp1252"), "bytes", "0xF6"),
    "overlong UTF-8": (declared("UTF-8", "<a>").encode() + b"\xc0\xbc</a>", "bytes", "0xC0"),
    "a surrogate": (declared("UTF-8", "<a>").encode() + b"\xed\xa0\x80</a>", "bytes", "0xED"),
    "UTF-16 that says UTF-8": (declared("UTF-8").encode("utf-16"), "mismatch", "UTF-16"),
    "UTF-8 that says UTF-16": (declared("UTF-16").encode(), "mismatch", "UTF-16"),
    "UTF-16, no mark, nothing declared": ("<a/>".encode("utf-16-le"), "encoding", "UTF-16"),
    "UTF-32": (declared("UTF-32").encode("utf-32"), "encoding", "UTF-32"),
    "UTF-7": (declared("UTF-7").encode("utf-7"), "encoding", "UTF-7"),
    "EBCDIC": (declared("IBM037", "<a/>").encode("cp037"), "encoding", "EBCDIC"),
    "unknown": (declared("x-klingon", "<a/>").encode(), "encoding", "x-klingon"),
}


@pytest.mark.parametrize("name", READ)
def test_every_legal_encoding_reads_the_same(name: str) -> None:
    assert xml.parse(READ[name]).text == "Größe – 5 €"


@pytest.mark.parametrize("name", REFUSED)
def test_a_lie_about_the_encoding_is_told(name: str) -> None:
    data, why, says = REFUSED[name]
    with pytest.raises(xml.Refused) as refused:
        xml.parse(data)
    problem = refused.value.problem
    assert (problem.rule, problem.values["why"]) == ("EI-XML", why)
    assert any(says in value for value in problem.values.values())


def test_the_line_of_a_wrong_byte_is_told() -> None:
    data = declared("UTF-8", "<a>\n\n<b>ü</b></a>").encode("latin-1")
    (finding,) = einvoice.validate(data).findings
    assert (finding.rule, finding.line) == ("EI-XML", 3)
    assert "0xFC" in finding.message


def test_utf8_declared_as_latin_is_advice_and_no_more() -> None:
    report = einvoice.validate(declared("ISO-8859-1", SAMPLE).encode("utf-8"))
    assert report.verdict == "accepted"
    assert [finding.rule for finding in report.findings if finding.cls == "advice"] == ["EI-ENCODING"]


@pytest.mark.parametrize("encoding", ["UTF-16", "ISO-8859-1"])
def test_an_invoice_in_another_encoding_is_accepted(encoding: str) -> None:
    written = declared(encoding, SAMPLE).encode(encoding, "xmlcharrefreplace")
    report = einvoice.validate(written)
    assert (report.verdict, report.findings) == ("accepted", [])
