"""The PDF: PDF/A-3a to veraPDF, the same bytes each time, all text in it, in bounds for a thousand lines."""

import io
import re
import time
from pathlib import Path

import pikepdf
import pypdf
import pytest

from einvoice.errors import UsageError
from einvoice.formats import xml
from einvoice.formats.reading import read
from einvoice.render import pdf
from tests.parts import needs, rounds
from tests.render.pages import SAMPLES, hostile, sheet_of
from tests.render.verapdf import passed

LINE = re.compile(r"<cac:InvoiceLine>.*?</cac:InvoiceLine>", re.DOTALL)


def lines(count: int) -> bytes:
    """A sample with `count` lines that say much."""
    sample = (SAMPLES / "08-falsche-summe.xml").read_text("utf-8")
    first = LINE.findall(sample)[0]
    many = "".join(re.sub(r"<cbc:ID>[^<]*", f"<cbc:ID>{n}", first, count=1) for n in range(1, count + 1))
    start = sample.index(first)
    return (sample[:start] + many + LINE.sub("", sample[start:])).encode()


def _text(made: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).replace("\u200b", "").split())


def test_what_the_page_says_is_in_the_pdf_with_its_pages_numbered() -> None:
    sheet = sheet_of(SAMPLES / "08-falsche-summe.xml")
    made = pdf.typeset(sheet)
    said = _text(made)
    for entry in [entry for section in sheet.sections for entry in section.entries if len(entry.value) < 28]:
        assert " ".join(entry.value.split()) in said, entry
    count = len(pypdf.PdfReader(io.BytesIO(made)).pages)
    assert all(f"Seite {n} von {count}" in said for n in range(1, count + 1))


def test_title_language_bookmarks_tags_and_embedded_fonts() -> None:
    with pikepdf.open(io.BytesIO(pdf.typeset(sheet_of(SAMPLES / "03-cii.xml", "en")))) as made:
        assert str(made.Root.Lang) == "en"
        assert bool(made.Root.MarkInfo.Marked)
        assert "Commercial invoice" in str(made.docinfo["/Title"])
        with made.open_outline() as outline:
            assert [item.title for item in outline.root[0].children][:3] == ["Invoice", "Seller", "Buyer"]
        for page in made.pages:
            for font in page.resources.get("/Font", {}).values():
                descriptor = font.get("/DescendantFonts", [font])[0].FontDescriptor
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor.keys())


def test_the_same_invoice_gives_the_same_bytes_and_its_date() -> None:
    content = read(xml.parse((SAMPLES / "01-skonto.xml").read_bytes())).content()
    made = pdf.page(content)
    assert made == pdf.page(content)
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert str(opened.docinfo["/CreationDate"]).startswith("D:20260302")


def test_text_is_data_and_characters_without_a_font_are_written_out() -> None:
    said = _text(pdf.typeset(sheet_of(hostile())))
    assert "#strong[x] $x$" in said
    assert "[U+4E2D][U+6587] [U+1F600]" in said
    assert "⟨U+202E⟩" in said


def test_three_hundred_full_lines_take_seconds() -> None:
    start = time.monotonic()
    made = pdf.typeset(sheet_of(lines(300)))
    assert time.monotonic() - start < 60
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) > 20


def test_typesetting_has_a_limit_of_time() -> None:
    from einvoice.errors import Unchecked

    with pytest.raises(Unchecked, match="time"):
        pdf.typeset(sheet_of(lines(300)), seconds=0.05)


def test_without_typst_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"einvoice-pipeline\[pdf\]"):
        pdf.typeset(sheet_of(SAMPLES / "01-skonto.xml"))


@needs("java")
@needs("maven")
def test_verapdf_calls_every_kind_of_page_pdf_a_3a(tmp_path: Path) -> None:
    kinds: dict[str, bytes | Path] = {
        "small": SAMPLES / "03-cii.xml",
        "credit-note": SAMPLES / "02-gutschrift.xml",
        "rejected": SAMPLES / "08-falsche-summe.xml",
        "sub-lines": SAMPLES / "11-unterpositionen.xml",
        "hostile": hostile(rounds(2_000, 20_000)),
        "many": lines(rounds(30, 120)),
    }
    for name, source in kinds.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf.typeset(sheet_of(source)))
    assert passed(tmp_path, len(kinds))
