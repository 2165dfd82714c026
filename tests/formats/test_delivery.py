# ruff: noqa: E501  (a table of cases reads best one case per line)
"""Deliveries of every kind: what is an invoice, what an attachment, what cannot be had; hostile ones stay small."""

import base64
import io
import zipfile
import zlib
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.formats.delivery import Delivery, Limits, open_delivery, sniff
from einvoice.formats.opening import received

UBL = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID></Invoice>'
CII = b'<a:CrossIndustryInvoice xmlns:a="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
OTHER = b"<metadata/>"


def pdf(*files: tuple[str, bytes], password: str | None = None) -> bytes:
    """A one-page PDF with embedded files."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    for name, data in files:
        writer.add_attachment(name, data)
    if password is not None:
        writer.encrypt(password)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def zipped(*files: tuple[str, bytes]) -> bytes:
    """A zip with entries in the given order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return stream.getvalue()


def mail(*files: tuple[str, bytes], text: str = "Guten Tag") -> bytes:
    """A mail with attachments."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Rechnung"
    message.set_content(text)
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def envelope(payload: bytes) -> bytes:
    """An SBDH envelope."""
    name = b"http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    head = b'<s:StandardBusinessDocument xmlns:s="' + name + b'"><s:StandardBusinessDocumentHeader/>'
    return head + payload + b"</s:StandardBusinessDocument>"


def outcome(delivery: Delivery) -> tuple[str, list[str | None], list[str], list[tuple[str, str]]]:
    """Container, documents, attachments and why not."""
    problems = [*delivery.problems, *(p for document in delivery.documents for p in document.problems)]
    return (
        delivery.container,
        [document.path for document in delivery.documents],
        [attachment.name for attachment in delivery.attachments],
        [(problem.rule, problem.values.get("why", "")) for problem in problems],
    )


CASES = {
    "plain xml": (UBL, ("xml", [None], [], [])),
    "anything is taken for xml": (b"hello", ("xml", [None], [], [])),
    "empty": (b"", ("xml", [None], [], [])),
    "pdf": (pdf(("factur-x.xml", CII)), ("pdf", ["factur-x.xml"], [], [])),
    "pdf, name in any case": (pdf(("ZUGFeRD-invoice.xml", CII)), ("pdf", ["ZUGFeRD-invoice.xml"], [], [])),
    "pdf, unknown name, known root": (pdf(("daten.xml", UBL)), ("pdf", ["daten.xml"], [], [])),
    "pdf, an attachment beside": (pdf(("factur-x.xml", CII), ("plan.txt", b"x")), ("pdf", ["factur-x.xml"], ["plan.txt"], [])),
    "pdf, two candidates": (
        pdf(("xrechnung.xml", UBL), ("factur-x.xml", CII)),
        ("pdf", ["factur-x.xml"], ["xrechnung.xml"], [("EI-PDF-AMBIGUOUS", "")]),
    ),
    "pdf, two under unknown names": (pdf(("a.xml", UBL), ("b.xml", CII)), ("pdf", [], ["a.xml", "b.xml"], [("EI-NOINVOICE", "several")])),
    "pdf without files": (pdf(), ("pdf", [], [], [("EI-NOINVOICE", "empty")])),
    "pdf with other files": (pdf(("plan.txt", b"x")), ("pdf", [], ["plan.txt"], [("EI-NOINVOICE", "files")])),
    "pdf with a password": (pdf(("factur-x.xml", CII), password="geheim"), ("pdf", [], [], [("EI-NOINVOICE", "encrypted")])),
    "pdf, empty password": (pdf(("factur-x.xml", CII), password=""), ("pdf", ["factur-x.xml"], [], [])),
    "pdf cut off": (pdf(("factur-x.xml", CII))[:300], ("pdf", [], [], [("EI-NOINVOICE", "damaged")])),
    "zip": (zipped(("b.xml", UBL), ("a.xml", CII), ("lies.txt", b"x"), ("m.xml", OTHER)), ("zip", ["b.xml", "a.xml"], ["lies.txt", "m.xml"], [])),
    "zip with a broken xml": (zipped(("a.xml", b"<Invoice>")), ("zip", ["a.xml"], [], [])),
    "zip in zip": (zipped(("in.zip", zipped(("a.xml", UBL)))), ("zip", ["in.zip!/a.xml"], [], [])),
    "zip with a pdf without invoice": (zipped(("a.pdf", pdf()), ("a.xml", UBL)), ("zip", ["a.xml"], ["a.pdf"], [])),
    "zip of nothing": (zipped(), ("zip", [], [], [("EI-NOINVOICE", "none")])),
    "zip cut off": (zipped(("a.xml", UBL))[:40], ("zip", [], [], [("EI-NOINVOICE", "damaged")])),
    "zip slip is a name only": (zipped(("../../etc/a.xml", UBL)), ("zip", ["../../etc/a.xml"], [], [])),
    "mail": (mail(("re.xml", UBL), ("agb.txt", b"x")), ("eml", ["re.xml"], ["agb.txt"], [])),
    "mail with a pdf": (mail(("re.pdf", pdf(("factur-x.xml", CII)))), ("eml", ["re.pdf!/factur-x.xml"], [], [])),
    "mail in mail": (mail(("weiter.eml", mail(("re.xml", UBL)))), ("eml", ["weiter.eml!/re.xml"], [], [])),
    "mail, files of one name": (
        mail(("re.pdf", pdf(("factur-x.xml", CII))), ("re.xml", UBL), ("re (2).xml", UBL), ("re.xml", CII), ("re.pdf", pdf(("factur-x.xml", CII)))),
        ("eml", ["re.pdf!/factur-x.xml", "re.xml", "re (2).xml", "re (3).xml", "re.pdf!/factur-x (2).xml"], [], []),
    ),
    "mail without": (mail(), ("eml", [], [], [("EI-NOINVOICE", "none")])),
    "sbdh": (envelope(UBL), ("sbdh", ["Invoice"], [], [])),
    "sbdh, other payload": (envelope(OTHER), ("sbdh", [], ["metadata"], [("EI-NOINVOICE", "files")])),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_delivery_is_opened(name: str) -> None:
    data, expected = CASES[name]
    assert outcome(open_delivery(data, "datei.eml" if expected[0] == "eml" else "datei")) == expected


def test_bytes_come_out_as_they_went_in() -> None:
    for data in (pdf(("factur-x.xml", CII)), zipped(("a.xml", CII)), mail(("a.xml", CII))):
        assert open_delivery(data, "a.eml").documents[0].data == CII


def test_of_files_of_one_name_each_is_had_by_its_path() -> None:
    data = mail(("re.xml", UBL), ("re.xml", CII), ("ohne.v2/re", UBL))
    documents = open_delivery(data, "a.eml").documents
    assert [received(data, "a.eml", one.path, 10.0) for one in documents] == [UBL, CII, UBL]


def test_an_encrypted_entry_is_a_line_of_its_own() -> None:
    data = bytearray(zipped(("a.xml", UBL), ("b.xml", UBL)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert outcome(open_delivery(bytes(data)))[1:] == (["a.xml", "b.xml"], [], [("EI-FILE", "encrypted")])


SMALL = Limits(bytes_in=2_000_000, bytes_out=1_000_000, entries=50, depth=3)
HOSTILE = {
    "zip bomb": zipped(("a.xml", b"0" * 5_000_000)),
    "pdf bomb": pdf(("factur-x.xml", b" " * 5_000_000)),
    "many entries": zipped(*((f"{n}.txt", b"") for n in range(60))),
    "deep": zipped(("z", zipped(("z", zipped(("z", zipped(("z", zipped(("a.xml", UBL)))))))))),
    "large": b"<a>" + b" " * 2_000_000,
    "mail bomb": mail(*((f"{n}.txt", b"x") for n in range(60))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_past_a_limit_nothing_is_half_opened(name: str) -> None:
    delivery = open_delivery(HOSTILE[name], "m.eml" if name.startswith("mail") else "", SMALL)
    assert not delivery.documents
    assert [(problem.rule, problem.values["why"]) for problem in delivery.problems] == [("EI-FILE", "limit")]


def test_loops_in_a_name_tree_end() -> None:
    data = pdf(("factur-x.xml", CII)).replace(b"/Names [", b"/Kids [")
    assert open_delivery(data).container == "pdf"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["pdf", "zip", "eml", "sbdh"]), st.data())
def test_damage_never_raises(kind: str, data: st.DataObject) -> None:
    whole = {
        "pdf": pdf(("factur-x.xml", CII)),
        "zip": zipped(("a.xml", UBL)),
        "eml": mail(("a.xml", UBL)),
        "sbdh": envelope(UBL),
    }[kind]
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(0, len(broken)))])
    delivery = open_delivery(cut, "a.eml", SMALL)
    assert delivery.documents or delivery.problems


def test_kinds_are_told_by_content() -> None:
    assert sniff(b"\xef\xbb\xbf<a/>") == "xml"
    assert sniff("<a/>".encode("utf-16")) == "xml"
    assert sniff(b"<a>%PDF-1.7</a>") == "xml"
    assert sniff(b"Received: from x\r\nSubject: y\r\n\r\n") == "eml"
    assert sniff(base64.b64encode(UBL)) == "xml"
    assert sniff(zlib.compress(UBL)) == "xml"
