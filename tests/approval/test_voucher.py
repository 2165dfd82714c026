"""The Anordnungsbeleg: all that was decided is on it, the same state gives the same bytes, and veraPDF takes it."""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlmodel import select

from einvoice.approval import acts, batches, persons
from einvoice.approval.voucher import Voucher, form, groups
from einvoice.approval.voucher import voucher as gathered
from einvoice.errors import Refused, UsageError
from einvoice.exports.delivery import export
from einvoice.exports.vouchers import voucher
from einvoice.pipeline.evidence.package import bundle
from einvoice.pipeline.workplace import Opened
from einvoice.render import form_html, pdf
from einvoice.store.tables import Act, Invoice
from tests.approval.demo import demo
from tests.parts import needs
from tests.render.verapdf import passed

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with demo(tmp_path) as made:
        yield made


def approved(place: Opened, number: int) -> None:
    acts.confirm(place.store, persons.actor(place.store, CLERK), number)
    acts.authorise(place.store, persons.actor(place.store, HEAD), number)


def said(place: Opened, number: int) -> Voucher:
    with place.store.reading() as session:
        return gathered(session, number)


def text(made: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).replace("\u200b", "").split())


def invented(rows: int = 2, statement: str = "Sachlich richtig.", **values: Any) -> Voucher:
    """A voucher with everything on it, from a frozen row."""
    act = {"time": "2026-03-02T08:15:00.000000Z", "statement": statement, "state_digest": "ab" * 32}
    posting = {
        "account": "5400",
        "product": "11.01",
        "cost_centre": "4711",
        "vat_rate": "19.00",
        "vat": "19.00",
    }
    content: dict[str, Any] = {
        "number": "R-1", "file": "r.xml", "credit": False, "seller": "Muster & Söhne <GmbH>", "currency": "EUR",
        "issue_date": "2026-03-01", "due_date": "2026-03-31", "received": "2026-03-01T23:30:00.000000Z",
        "buyer_reference": "05766999-1", "order_reference": None, "gross": "1190.00", "approved": "1071.00",
        "verdict": "accepted", "release": "kosit-2026-01-31", "sha256": "12" * 32, "delivery_sha256": "34" * 32,
        "state_digest": "56" * 32, "tenant": {"name": "musterlippe", "title": "Stadt Musterlippe"},
        "office": {"code": "66", "name": "Tiefbauamt"},
        "creditor": {"number": "70001", "confirmed": {
            "by": "3", "proposed_by": "2", "at": "2026-02-01T09:00:00.000000Z", "source": "Vertrag vom 01.02.2026",
        }},
        "account": {
            "status": "confirmed", "iban": "DE02120300000000202051", "holder": "Lippe-Factoring AG", "why": ["", ""],
        },
        "claim": {"amount": "1071.00", "currency": "EUR", "due": "2026-03-31", "tiers": [
            {"until": "2026-03-15", "percent": "2.00", "base": "1071.00", "off": "21.42"},
        ]},
        "deductions": [
            {"kind": "cut", "line": "3", "amount": "119.00", "reason": "Mangel an Position 3", "until": None},
        ],
        "postings": [{**posting, "amount": f"{Decimal('1071.00') / rows:.2f}"} for _ in range(rows)],
        "findings": {"warning": ["BR-DE-17", "BR-DE-17"]},
        "acts": [
            {**act, "kind": "confirm-factual", "person": 2, "for": None},
            {**act, "kind": "authorise", "person": 3, "for": 4, "statement": "Zur Zahlung angeordnet."},
        ],
    }  # fmt: skip
    names = {2: "Sabine Sander", 3: "Anton Albers", 4: "Berta Bär"}
    return Voucher(7, {**content, **values}, names)


ON_IT = (
    "Auszahlungsanordnung zu Rechnung R-1", "Stadt Musterlippe", "66 Tiefbauamt", "Muster & Söhne <GmbH>", "70001",
    "01.03.2026", "02.03.2026 00:30", "31.03.2026", "1.190,00 €", "Kürzung, Position 3", "Mangel an Position 3",
    "-119,00 €", "1.071,00 €", "Skonto bei Zahlung bis 15.03.2026", "2,00 % von 1.071,00 €", "Lippe-Factoring AG",
    "DE02 1203 0000 0000 2020 51", "Sabine Sander + Anton Albers: Vertrag vom 01.02.2026", "11.01", "4711",
    "Sachlich richtig", "Anton Albers, in Vertretung für Berta Bär", "02.03.2026 09:15", "angenommen", "2: BR-DE-17",
    groups("56" * 32), groups("12" * 32), groups("34" * 32),
)  # fmt: skip


