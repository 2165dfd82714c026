"""From a parsed document to the public Invoice."""

from lxml import etree

from einvoice.formats.reading import read
from einvoice.model.invoice import FurtherDetail, Invoice


def invoice_of(root: etree._Element) -> Invoice:
    """The invoice that a UBL or CII document states, with what no term holds. Raises NotAnInvoice for other roots."""
    reading = read(root)
    further = [FurtherDetail(path=one.path, text=one.text) for one in reading.further]
    return Invoice.from_content(reading.content(), further)
