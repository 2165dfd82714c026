"""What an official stylesheet reports (SVRL), as findings: id, level, place and text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from einvoice.formats import xml
from einvoice.model.lexical import trim
from einvoice.model.location import line_of, prefixed
from einvoice.model.namespaces import NAMESPACES
from einvoice.validation.report import Severity

UNSPECIFIC = "UNSPECIFIC"
"""The id of an official report that has none (Factur-X: "not used in the given context")."""

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_LEVELS: dict[str, Severity] = {
    "fatal": "error",
    "error": "error",
    "warning": "warning",
    "warn": "warning",
    "information": "information",
    "info": "information",
}
_STEP = re.compile(
    r"\*:(?P<a>[^\[\]/]+)\[namespace-uri\(\)='(?P<b>[^']*)'\]"
    r"|\*\[local-name\(\)='(?P<c>[^']*)'\s*and\s*namespace-uri\(\)='(?P<d>[^']*)'\]"
    r"|Q\{(?P<e>[^}]*)\}(?P<f>[^\[\]/]+)"
)


@dataclass(frozen=True, slots=True)
class OfficialFinding:
    """One finding of an official stylesheet, the how-manieth of its scenario `stylesheet` says (from 0).

    `published` is the level before the scenario changed it; `line` the one of the source, if the place is found.
    """

    rule: str
    severity: Severity
    location: str
    text: str
    published: Severity
    stylesheet: int = 0
    line: int | None = None


class NoReport(Exception):
    """What a stylesheet made is no SVRL."""


def findings(
    svrl: str, levels: Mapping[str, Severity], root: etree._Element | None = None, stylesheet: int = 0
) -> list[OfficialFinding]:
    """The failed asserts and successful reports in their order; `levels`: the scenario's own, by id.

    With `root`, the document, lines are found. Raises NoReport for XML that is no SVRL, Refused for no XML.
    """
    answer = xml.parse(svrl.encode())
    if answer.tag != _SVRL + "schematron-output":
        raise NoReport
    found = []
    for report in answer.iter(_SVRL + "failed-assert", _SVRL + "successful-report"):
        rule = report.get("id") or UNSPECIFIC
        published = _LEVELS.get((report.get("flag") or report.get("role") or "").lower(), "error")
        text = trim("".join(str(part) for part in report.itertext()))
        place = _place(report)
        line = _line(root, place) if root is not None else None
        level = levels.get(rule, published)
        found.append(OfficialFinding(rule, level, place, text, published, stylesheet, line))
    return found


def _line(root: etree._Element, place: str) -> int | None:
    try:
        found: Any = root.getroottree().xpath(place, namespaces=dict(NAMESPACES))
    except etree.XPathError:
        return None
    first = found[0] if isinstance(found, list) and found else None
    while first is not None and not isinstance(first, etree._Element):
        first = first.getparent()
    return line_of(first) if first is not None else None


def _place(report: etree._Element) -> str:
    """The location with customary prefixes, whatever way of writing XPaths the stylesheet has."""

    def step(match: re.Match[str]) -> str:
        name = match["a"] or match["c"] or match["f"]
        return prefixed(f"{{{match['b'] or match['d'] or match['e']}}}{name}")

    return _STEP.sub(step, report.get("location") or "")
