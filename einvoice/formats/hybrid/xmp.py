"""Writes into XMP what makes a PDF a hybrid invoice: the four fields, their extension schema, the PDF/A claim.

PDF/A allows custom fields only where an extension schema describes them, and all descriptions have to stand in
one bag: a second `pdfaExtension:schemas` makes the whole packet invalid.
"""

from collections.abc import Iterator

from lxml import etree

from einvoice.formats import xml
from einvoice.formats.hybrid.profiles import table

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PDFAID = "http://www.aiim.org/pdfa/ns/id/"
_META = "adobe:ns:meta/"
_EXTENSION = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMA = "http://www.aiim.org/pdfa/ns/schema#"
_PROPERTY = "http://www.aiim.org/pdfa/ns/property#"
_DC = "http://purl.org/dc/elements/1.1/"
_FIELDS = {
    "DocumentFileName": "name of the embedded XML invoice file",
    "DocumentType": "INVOICE",
    "Version": "The actual version of the XML schema",
    "ConformanceLevel": "The conformance level of the embedded data",
}
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_END = b'\n<?xpacket end="w"?>'


def with_invoice(
    packet: bytes | None, *, name: str, version: str, level: str, claim: str | None, title: str
) -> bytes:
    """The XMP packet with the Factur-X fields, whatever hybrid fields it had before.

    claim: the PDF/A claim to make, such as "3B"; None leaves what is there. title: for a packet made anew.
    Raises xml.Refused for a packet that cannot be read.
    """
    root = xml.parse(packet) if packet and packet.strip(b"\0 \t\r\n") else _new(title)
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f".//{{{RDF}}}RDF")
    if rdf is None:
        rdf = etree.SubElement(root, f"{{{RDF}}}RDF")
    _forget(rdf, set(_hybrid_namespaces()))
    space = table()["xmp"]["factur-x"]
    _extensions(rdf).append(_described(space["namespace"], space["prefix"]))
    values = {"DocumentType": "INVOICE", "DocumentFileName": name, "Version": version}
    _state(rdf, space["namespace"], space["prefix"], values | {"ConformanceLevel": level})
    if claim is not None:
        _forget(rdf, {PDFAID})
        _state(rdf, PDFAID, "pdfaid", {"part": claim[0], "conformance": claim[1]})
    etree.indent(root)
    return _BEGIN + etree.tostring(root, encoding="utf-8") + _END


def _new(title: str) -> etree._Element:
    root = etree.Element(f"{{{_META}}}xmpmeta", nsmap={"x": _META})
    rdf = etree.SubElement(root, f"{{{RDF}}}RDF", nsmap={"rdf": RDF})
    if title:
        about = _description(rdf, _DC, "dc")
        alternatives = etree.SubElement(etree.SubElement(about, f"{{{_DC}}}title"), f"{{{RDF}}}Alt")
        item = etree.SubElement(alternatives, f"{{{RDF}}}li")
        item.set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")
        item.text = title
    return root


def _hybrid_namespaces() -> Iterator[str]:
    return (one["namespace"] for one in table()["xmp"].values())


def _forget(rdf: etree._Element, namespaces: set[str]) -> None:
    """Takes away the fields of these namespaces, written as elements or attributes, and their descriptions."""
    for item in list(rdf.iter(f"{{{RDF}}}li")):
        if _described_namespace(item) in namespaces:
            _remove(item)
    for about in list(rdf.iterchildren(f"{{{RDF}}}Description")):
        for key in list(about.attrib):
            if etree.QName(key).namespace in namespaces:
                del about.attrib[key]
        for field in list(about):
            if etree.QName(field).namespace in namespaces:
                about.remove(field)
        if not len(about) and set(about.attrib) <= {f"{{{RDF}}}about"}:
            rdf.remove(about)


def _described_namespace(item: etree._Element) -> str | None:
    """The namespace an extension schema's entry is about."""
    name = f"{{{_SCHEMA}}}namespaceURI"
    for place in (item, item.find(f"{{{RDF}}}Description")):
        if place is not None and (found := place.get(name) or place.findtext(name)):
            return found.strip()
    return None


def _remove(item: etree._Element) -> None:
    parent = item.getparent()
    if parent is not None:
        parent.remove(item)


def _extensions(rdf: etree._Element) -> etree._Element:
    """The one bag of extension schemas, made if it is not there."""
    bag = rdf.find(f".//{{{_EXTENSION}}}schemas/{{{RDF}}}Bag")
    if bag is None:
        about = _description(rdf, _EXTENSION, "pdfaExtension")
        bag = etree.SubElement(etree.SubElement(about, f"{{{_EXTENSION}}}schemas"), f"{{{RDF}}}Bag")
    return bag


def _described(namespace: str, prefix: str) -> etree._Element:
    """The entry of an extension schema that describes the four fields."""
    item = etree.Element(f"{{{RDF}}}li", nsmap={"pdfaSchema": _SCHEMA, "pdfaProperty": _PROPERTY})
    item.set(f"{{{RDF}}}parseType", "Resource")
    for name, text in (
        ("schema", "Factur-X PDFA Extension Schema"),
        ("namespaceURI", namespace),
        ("prefix", prefix),
    ):
        etree.SubElement(item, f"{{{_SCHEMA}}}{name}").text = text
    fields = etree.SubElement(etree.SubElement(item, f"{{{_SCHEMA}}}property"), f"{{{RDF}}}Seq")
    for field, description in _FIELDS.items():
        entry = etree.SubElement(fields, f"{{{RDF}}}li")
        entry.set(f"{{{RDF}}}parseType", "Resource")
        for name, text in (
            ("name", field),
            ("valueType", "Text"),
            ("category", "external"),
            ("description", description),
        ):
            etree.SubElement(entry, f"{{{_PROPERTY}}}{name}").text = text
    return item


def _state(rdf: etree._Element, namespace: str, prefix: str, values: dict[str, str]) -> None:
    about = _description(rdf, namespace, prefix)
    for name, text in values.items():
        etree.SubElement(about, f"{{{namespace}}}{name}").text = text


def _description(rdf: etree._Element, namespace: str, prefix: str) -> etree._Element:
    """A description of the same subject as those that are there."""
    there = rdf.find(f"{{{RDF}}}Description")
    about = etree.SubElement(rdf, f"{{{RDF}}}Description", nsmap={prefix: namespace})
    about.set(f"{{{RDF}}}about", (there.get(f"{{{RDF}}}about") if there is not None else "") or "")
    return about
