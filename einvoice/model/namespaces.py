"""The namespaces of invoices and the prefixes that the standards themselves use for them."""

import re
from types import MappingProxyType

from lxml import etree

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII = "urn:un:unece:uncefact:data:standard:"

NAMESPACES = MappingProxyType(
    {
        "ubl": _UBL + "Invoice-2",
        "cn": _UBL + "CreditNote-2",
        "cac": _UBL + "CommonAggregateComponents-2",
        "cbc": _UBL + "CommonBasicComponents-2",
        "ext": _UBL + "CommonExtensionComponents-2",
        "rsm": _CII + "CrossIndustryInvoice:100",
        "ram": _CII + "ReusableAggregateBusinessInformationEntity:100",
        "udt": _CII + "UnqualifiedDataType:100",
        "qdt": _CII + "QualifiedDataType:100",
    }
)
"""Prefix → namespace."""

ZUGFERD1 = MappingProxyType(
    {
        "rsm": "urn:ferd:CrossIndustryDocument:invoice:1p0",
        "ram": _CII + "ReusableAggregateBusinessInformationEntity:12",
        "qdt": _CII + "QualifiedDataType:12",
        "udt": _CII + "UnqualifiedDataType:15",
    }
)
"""The prefixes as ZUGFeRD 1.0 uses them."""

_PREFIX = re.compile(r"(\w+):\w")


def xpath(path: str) -> etree.XPath:
    """A question with the customary prefixes, to be asked again and again.

    With each call libxml2 is told all prefixes anew, and looks whether they stand for extensions: it gets those that
    the path has, and none of the extensions.
    """
    spaces = {prefix: NAMESPACES[prefix] for prefix in _PREFIX.findall(path) if prefix in NAMESPACES}
    return etree.XPath(path, namespaces=spaces or None, regexp=False, smart_strings=False)
