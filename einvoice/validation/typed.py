"""The verdict on a delivery and the typed invoices in it: what the one has found out, the other need not ask."""

from lxml import etree

from einvoice.errors import NotAnInvoice, Unchecked
from einvoice.formats import xml
from einvoice.formats.along import Reading
from einvoice.formats.opening import is_plain, open_safely
from einvoice.formats.understanding import invoice_of
from einvoice.model.invoice import Invoice
from einvoice.model.listing import Going
from einvoice.validation.batch import examine_bytes
from einvoice.validation.deliveries import Look
from einvoice.validation.options import Options
from einvoice.validation.report import Report


def validate_and_read(data: bytes, name: str, options: Options) -> list[tuple[Report, Invoice | None]]:
    """The report on each invoice of a delivery, in its own order, and the invoice; None where there is none to read.

    Containers and big XML are opened and judged in a limited process; the XML that comes out is read here.
    """
    found = examine_bytes(data, name, options, look=_LOOK)
    if is_plain(data):
        return [(one.report, one.looked) for one in found]
    read = _opened(data, name, options)
    return [(one.report, read.get(one.report.document)) for one in found]


def _opened(data: bytes, name: str, options: Options) -> dict[str | None, Invoice | None]:
    """The invoices of a container, by their paths within it."""
    try:
        documents = open_safely(data, name, options.seconds(len(data)), options.limit_memory).documents
    except Unchecked:
        return {}
    return {document.path: _parsed(document.data) for document in documents}


def _parsed(data: bytes) -> Invoice | None:
    try:
        return _read(xml.parse(data), None)
    except xml.Refused:
        return None


def _read(root: etree._Element, walked: Going | None) -> Invoice | None:
    try:
        return invoice_of(root, walked)
    except NotAnInvoice:
        return None


_LOOK = Look(_read, Reading)
