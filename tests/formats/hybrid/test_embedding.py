"""What we write is a hybrid invoice to others: the factur-x library reads it, veraPDF calls it PDF/A-3."""

import io
from typing import Literal

import facturx
import pikepdf
import pytest

from einvoice.errors import NotEmbedded
from einvoice.formats.delivery import open_delivery
from einvoice.formats.hybrid.embedding import embed
from tests.formats.hybrid.papers import PROFILES, cii, encrypted, lines, page, unembedded
from tests.rulebook.facturx.invoice import text
from tests.samples import FOLDER

RELATIONS = {"MINIMUM": "/Data", "BASIC WL": "/Data"}
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
PAGE = page("Rechnung")


@pytest.mark.parametrize("level", PROFILES)
def test_others_find_what_we_put_in(level: str) -> None:
    data = cii(level)
    made = embed(page(*lines(level)), data)
    name = "xrechnung.xml" if level == "XRECHNUNG" else "factur-x.xml"
    assert (made.level, made.notes) == (level, ())
    assert facturx.get_xml_from_pdf(made.pdf, check_xsd=False, check_schematron=False) == (name, data)
    with pikepdf.open(io.BytesIO(made.pdf)) as document:
        assert document.Root.AF[0].AFRelationship == RELATIONS.get(level, "/Alternative")
        with document.open_metadata() as said:
            assert (said[FX + "ConformanceLevel"], said[FX + "DocumentFileName"]) == (level, name)
            assert said.pdfa_status == "3B"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert embed(PAGE, cii("BASIC")).pdf == embed(PAGE, cii("BASIC")).pdf


def test_other_attachments_stay_and_an_invoice_is_replaced_only_when_asked() -> None:
    first = embed(_with_file(PAGE, "plan.txt", b"Lageplan"), cii("BASIC")).pdf
    with pytest.raises(NotEmbedded, match="already holds an invoice"):
        embed(first, cii("XRECHNUNG"))
    second = embed(first, cii("XRECHNUNG"), replace=True).pdf
    opened = open_delivery(second)
    assert [one.path for one in opened.documents] == ["xrechnung.xml"]
    assert [one.name for one in opened.attachments] == ["plan.txt"]
    assert not opened.documents[0].problems
    assert second.count(b"<pdfaSchema:namespaceURI>urn:factur-x") == 1


def _with_file(pdf: bytes, name: str, data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.attachments[name] = data
        stream = io.BytesIO()
        document.save(stream)
        return stream.getvalue()


def _signed() -> bytes:
    with pikepdf.open(io.BytesIO(PAGE)) as document:
        document.Root.AcroForm = pikepdf.Dictionary(SigFlags=3, Fields=[])
        stream = io.BytesIO()
        document.save(stream)
        return stream.getvalue()


@pytest.mark.parametrize(
    ("pdf", "data", "says"),
    [
        (encrypted(PAGE, "geheim"), cii("BASIC"), "encrypted"),
        (encrypted(PAGE, ""), cii("BASIC"), "encrypted"),
        (_signed(), cii("BASIC"), "sign"),
        (PAGE[:400], cii("BASIC"), "cannot be read"),
        (b"no pdf at all", cii("BASIC"), "cannot be read"),
        (PAGE, (FOLDER / "01-skonto.xml").read_bytes(), "convert"),
        (PAGE, b"<a>", "no readable XML"),
        (PAGE, cii("BASIC", text("//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", "x")), "“x”"),
    ],
)
def test_what_cannot_be_done_is_said(pdf: bytes, data: bytes, says: str) -> None:
    with pytest.raises(NotEmbedded, match=says) as refused:
        embed(pdf, data)
    assert refused.value.said("de") != refused.value.said("en")


@pytest.mark.parametrize(("standard", "says"), [("a-2b", "PDF/A-2B"), ("1.7", "nicht gewiss")])
def test_what_is_not_certain_is_said(standard: Literal["a-2b", "1.7"], says: str) -> None:
    ((german, _),) = embed(page("Rechnung", standard=standard), cii("BASIC")).notes
    assert says in german


def test_fonts_that_are_missing_are_no_pdfa() -> None:
    made = embed(unembedded(), cii("BASIC"))
    assert "Helvetica" in made.notes[0][0]
    assert b"pdfaid" not in made.pdf
