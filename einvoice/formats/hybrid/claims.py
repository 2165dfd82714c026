"""What a PDF's metadata (XMP) say about it: the hybrid fields, whatever their version, and the PDF/A claim."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from einvoice.formats import xml
from einvoice.formats.hybrid.profiles import table
from einvoice.formats.hybrid.xmp import PDFAID
from einvoice.model.lexical import trim

FIELDS = ("DocumentType", "DocumentFileName", "Version", "ConformanceLevel")


@dataclass(frozen=True, slots=True)
class Claims:
    """family: the key of schemas/hybrid.toml [xmp] whose fields stand there, None without any.

    fields: the values stated, by name, trimmed. pdfa: the PDF/A claim such as "3B"; "" without one.
    """

    family: str | None
    fields: Mapping[str, str]
    pdfa: str


def claims(packet: bytes) -> Claims:
    """What the packet says; of a field stated twice the first. Raises xml.Refused for what is no readable XMP."""
    stated = list(_stated(xml.parse(packet)))
    spaces = {one["namespace"]: name for name, one in table()["xmp"].items()}
    family, fields = None, dict[str, str]()
    for space, name, text in stated:
        if space in spaces and name in FIELDS and text:
            family = family or spaces[space]
            fields.setdefault(name, text)
    pdfa = {name: text.upper() for space, name, text in reversed(stated) if space == PDFAID}
    return Claims(family, fields, pdfa.get("part", "") + pdfa.get("conformance", ""))


def _stated(root: etree._Element) -> Iterator[tuple[str | None, str, str]]:
    """Namespace, name and value of each property, written as element or as attribute."""
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if not len(element):
            yield name.namespace, name.localname, trim(element.text or "")
        for key, value in element.attrib.items():
            one = etree.QName(key)
            yield one.namespace, one.localname, trim(str(value))