@pytest.mark.parametrize("kind", ["html", "txt", "pdf"])
def test_all_that_was_decided_is_on_it(kind: str) -> None:
    shown = form(invented())
    page = {
        "html": lambda: _unmarked(form_html.page(shown)),
        "txt": lambda: form_html.written(shown),
        "pdf": lambda: text(pdf.form(shown)),
    }[kind]()
    flat = " ".join(page.replace("\xa0", " ").split())
    assert [one for one in ON_IT if one not in flat] == []


def _unmarked(page: str) -> str:
    import html
    import re

    return html.unescape(re.sub(r"</?(?:bdi|b|p|span)\b[^>]*>", "", page))


def test_the_same_state_gives_the_same_bytes_and_another_state_others(place: Opened) -> None:
    approved(place, 1)
    with place.store.reading() as session:
        first, again = (voucher(session, 1) for _ in range(2))
        assert first == again
        assert first.name == "DEMO_musterlippe_beleg_1.pdf"
    acts.note(place.store, persons.actor(place.store, CLERK), 1, "eine Notiz ändert nichts")
    with place.store.reading() as session:
        assert voucher(session, 1) == first
    with place.store.writing(1) as work:
        act = work.session.exec(select(Act).where(Act.kind == "authorise")).one()
        act.statement = "anders"
        work.session.add(act)
        work.event("tampered", act)
    with place.store.reading() as session:
        assert voucher(session, 1) != first


def test_what_an_export_takes_is_what_the_frozen_row_says(place: Opened, tmp_path: Path) -> None:
    approved(place, 1)
    with place.store.reading() as session:
        alone = voucher(session, 1).data
    cash = persons.actor(place.store, CASH)
    number = batches.build(place.store, cash, "musterlippe")
    batches.close(place.store, cash, number)
    (path,) = export(place.store, place.archive, cash, number, "vouchers", tmp_path / "out")
    assert path.name.endswith("-0001_beleg_0001.pdf")
    assert path.read_bytes() == alone


def test_it_goes_into_the_evidence(place: Opened, tmp_path: Path) -> None:
    approved(place, 1)
    bundle(place, 1, tmp_path / "bundle")
    with place.store.reading() as session:
        wanted = voucher(session, 1).data
    assert (tmp_path / "bundle" / "vouchers" / "1.pdf").read_bytes() == wanted
    assert "vouchers/1.pdf" in (tmp_path / "bundle" / "SHA256SUMS").read_text()


def test_marks_and_words(place: Opened) -> None:
    assert form(said(place, 1)).mark == "DEMO"
    assert form(invented()).mark == ""
    assert form(invented(acts=[])).mark == "ENTWURF"
    assert form(invented(acts=[]), "en").mark == "DRAFT"
    assert form(invented(credit=True)).title.startswith("Annahmeanordnung")
    with place.store.reading() as session, pytest.raises(Refused):
        gathered(session, 99)
    with place.store.reading() as session:
        waiting = session.exec(select(Invoice.id).where(Invoice.state == "unrouted")).first()
        with pytest.raises(Refused):
            gathered(session, waiting or 0)


def test_one_page_unless_there_is_much_to_say() -> None:
    assert len(pypdf.PdfReader(io.BytesIO(pdf.form(form(invented())))).pages) == 1
    long = pdf.form(form(invented(60, "Sehr lang. " * 200)))
    pages = pypdf.PdfReader(io.BytesIO(long)).pages
    assert len(pages) > 1
    assert all(f"Seite {n} von {len(pages)}" in text(long) for n in range(1, len(pages) + 1))
    assert sum("Sachkonto" in page.extract_text() for page in pages) > 1, "the heads of a table are repeated"


def test_what_a_voucher_says_is_text() -> None:
    hostile = "#strong[x] $x$ <script>alert(1)</script> \u202eabc 中"
    page = form_html.page(form(invented(seller=hostile)))
    assert "<script" not in page
    assert "⟨U+202E⟩" in page
    assert "#strong[x] $x$" in text(pdf.form(form(invented(seller=hostile))))


def test_without_typst_it_is_a_page(place: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    with place.store.reading() as session:
        assert voucher(session, 1).name.endswith(".html")
        with pytest.raises(UsageError, match=r"einvoice-pipeline\[pdf\]"):
            voucher(session, 1, kind="pdf")


@needs("java")
@needs("maven")
@needs("time")
def test_verapdf_takes_it(tmp_path: Path) -> None:
    kinds = {
        "plain": invented(),
        "draft": invented(acts=[]),
        "long": invented(60, "Sehr lang. " * 200),
        "hostile": invented(seller="\u202e中 #x"),
    }
    for name, one in kinds.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf.form(form(one)))
    assert passed(tmp_path, len(kinds))
