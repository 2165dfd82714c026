"""The names of elements: the nine namespaces of the two syntaxes, and where an element stands."""

from lxml import etree

from einvoice.model.namespaces import NAMESPACES

Element = etree._Element

_PREFIXES = {namespace: prefix for prefix, namespace in NAMESPACES.items()}

SYNTAXES = {
    f"{{{NAMESPACES['ubl']}}}Invoice": "ubl-invoice",
    f"{{{NAMESPACES['cn']}}}CreditNote": "ubl-creditnote",
    f"{{{NAMESPACES['rsm']}}}CrossIndustryInvoice": "cii",
}
"""tag of the root -> syntax"""


def clark(name: str) -> str:
    """`cbc:ID` as lxml writes it, `{urn:…}ID`. Raises ValueError for a prefix that is none of the nine."""
    prefix, colon, local = name.partition(":")
    if not colon or not local or prefix not in NAMESPACES:
        raise ValueError(f"{name!r} is no name with one of the prefixes {', '.join(NAMESPACES)}")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def prefixed(tag: str) -> str:
    """`{urn:…}ID` as `cbc:ID`; a name of another namespace without prefix."""
    namespace, brace, local = tag.removeprefix("{").rpartition("}")
    prefix = _PREFIXES.get(namespace)
    return f"{prefix}:{local}" if brace and prefix else local


def location(element: Element, attribute: str | None = None) -> str:
    """Where it stands, as official reports write it: `/ubl:Invoice[1]/cac:InvoiceLine[2]/cbc:ID[1]/@schemeID`."""
    steps = []
    current: Element | None = element
    while current is not None:
        place = 1 + sum(1 for _ in current.itersiblings(current.tag, preceding=True))
        steps.append(f"{prefixed(current.tag)}[{place}]")
        current = current.getparent()
    if attribute is not None:
        steps.insert(0, f"@{prefixed(attribute)}")
    return "/" + "/".join(reversed(steps))


def string_value(element: Element) -> str:
    """The text of an element as XPath has it: its own and that of all elements in it."""
    return "".join(map(str, element.itertext())) if len(element) else element.text or ""
