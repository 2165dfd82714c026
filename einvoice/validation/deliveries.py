"""A delivery (XML, PDF, zip, mail, SBDH) becomes one report per invoice in it."""

import hashlib
import time

from lxml import etree

from einvoice.errors import Unchecked
from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS, Delivery, Document, open_delivery
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.options import Options
from einvoice.validation.report import AttachmentInfo, Finding, Report
from einvoice.validation.scenario import Scenario, choose
from einvoice.validation.stages import judge, release_of
from einvoice.validation.summary import summarise, text_of

_DEFAULT = Options()


def validate_delivery(data: bytes, name: str, options: Options = _DEFAULT) -> list[Report]:
    """One report per invoice in `data`, in the container's own order; one that says why, if there is none.

    Opens containers in this process: for hostile input see `batch.validate_bytes`.
    """
    delivery = open_delivery(data, name)
    digest = hashlib.sha256(data).hexdigest()
    listed = [AttachmentInfo(a.name, a.mime, a.size, a.sha256) for a in delivery.attachments]
    if not delivery.documents:
        return [_empty(delivery, name, digest, listed, options)]
    reports = []
    for document in delivery.documents:
        started = time.perf_counter()
        report = Report(
            name, document.path, None, delivery.container, digest, "unchecked", attachments=listed
        )
        try:
            _judge(report, document, options)
        except Unchecked as error:
            report.verdict, report.reason = "unchecked", str(error)
        report.milliseconds = round(1000 * (time.perf_counter() - started), 3)
        reports.append(report)
    return reports


def _empty(
    delivery: Delivery, name: str, digest: str, listed: list[AttachmentInfo], options: Options
) -> Report:
    findings = [own.finding(problem, options.lang) for problem in delivery.problems]
    report = Report(name, None, None, delivery.container, digest, "rejected", attachments=listed)
    report.findings = findings
    if any(finding.rule == "EI-FILE" for finding in findings):
        report.verdict, report.reason = "unchecked", findings[0].message
    return report


def _judge(report: Report, document: Document, options: Options) -> None:
    """Fills the report: every stage the profile needs, then the verdict."""
    report.findings = [own.finding(problem, options.lang) for problem in document.problems]
    if any(finding.rule == "EI-FILE" for finding in report.findings):
        report.reason = report.findings[0].message
        return
    report.sha256 = hashlib.sha256(document.data).hexdigest()
    try:
        root = xml.parse(document.data)
    except xml.Refused as refused:
        report.findings.append(own.finding(refused.problem, options.lang))
        report.verdict = "rejected"
        return
    _judge_tree(report, root, document.in_pdf, options)
    if document.carrier is not None and report.syntax is not None:
        from einvoice.validation import hybrid

        report.pdf, advice = hybrid.examine(document.carrier, root, options.lang)
        report.findings += advice
    report.verdict = "rejected" if any(f.severity == "error" for f in report.findings) else "accepted"


def _judge_tree(report: Report, root: etree._Element, in_pdf: bool, options: Options) -> None:
    syntax = KNOWN_ROOTS.get(root.tag)
    if syntax is None:
        report.profile = "unknown"
        root_name = etree.QName(root).localname
        report.findings.append(
            own.finding(Problem("EI-PROFILE", {"why": "root", "root": root_name}), options.lang)
        )
        return
    report.syntax = syntax
    report.specification = text_of(root, syntax, "BT-24")
    scenario = choose(syntax, report.specification, in_pdf, release_of(options).rules)
    report.profile = scenario.profile
    if not scenario.judges:
        report.findings.append(_no_scenario(scenario, report.specification, options))
    found, report.rules = judge(root, syntax, scenario, options)
    report.findings += found
    report.invoice = summarise(root, syntax)


def _no_scenario(scenario: Scenario, specification: str | None, options: Options) -> Finding:
    why = "unknown" if specification else "missing"
    finding = own.finding(
        Problem("EI-PROFILE", {"why": why, "specification": specification or ""}), options.lang
    )
    if options.unknown_profile == "check":
        finding.severity = "warning"
    return finding
