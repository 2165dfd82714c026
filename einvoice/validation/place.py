"""Where an element stands, in words people and tools can use: `/ubl:Invoice[1]/cac:Price[1]`."""

from typing import cast

from lxml import etree

_CUSTOMARY = {
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "ubl",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "cn",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2": "ext",
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100": "ram",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:100": "qdt",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100": "udt",
    "urn:ferd:CrossIndustryDocument:invoice:1p0": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12": "ram",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:12": "qdt",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15": "udt",
}
"""The prefixes that the standards themselves use; a document may choose others."""


def name_of(element: etree._Element) -> str:
    """The element's name with its customary prefix, or with the document's own for a foreign namespace."""
    name = etree.QName(element)
    prefix = _CUSTOMARY.get(name.namespace or "", element.prefix or "")
    return f"{prefix}:{name.localname}" if prefix else name.localname


def readable(clark: str) -> str:
    """`{namespace}name` with its customary prefix; `{*}name` and foreign namespaces keep their name alone."""
    namespace, _, name = clark.rpartition("}")
    prefix = _CUSTOMARY.get(namespace.removeprefix("{"))
    return f"{prefix}:{name}" if prefix else name


def line_of(element: etree._Element) -> int | None:
    """The line of the source in which the element begins; None for one that was never parsed."""
    return cast("int | None", element.sourceline)


def place(element: etree._Element) -> str:
    """The path from the root with positions: among siblings of the same name, counted from 1."""
    steps = []
    at: etree._Element | None = element
    while at is not None:
        steps.append(f"{name_of(at)}[{1 + sum(1 for _ in at.itersiblings(at.tag, preceding=True))}]")
        at = at.getparent()
    return "/" + "/".join(reversed(steps))
