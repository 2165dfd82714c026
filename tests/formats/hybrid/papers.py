"""Invoices of every hybrid profile, and pages to put them into."""

import functools
import io
from typing import Literal

import typst
from lxml import etree
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from tests.parts import ROOT
from tests.rulebook.facturx.invoice import Change, found, invoice, text, without

ID = "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"
_NOT_IN_BASICWL = ("//ram:IncludedSupplyChainTradeLineItem",)
_NOT_IN_MINIMUM = (
    *_NOT_IN_BASICWL,
    "//ram:BuyerTradeParty/ram:PostalTradeAddress",
    "//ram:ActualDeliverySupplyChainEvent",
    "//ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax",
    "//ram:BillingSpecifiedPeriod",
    "//ram:SpecifiedTradeAllowanceCharge",
    "//ram:SpecifiedTradePaymentTerms",
    "//ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:LineTotalAmount",
    "//ram:AllowanceTotalAmount",
)
PROFILES = {
    "MINIMUM": ("urn:factur-x.eu:1p0:minimum", _NOT_IN_MINIMUM),
    "BASIC WL": ("urn:factur-x.eu:1p0:basicwl", _NOT_IN_BASICWL),
    "BASIC": ("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", ()),
    "EN 16931": ("urn:cen.eu:en16931:2017", ()),
    "EXTENDED": ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", ()),
    "XRECHNUNG": ("", ()),
}
"""Level → BT-24, and what the profile does not have."""


def cii(level: str, *changes: Change) -> bytes:
    """An accepted invoice of a profile, changed."""
    specification, left_out = PROFILES[level]
    if not specification:
        return (ROOT / "samples" / "03-cii.xml").read_bytes()
    root = invoice("en16931", text(ID, specification), *map(without, left_out), *changes)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def lines(level: str) -> tuple[str, ...]:
    """What a picture of that invoice shows."""
    root = etree.fromstring(cii(level))
    shown = {
        "Rechnungsnummer": "//rsm:ExchangedDocument/ram:ID",
        "Gesamtbetrag": "//ram:GrandTotalAmount",
    }
    day = found(root, "//rsm:ExchangedDocument//udt:DateTimeString").text or ""
    return (
        f"Rechnungsdatum: {day[6:]}.{day[4:6]}.{day[:4]}",
        *(f"{label}: {found(root, path).text}" for label, path in shown.items()),
    )


@functools.cache
def page(*shown: str, standard: Literal["a-3b", "a-3a", "a-2b", "1.7"] = "a-3b") -> bytes:
    """A page of text; standard 1.7: no PDF/A."""
    source = '#set document(title: "Rechnung")\n' + "\n\n".join(f"#{_quoted(one)}" for one in shown)
    return typst.compile(source.encode(), format="pdf", timestamp=1_772_000_000, pdf_standards=standard)


def _quoted(text_: str) -> str:
    escaped = text_.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encrypted(pdf: bytes, password: str) -> bytes:
    """The PDF behind a user's password ("": anyone may open it)."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt(password, owner_password="eigner")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def unembedded() -> bytes:
    """A PDF whose font is not in it, as old software writes them."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    sheet = writer.add_blank_page(595, 842)
    sheet[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()
