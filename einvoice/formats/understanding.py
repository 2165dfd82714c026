"""From a parsed document to the public Invoice."""

from lxml import etree

from einvoice.formats.direct import table_of_plain
from einvoice.formats.reading import read
from einvoice.model.invoice import FurtherDetail, Invoice


def invoice_of(root: etree._Element) -> Invoice:
    """The invoice that a UBL or CII document states, with what no term holds. Raises NotAnInvoice for other roots."""
    table = table_of_plain(root)
    return Invoice.from_table(table) if table is not None else invoice_of_any(root)


def invoice_of_any(root: etree._Element) -> Invoice:
    """The same the long way, which takes everything as it stands."""
    reading = read(root)
    further = [FurtherDetail(path=one.path, text=one.text) for one in reading.further]
    return Invoice.from_content(reading.content(), further)
