"""The data of one invoice out of what it came as, read in a limited process."""

import hashlib
from typing import Any

from einvoice import confined
from einvoice.errors import NotAnInvoice
from einvoice.formats import xml
from einvoice.formats.delivery import open_delivery
from einvoice.formats.extracting import Extract
from einvoice.formats.understanding import invoice_of
from einvoice.pipeline.originals import Original
from einvoice.validation.options import Options
from einvoice.validation.origin import origin

_LOADING = 30.0


def extracted(whole: Original) -> dict[str, Any]:
    """As `extract` gives it (CONTRACT), without attachments. Raises Unchecked, NotAnInvoice."""
    options = Options()
    arguments = {"data": whole.data, "name": whole.name, "path": whole.path}
    with confined.borrowed(options.limit_memory) as child:
        seconds = options.seconds(len(whole.data)) + _LOADING
        found: dict[str, Any] = child.call("einvoice.pipeline.extracted:read_one", arguments, seconds)
    return found


def read_one(data: bytes, name: str, path: str | None) -> dict[str, Any]:
    """What a limited process runs."""
    opened = open_delivery(data, name)
    document = next((one for one in opened.documents if path in (None, one.path)), None)
    if document is None:
        raise NotAnInvoice(f"There is no {path} in it.", f"Darin gibt es kein {path}.")
    try:
        root = xml.parse(document.data)
    except xml.Refused:
        raise NotAnInvoice("This document is no XML.", "Dieses Dokument ist kein XML.") from None
    source = origin(root, opened.container, document.in_pdf)
    digest = hashlib.sha256(document.data).hexdigest()
    return Extract(name, document.path, digest, invoice_of(root), source).table()
