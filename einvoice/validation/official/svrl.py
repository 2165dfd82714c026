"""What an official stylesheet reports (SVRL), as findings: id, level, place and text."""

import re
from dataclasses import dataclass

from lxml import etree

from einvoice.formats import xml
from einvoice.model.lexical import trim
from einvoice.validation.place import readable
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
    """One finding of an official stylesheet. `published` is the level before the scenario changed it."""

    rule: str
    severity: Severity
    location: str
    text: str
    published: Severity


def findings(svrl: str, levels: dict[str, Severity]) -> list[OfficialFinding]:
    """The failed asserts and successful reports in their order; `levels`: the scenario's own, by id."""
    found = []
    for report in xml.parse(svrl.encode()).iter(_SVRL + "failed-assert", _SVRL + "successful-report"):
        rule = report.get("id") or UNSPECIFIC
        published = _LEVELS.get((report.get("flag") or report.get("role") or "").lower(), "error")
        text = trim("".join(str(part) for part in report.itertext()))
        found.append(OfficialFinding(rule, levels.get(rule, published), _place(report), text, published))
    return found


def _place(report: etree._Element) -> str:
    """The location with customary prefixes, whatever way of writing XPaths the stylesheet has."""

    def step(match: re.Match[str]) -> str:
        name = match["a"] or match["c"] or match["f"]
        return readable(f"{{{match['b'] or match['d'] or match['e']}}}{name}")

    return _STEP.sub(step, report.get("location") or "")
