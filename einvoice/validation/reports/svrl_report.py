"""The report as SVRL (ISO/IEC 19757-3), as a Schematron engine would write it.

Our rules are no Schematron: `test` names the rule, `context` is the path without positions. Locations are XPath 1.0
and find the element whatever prefixes a reader knows.
"""

import re
from collections.abc import Iterable
from typing import TextIO

from einvoice.model.location import resolving
from einvoice.model.namespaces import NAMESPACES
from einvoice.validation.report import Finding, Report
from einvoice.validation.reports import steps
from einvoice.validation.reports.markup import attribute, text, write_documents

_FLAGS = {"error": "fatal", "warning": "warning", "information": "information"}
_POSITION = re.compile(r"\[\d+\]")


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """One `svrl:schematron-output` per document; of several documents all in one element `reports`."""
    write_documents(reports, stream, lang, document)


def document(report: Report, lang: str) -> str:
    """One report as an XML document without declaration: a pattern for each step of validation."""
    of_rules = steps.of_rules(report)
    placed = {id(finding) for step in of_rules for finding in step.findings}
    rest = [finding for finding in report.findings if id(finding) not in placed]
    spaces = "".join(
        f"<svrl:ns-prefix-in-attribute-values prefix={attribute(prefix)} uri={attribute(uri)}/>\n"
        for prefix, uri in NAMESPACES.items()
    )
    patterns = "".join(
        _pattern(f"{step.ran.name} {step.ran.version}", report, step.findings) for step in of_rules
    )
    return (
        '<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl" '
        f"title={attribute(report.name)} schemaVersion={attribute(report.scenario or report.profile or '')}>\n"
        f"<svrl:text>{report.verdict}{text(f': {report.reason}' if report.reason else '')}</svrl:text>\n"
        f"{spaces}{_pattern('einvoice', report, rest)}{patterns}</svrl:schematron-output>\n"
    )


def _pattern(name: str, report: Report, findings: list[Finding]) -> str:
    head = f"<svrl:active-pattern document={attribute(report.name)} name={attribute(name)}/>\n"
    if not findings:
        return head + '<svrl:fired-rule context="/"/>\n'
    return head + "".join(_failed(finding, report.syntax) for finding in findings)


def _failed(finding: Finding, syntax: str | None) -> str:
    location = resolving(finding.location or "/*", syntax)
    context = _POSITION.sub("", finding.location or "/*")
    said = f"{finding.message} {finding.hint}".strip()
    return (
        f"<svrl:fired-rule context={attribute(context)}/>\n"
        f"<svrl:failed-assert id={attribute(finding.rule)} flag={attribute(_FLAGS[finding.severity])} "
        f"location={attribute(location)} test={attribute(finding.rule)}>\n"
        f"<svrl:text>{text(said)}</svrl:text>\n</svrl:failed-assert>\n"
    )
