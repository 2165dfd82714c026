"""Invoices of one supplier to Musterlippe, small and all different, made from a sample."""

from datetime import date, timedelta

from tests.parts import ROOT

SAMPLES = ROOT / "samples"
IBAN, ANOTHER = "DE19499999600123456789", "DE02120300000000202051"
"""The account the supplier has always had, and one that nobody knows."""

_TEXT = (SAMPLES / "10-unbekannte-leitweg-id.xml").read_text("utf-8")


def bill(number: str, hundreds: int, *changes: tuple[str, str], town: str = "05766999-AMT-66") -> str:
    """An invoice of so many hundred euros net, 19 % VAT, as UBL; changes: further texts replaced (old, new)."""
    said = (
        ("RE-2026-0952", number),
        ("09999-X-17", town),
        ("250.00", f"{100 * hundreds}.00"),
        ("47.50", f"{19 * hundreds}.00"),
        ("297.50", f"{119 * hundreds}.00"),
    )
    text = _TEXT
    for old, new in (*said, *changes):
        assert old in text, old
        text = text.replace(old, new)
    return text


ATTACHED = (
    "<cac:AdditionalDocumentReference><cbc:ID>LS-1</cbc:ID><cac:Attachment>"
    '<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="schein.pdf">'
    "JVBERi0xLjQK</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
)


def attached(text: str) -> str:
    """With a delivery note in it."""
    return text.replace("</cbc:BuyerReference>", f"</cbc:BuyerReference>{ATTACHED}", 1)


def with_skonto(text: str, last: date) -> str:
    """With a discount of 2 % for payment within 14 days, of which this day is the last."""
    terms = "<cac:PaymentTerms><cbc:Note>#SKONTO#TAGE=14#PROZENT=2.00#\n</cbc:Note></cac:PaymentTerms>"
    issued, due = last - timedelta(14), last + timedelta(16)
    text = text.replace("2026-03-02", f"{issued}").replace("2026-04-01", f"{due}")
    return text.replace("</cac:PaymentMeans>", f"</cac:PaymentMeans>{terms}", 1)


def long_bill(number: str, lines: int) -> str:
    """An invoice with so many hundred lines, of one euro each."""
    text = bill(number, lines)
    begin, end = text.index("<cac:InvoiceLine>"), text.index("</Invoice>")
    line = text[begin:end].replace(f"{100 * lines}.00", "1.00")
    each = (line.replace("<cbc:ID>1</cbc:ID>", f"<cbc:ID>{n}</cbc:ID>", 1) for n in range(1, 100 * lines + 1))
    return text[:begin] + "".join(each) + text[end:]


def credit_note() -> str:
    """A credit note of the same supplier (GS-2026-0031)."""
    return (
        (SAMPLES / "02-gutschrift.xml").read_text("utf-8").replace("05758998-RATHAUS-77", "05766999-AMT-66")
    )
