"""Where an element stands: its XPath with canonical prefixes and positions, and its line."""

from lxml import etree

_PREFIXES = {
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "ubl",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "cn",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2": "ext",
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100": "ram",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100": "udt",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:100": "qdt",
}


class Locator:
    """XPaths of the elements of one document. Positions are counted once per parent, however many findings."""

    def __init__(self) -> None:
        self._positions: dict[etree._Element, dict[etree._Element, int]] = {}

    def path(self, element: etree._Element) -> str:
        """`/ubl:Invoice[1]/cac:LegalMonetaryTotal[1]`, whatever prefixes the document itself uses."""
        steps: list[str] = []
        while element is not None:
            parent = element.getparent()
            position = 1 if parent is None else self._among(parent)[element]
            steps.append(f"{prefixed(element)}[{position}]")
            element = parent
        return "/" + "/".join(reversed(steps))

    def _among(self, parent: etree._Element) -> dict[etree._Element, int]:
        known = self._positions.get(parent)
        if known is None:
            counts: dict[str, int] = {}
            known = self._positions[parent] = {}
            for child in parent:
                counts[child.tag] = known[child] = counts.get(child.tag, 0) + 1
        return known


def prefixed(element: etree._Element) -> str:
    """The element's name with its canonical prefix; a foreign one keeps the document's."""
    name = etree.QName(element)
    prefix = _PREFIXES.get(name.namespace or "", element.prefix)
    return f"{prefix}:{name.localname}" if prefix else name.localname
