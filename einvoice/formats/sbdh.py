"""The Standard Business Document envelope (Peppol): the invoice inside, as an XML document of its own."""

import base64
import binascii
from collections.abc import Iterator

from lxml import etree

from einvoice.formats import xml
from einvoice.formats.delivery import Budget, Entry

_HEADER = "StandardBusinessDocumentHeader"
_BINARY = "BinaryContent"


def entries(data: bytes, budget: Budget) -> Iterator[Entry]:
    """The payloads beside the header. Binary content (base64) is unwrapped. Raises TooMuch."""
    root = xml.parse(data)
    for payload in root.iterchildren(tag=etree.Element):
        name = etree.QName(payload).localname
        if name != _HEADER:
            body = (
                _binary(payload)
                if name == _BINARY
                else etree.tostring(payload, encoding="UTF-8", with_tail=False)
            )
            budget.take(len(body))
            yield Entry(name if name != _BINARY else "BinaryContent", "application/xml", body)


def _binary(payload: etree._Element) -> bytes:
    try:
        return base64.b64decode(payload.text or "", validate=False)
    except (binascii.Error, ValueError):
        return b""
