"""The batch sheet: what stands on the one page, the same each time, in both languages, as text, HTML and PDF."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from einvoice.exports.closed import Closed
from einvoice.exports.sheet import sheet, short_groups
from einvoice.render import form_html, pdf
from einvoice.store.tables import Export
from tests.exports.rows import closed, posting, row

ACTS = [
    {"kind": "confirm-factual", "person": 3, "for": None, "time": "2026-11-20T08:00:00.000000Z"},
    {"kind": "authorise", "person": 4, "for": None, "time": "2026-11-20T09:00:00.000000Z"},
]


def batch(count: int = 3, demo: bool = False) -> Closed:
    made = closed(
        [
            row(
                n,
                [posting("119.00"), posting("10.70", vat_rate="7")],
                seller=f"Lieferant {n} GmbH & Co. KG <{n}>",
                acts=ACTS,
            )
            for n in range(1, count + 1)
        ],
        demo=demo,
    )
    return replace(made, persons={**made.persons, 3: "Sabine Sander", 4: "Anton Albers"})


def exports() -> list[Export]:
    return [
        Export(
            tenant_id=1, batch_id=1, made="2026-11-25T10:12:00.000000Z", made_by=1, target="archive",
            format="csv", name="musterlippe_2026-0007.csv", sha256="ab12" * 16, size=4711,
        )
    ]  # fmt: skip


def test_the_page_says_what_the_cash_office_compares() -> None:
    text = form_html.written(sheet(batch(), exports(), "de"))
    digest = short_groups(batch().batch.digest or "")
    for said in (
        "Zahlungsstapel 2026-0007", "Stadt Musterlippe", "389,10 €", "S 19 %", "300,00", "57,00", "357,00", "32,10",
        "Lieferant 2 GmbH & Co. KG <2>", "Sabine Sander", "Anton Albers", "sachlich richtig", "angeordnet",
        "musterlippe_2026-0007.csv", short_groups("ab12" * 16), digest, "Karin Kruse", "25.11.2026 11:11",
    ):  # fmt: skip
        assert said in text, said
    assert text == form_html.written(sheet(batch(), exports(), "de"))
    english = form_html.written(sheet(batch(), [], "en"))
    assert "Not exported yet." in english
    assert "Summen" not in english


def test_hostile_names_are_text_in_html() -> None:
    page = form_html.page(sheet(batch(), exports(), "de"))
    assert "&lt;2&gt;" in page
    assert "<2>" not in page


@pytest.mark.parametrize(("count", "demo"), [(3, False), (60, True)])
def test_the_pdf_is_one_page_and_the_same_bytes_each_time(count: int, demo: bool) -> None:
    shown = sheet(batch(count, demo), exports(), "de")
    made = pdf.form(shown)
    assert made == pdf.form(shown)
    pages = PdfReader(io.BytesIO(made)).pages
    assert len(pages) == 1
    assert ("DEMO" in pages[0].extract_text()) == demo
    assert ("42 weitere" in pages[0].extract_text()) == (count == 60)
