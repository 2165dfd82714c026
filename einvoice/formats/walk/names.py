"""The names of elements in the two syntaxes, and their texts."""

from lxml import etree

from einvoice.model.namespaces import NAMESPACES

Element = etree._Element

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


def string_value(element: Element) -> str:
    """The text of an element as XPath has it: its own and that of all elements in it."""
    return "".join(map(str, element.itertext())) if len(element) else element.text or ""
