"""Elements of xdomea: in its namespace, whose prefix the specification fixes; codes with the list they are from."""

from lxml import etree

from einvoice.exports.papers import printed

NAMESPACE = "urn:xoev-de:xdomea:schema:3.0.0"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMES = {"xdomea": NAMESPACE, "xsi": _XSI}

Part = etree._Element


def part(name: str, *inside: object) -> Part:
    """An element; elements inside are put in as they are, anything else is its text, and what says nothing is not."""
    element = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap=_NAMES)
    for one in inside:
        if isinstance(one, etree._Element):
            if len(one) or one.text:
                element.append(one)
        elif one is not None:
            element.text = printed(one)
    return element


def code(name: str, listed: str, version: str, value: str) -> Part:
    """A coded value of one of the lists of xdomea; the element `code` itself has no namespace."""
    element = part(name)
    element.set("listURI", f"urn:xoev-de:xdomea:codeliste:{listed}")
    element.set("listVersionID", version)
    etree.SubElement(element, "code").text = value
    return element


def document(root: Part, schema: str) -> bytes:
    """A message as bytes; schema: the file its receiver looks for."""
    root.set(f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} {schema}")
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
