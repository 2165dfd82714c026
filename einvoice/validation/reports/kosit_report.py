"""The report in the form of KoSIT's validator (`rep:report`), for programs that read those.

Accepted is `rep:accept`, all else `rep:reject`: the form knows no third verdict, and what is unchecked must not pass
for accepted. Messages are official rules and what decides; our advice stands in the explanation. A message's level is
the one as published where a scenario changed it, and the scenario then lists its own, as in KoSIT's reports.
"""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TextIO

from einvoice.model.location import resolving
from einvoice.validation.report import Finding, RanRules, Report
from einvoice.validation.reports import steps
from einvoice.validation.reports.markup import attribute, text, write_documents
from einvoice.validation.reports.text_report import WORDS

_SPACES = (
    'xmlns:rep="http://www.xoev.de/de/validator/varl/1" '
    'xmlns:s="http://www.xoev.de/de/validator/framework/1/scenarios"'
)
_RULES = {
    "xrechnung": "EN16931 XRechnung",
    "facturx-xrechnung": "EN16931 XRechnung",
    "xrechnung-extension": "EN16931 XRechnung Extension",
    "xrechnung-cvd": "EN16931 XRechnung CVD",
    "en16931": "EN16931",
    "peppol-bis": "EN16931",
    "unknown": "EN16931",
}
"""Profile → how KoSIT's configuration calls the scenario, without the document's kind."""

_KINDS = {
    "ubl-invoice": "UBL Invoice",
    "ubl-creditnote": "UBL CreditNote",
    "cii": "CII",
    "zugferd1": "ZUGFeRD 1.0",
}
_NOT_READ = ("EI-XML", "EI-FILE", "EI-NOINVOICE")


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """One `rep:report` per document; of several documents all in one element `reports`."""
    write_documents(reports, stream, lang, document)


def document(report: Report, lang: str) -> str:
    """One report as an XML document without declaration."""
    matched = _matched(report)
    began = datetime.now(UTC) - timedelta(milliseconds=report.milliseconds)
    digest = base64.b64encode(bytes.fromhex(report.sha256 or report.container_sha256 or "")).decode()
    ran = [f'<rep:info key="engine">{report.engine}</rep:info>\n']
    ran += [
        f"<rep:info key={attribute(f'{rules.engine}.{number}')}>"
        f"{text(f'{rules.name} {rules.version} {rules.digest}')}</rep:info>\n"
        for number, rules in enumerate(report.rules, 1)
    ]
    body = _scenario_matched(report) if matched else _none_matched(report)
    valid = matched and report.verdict != "unchecked" and not _invalid(_messages(report))
    return (
        f'<rep:report {_SPACES} valid="{str(valid).lower()}" varlVersion="1.0.0">\n'
        f"<rep:engine>\n<rep:name>einvoice {version('einvoice-pipeline')}</rep:name>\n{''.join(ran)}</rep:engine>\n"
        f"<rep:timestamp>{began.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}</rep:timestamp>\n"
        "<rep:documentIdentification>\n<rep:documentHash>\n<rep:hashAlgorithm>SHA-256</rep:hashAlgorithm>\n"
        f"<rep:hashValue>{digest}</rep:hashValue>\n</rep:documentHash>\n"
        f"<rep:documentReference>{_line(report.name)}</rep:documentReference>\n</rep:documentIdentification>\n"
        f"{body}{_assessment(report, lang)}</rep:report>\n"
    )


def _matched(report: Report) -> bool:
    refused = (*_NOT_READ, "EI-PROFILE")
    if any(finding.rule in refused and finding.severity == "error" for finding in report.findings):
        return False
    return bool(report.rules or report.scenario or steps.of_schema(report) or report.verdict == "accepted")


def _messages(report: Report) -> list[Finding]:
    return steps.of_schema(report) + [f for step in steps.of_rules(report) for f in step.findings]


def _invalid(findings: Iterable[Finding]) -> bool:
    return any(_published(finding) in ("error", "warning") for finding in findings)


def _published(finding: Finding) -> str:
    return finding.values.get("published", finding.severity)


