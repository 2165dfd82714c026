"""The invoice behind a row of a batch, out of the archive: as received, as data, as a page for people."""

from einvoice.errors import NotAnInvoice, Refused
from einvoice.exports.closed import Closed
from einvoice.formats import xml
from einvoice.formats.delivery import sniff
from einvoice.formats.opening import open_safely, received
from einvoice.formats.reading import Reading, read
from einvoice.model.content import Content
from einvoice.store.seals import sha256
from einvoice.store.tables import BatchRow
from einvoice.validation.options import Options

MIMES = {"pdf": "application/pdf", "xml": "application/xml"}


def original(closed: Closed, row: BatchRow) -> tuple[str, bytes]:
    """The file an invoice came as, byte for byte, with its ending: `pdf` or `xml`; out of its mail or zip.

    Raises Refused if it is not there any more.
    """
    said = row.content or {}
    data = closed.original(row)
    name = str(said.get("file") or "")
    found = received(data, name, said.get("path"), Options().seconds(len(data)))
    if found is None and sha256(data) == said.get("sha256"):
        found = data
    if found is None:
        raise Refused(
            f"Invoice {said.get('number')}: its original cannot be had out of {name}.",
            f"Rechnung {said.get('number')}: Das Original ist aus {name} nicht zu gewinnen.",
        )
    return ("pdf" if sniff(found) == "pdf" else "xml"), found


def reading(closed: Closed, row: BatchRow) -> Reading | None:
    """What an invoice says, read anew from its original; None where it cannot be read."""
    said = row.content or {}
    data = closed.original(row)
    opened = open_safely(data, str(said.get("file") or ""), Options().seconds(len(data)))
    for one in opened.documents:
        if sha256(one.data) == said.get("sha256"):
            try:
                return read(xml.parse(one.data))
            except (xml.Refused, NotAnInvoice):
                return None
    return None


def content(closed: Closed, row: BatchRow) -> Content | None:
    """The same as terms of the norm."""
    found = reading(closed, row)
    return found.content() if found else None


def view(closed: Closed, row: BatchRow) -> bytes:
    """The invoice as PDF/A for people, in German. Raises Refused where it cannot be read."""
    from einvoice.render.pdf import page

    found = reading(closed, row)
    if found is None:
        number = (row.content or {}).get("number")
        raise Refused(
            f"Invoice {number}: there is no page for people, it cannot be read.",
            f"Rechnung {number}: Eine lesbare Ansicht gibt es nicht, sie lässt sich nicht lesen.",
        )
    further = [(one.path, one.text) for one in found.further]
    return page(found.content(), "de", syntax=found.syntax, further=further)
