"""From a parsed document to the public Invoice."""

from lxml import etree

from einvoice.formats.along import Reading
from einvoice.formats.direct import read_plainly
from einvoice.formats.directing import Table
from einvoice.formats.further import Further
from einvoice.formats.reading import read
from einvoice.model.invoice import FurtherDetail, Invoice
from einvoice.model.listing import Going
from einvoice.model.mapping import table_of


def invoice_of(root: etree._Element, walked: Going | None = None) -> Invoice:
    """The invoice that a UBL or CII document states, with what no term holds; `walked`: the walk that judged it.

    Raises NotAnInvoice for other roots.
    """
    plain = walked.result if isinstance(walked, Reading) else read_plainly(root)
    return invoice_of_any(root) if plain is None else _typed(*plain)


def invoice_of_any(root: etree._Element) -> Invoice:
    """The same the long way, which takes everything as it stands."""
    reading = read(root)
    return _typed(table_of(reading.content()), reading.further)


def _typed(table: Table, further: list[Further]) -> Invoice:
    return Invoice.from_table(table, [FurtherDetail(path=one.path, text=one.text) for one in further])
