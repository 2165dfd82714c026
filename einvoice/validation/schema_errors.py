"""libxml2's schema errors taken apart: the kind of each, what stands there, what was expected."""

import re

from lxml import etree

from einvoice.model.location import name_of, prefixed

CONTENT = "SCHEMAV_ELEMENT_CONTENT"
"""A child that was not expected, or one that is missing."""

_LONGEST = 80
_NAME = r"(?:\{[^}]*\})?[^\s,()'{}]+"
_EXPECTED = re.compile(r"Expected is (?:one of )?\(\s*(.*?)\s*\)")
_VALUE = re.compile(r"'(.*)' is not a valid value of the [\w ]*type '?([^']*)'?", re.S)
_FACET = re.compile(r"\[facet '(\w+)'\] (.*)", re.S)
_ATTRIBUTE = re.compile(rf"attribute '({_NAME})':", re.S)
_QUOTED = re.compile(r"'([^']*)'")

_NUMBERS = ("Amount", "Quantity", "Percent", "Measure", "Numeric", "Rate")
"""What ends so is a decimal number in UBL and CII, though its type may have no name of its own."""

_KINDS = {
    "SCHEMAV_CVC_ELT_1": "root",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": "attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "attribute-missing",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "text",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "text",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_4": "text",
    "SCHEMAV_CVC_TYPE_3_1_2": "text",
    "SCHEMAV_CVC_AU": "fixed",
}


def expected_names(error: etree._LogEntry) -> list[str]:
    """The children that could stand where the error is, as `{namespace}name`."""
    names = _EXPECTED.search(error.message or "")
    return re.findall(_NAME, names[1]) if names else []


def read(error: etree._LogEntry, element: etree._Element) -> dict[str, str]:
    """`why`, `found`, `expected` and `detail` of an error, and the `attribute` of the element it concerns."""
    whole = (error.message or "").replace("'xs:NCName'", "'xs:anyURI'")  # see schema.official
    detail = whole.partition(": ")[2] or whole
    concerned = _ATTRIBUTE.search(whole)
    name = concerned[1] if concerned else ""
    text = element.get(name, "") if name else " ".join((element.text or "").split())
    values = {"detail": detail, "found": text[:_LONGEST]} | ({"attribute": _short(name)} if name else {})
    quoted = _QUOTED.findall(detail)
    kind = _KINDS.get(error.type_name or "")
    if error.type_name == CONTENT:
        why = "missing" if detail.startswith("Missing") else "unexpected"
        return values | {"why": why, "found": name_of(element), "expected": _list(expected_names(error))}
    if kind == "attribute":
        return values | {
            "why": kind,
            "attribute": _short(quoted[0]),
            "found": element.get(quoted[0], "")[:_LONGEST],
        }
    if kind == "attribute-missing":
        return values | {"why": kind, "found": name_of(element), "expected": "@" + _short(quoted[0])}
    if kind == "fixed":
        return values | {"why": kind, "expected": quoted[-1]}
    if kind == "root":
        return values | {"why": kind, "found": name_of(element)}
    if kind:
        stray = " ".join("".join([element.text or "", *(child.tail or "" for child in element)]).split())
        return values | {"why": kind, "found": stray[:_LONGEST]}
    return values | _value(detail, name or etree.QName(element).localname)


def _value(detail: str, name: str) -> dict[str, str]:
    if "not a valid value" in detail and name.endswith(_NUMBERS):
        return {"why": "value", "expected": "xs:decimal"}
    if value := _VALUE.search(detail):
        return {"why": "value", "expected": _short(value[2])}
    if facet := _FACET.search(detail):
        return {"why": "facet", "expected": f"{facet[1]}: {facet[2]}"[:200]}
    return {"why": "other", "expected": detail[:200]}


def _list(names: list[str]) -> str:
    return ", ".join(_short(name) for name in names)


def _short(name: str) -> str:
    return prefixed(name) if name.startswith("{") else name
