"""From a parsed document to the public Invoice."""

from lxml import etree

from einvoice.formats.direct import read_plainly
from einvoice.formats.directing import Table
from einvoice.formats.further import Further
from einvoice.formats.reading import read
from einvoice.model.invoice import FurtherDetail, Invoice
from einvoice.model.listing import Listing
from einvoice.model.mapping import table_of


def invoice_of(root: etree._Element, listing: Listing | None = None) -> Invoice:
    """The invoice that a UBL or CII document states, with what no term holds; `listing`: as a verdict's look gets it.

    Raises NotAnInvoice for other roots.
    """
    plain = read_plainly(root, listing)
    return invoice_of_any(root) if plain is None else _typed(*plain)


def invoice_of_any(root: etree._Element) -> Invoice:
    """The same the long way, which takes everything as it stands."""
    reading = read(root)
    return _typed(table_of(reading.content()), reading.further)


def _typed(table: Table, further: list[Further]) -> Invoice:
    return Invoice.from_table(table, [FurtherDetail(path=one.path, text=one.text) for one in further])
