"""The Standard Business Document envelope (Peppol): the invoice inside as an XML document of its own, and to whom the
envelope is addressed."""

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


def receiver(data: bytes) -> tuple[str, str] | None:
    """(EAS scheme, id) of the one receiver the header names, `("0204", "05…")`; None if there is none or several.

    Peppol envelope: Receiver/Identifier is `scheme:id` of the participant. Raises NotWellFormed as `xml.parse`.
    """
    header = xml.parse(data).find(f"{{*}}{_HEADER}")
    named = [] if header is None else header.findall("{*}Receiver/{*}Identifier")
    scheme, colon, number = (named[0].text or "").strip().partition(":") if len(named) == 1 else ("", "", "")
    return (scheme, number.strip()) if colon and number.strip() else None


def _binary(payload: etree._Element) -> bytes:
    try:
        return base64.b64decode(payload.text or "", validate=False)
    except (binascii.Error, ValueError):
        return b""