def _scenario_matched(report: Report) -> str:
    schema = _resource(_KINDS.get(report.syntax or "", "XML Schema"), f"schemas/{report.syntax}")
    results = [_result("val-xsd", schema, steps.of_schema(report), report.syntax)]
    results += [
        _result(f"val-sch.{number}", _quoted(step.ran), step.findings, report.syntax)
        for number, step in enumerate(steps.of_rules(report), 1)
    ]
    return f"<rep:scenarioMatched>\n{_scenario(report, schema)}{''.join(results)}</rep:scenarioMatched>\n"


def _scenario(report: Report, schema: str) -> str:
    kind = _KINDS.get(report.syntax or "", "XML")
    name = report.scenario or f"{_RULES.get(report.profile or '', report.profile)} ({kind})"
    rules = "".join(
        f"<s:validateWithSchematron>\n{_quoted(step.ran)}</s:validateWithSchematron>\n"
        for step in steps.of_rules(report)
    )
    changed = {f.rule: f.severity for f in _messages(report) if "published" in f.values}
    levels = "".join(
        f"<s:customLevel level={attribute(level)}>{text(rule)}</s:customLevel>\n"
        for rule, level in sorted(changed.items())
    )
    return (
        f"<s:scenario>\n<s:name>{_line(name)}</s:name>\n"
        f"<s:match>{text(report.specification or '')}</s:match>\n"
        f"<s:validateWithXmlSchema>\n{schema}</s:validateWithXmlSchema>\n{rules}"
        f"<s:createReport>\n{_resource('einvoice', 'kosit')}{levels}</s:createReport>\n</s:scenario>\n"
    )


def _quoted(rules: RanRules) -> str:
    return _resource(f"{rules.name} {rules.version}", rules.digest)


def _resource(name: str, location: str) -> str:
    return (
        f"<s:resource>\n<s:name>{_line(name)}</s:name>\n<s:location>{_line(location)}</s:location>\n"
        "</s:resource>\n"
    )


def _none_matched(report: Report) -> str:
    unread = [finding for finding in report.findings if finding.rule in _NOT_READ]
    result = _result("val-xml", "", unread, report.syntax) if unread else ""
    return f"<rep:noScenarioMatched>\n{result}</rep:noScenarioMatched>\n"


def _result(name: str, resource: str, findings: list[Finding], syntax: str | None) -> str:
    messages = [_message(f"{name}.{number}", finding, syntax) for number, finding in enumerate(findings, 1)]
    valid = str(not _invalid(findings)).lower()
    return (
        f'<rep:validationStepResult id="{name}" valid="{valid}">\n{resource}{"".join(messages)}'
        "</rep:validationStepResult>\n"
    )


def _message(name: str, finding: Finding, syntax: str | None) -> str:
    where = f' lineNumber="{finding.line}"' if finding.line else ""
    if finding.location:
        where += f" xpathLocation={attribute(resolving(finding.location, syntax))}"
    return (
        f'<rep:message id="{name}" level="{_published(finding)}"{where} code={attribute(finding.rule)}>'
        f"{_line(finding.message)}</rep:message>\n"
    )


def _assessment(report: Report, lang: str) -> str:
    word = "accept" if report.verdict == "accepted" else "reject"
    words = WORDS[lang]
    said = "".join(
        f"<li>{text(words[f.severity])}: {_line(f'{f.message} {f.hint}'.strip())} [{text(f.rule)}]</li>\n"
        for f in report.findings
    )
    reason = f"<p>{_line(report.reason)}</p>\n" if report.reason else ""
    listed = f"<ul>\n{said}</ul>\n" if said else ""
    return (
        f"<rep:assessment>\n<rep:{word}>\n<rep:explanation>\n"
        f'<html xmlns="http://www.w3.org/1999/xhtml" data-report-type="report" lang="{lang}">\n'
        f"<head><title>{_line(report.name)}</title></head>\n<body>\n<h1>{_line(report.name)}</h1>\n"
        f"<p>{words[report.verdict]}</p>\n{reason}{listed}</body>\n</html>\n"
        f"</rep:explanation>\n</rep:{word}>\n</rep:assessment>\n"
    )


def _line(value: str) -> str:
    return text(" ".join(value.split()))
