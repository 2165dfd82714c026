"""A delivery (XML, PDF, zip, mail, SBDH) becomes one report per invoice in it."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from lxml import etree

from einvoice.errors import Unchecked
from einvoice.formats import encoding, xml
from einvoice.formats.delivery import KNOWN_ROOTS, Delivery, Document, open_delivery
from einvoice.formats.walk import Judging
from einvoice.model.listing import Going
from einvoice.model.problem import Problem
from einvoice.validation import own, whole_texts
from einvoice.validation.examined import Examined, completed
from einvoice.validation.glance import Glance, first, occurrences
from einvoice.validation.house import judge_house
from einvoice.validation.options import Options
from einvoice.validation.report import AttachmentInfo, Finding, Report
from einvoice.validation.scenario import choose, scenario_of
from einvoice.validation.stages import judge, release_of
from einvoice.validation.summary import summarise

_DEFAULT = Options()


class Look(NamedTuple):
    """Something more to be made of each document that is XML, after its verdict; it must leave it as it is.

    make: of the root, and the walk that has met all elements, where there was one. walk: which, where the schema
    allows the document; else one that only judges.
    """

    make: Callable[[etree._Element, Going | None], Any]
    walk: type[Judging] = Judging


def validate_delivery(data: bytes, name: str, options: Options = _DEFAULT) -> list[Report]:
    """One report per invoice in `data`, in the container's own order; one that says why, if there is none.

    Opens containers in this process: for hostile input see `batch.validate_bytes`.
    """
    return completed(examined(data, name, options), options, options.seconds(len(data)))


def examined(data: bytes, name: str, options: Options, look: Look | None = None) -> list[Examined]:
    """As `validate_delivery`, with what the official engine needs; that it has still to speak says `unchecked`."""
    delivery = open_delivery(data, name)
    digest = hashlib.sha256(data).hexdigest()
    listed = [AttachmentInfo(a.name, a.mime, a.size, a.sha256) for a in delivery.attachments]
    if not delivery.documents:
        return [Examined(_empty(delivery, name, digest, listed, options))]
    found = []
    for document in delivery.documents:
        started = time.perf_counter()
        one = Examined(Report(name, document.path, None, delivery.container, digest, "unchecked"))
        one.report.attachments, one.report.engine = listed, options.engine
        try:
            _judge(one, document, digest if document.data is data else None, options, look)
        except Unchecked as error:
            one.report.verdict, one.report.reason = "unchecked", error.said(options.lang)
        one.report.milliseconds = round(1000 * (time.perf_counter() - started), 3)
        found.append(one)
    return found


def _empty(
    delivery: Delivery, name: str, digest: str, listed: list[AttachmentInfo], options: Options
) -> Report:
    findings = [own.finding(problem, options.lang) for problem in delivery.problems]
    report = Report(name, None, None, delivery.container, digest, "rejected", attachments=listed)
    report.findings = findings
    if any(finding.rule == "EI-FILE" for finding in findings):
        report.verdict, report.reason = "unchecked", findings[0].message
    return report


def _judge(
    one: Examined, document: Document, digest: str | None, options: Options, look: Look | None
) -> None:
    """Fills the report: every stage the profile needs, then the verdict. `digest`: if known already."""
    report = one.report
    report.findings = [own.finding(problem, options.lang) for problem in document.problems]
    if any(finding.rule == "EI-FILE" for finding in report.findings):
        report.reason = report.findings[0].message
        return
    report.sha256 = digest or hashlib.sha256(document.data).hexdigest()
    try:
        root = xml.parse(document.data)
    except xml.Refused as refused:
        report.findings.append(own.finding(refused.problem, options.lang))
        report.verdict = "rejected"
        return
    if (suspect := encoding.suspect(document.data)) is not None:
        report.findings.append(own.finding(suspect, options.lang))
    if options.engine != "native":
        one.document = xml.rewritten(xml.parse(document.data, comments=True))
    walked = None
    try:
        walked = _judge_tree(report, root, document, options, look.walk if look else Judging)
    finally:
        if look is not None:
            one.looked = look.make(root, walked)
    if options.engine == "official":
        return
    if document.carrier is not None and report.syntax is not None:
        from einvoice.validation import hybrid

        report.pdf, advice = hybrid.examine(document.carrier, root, options.lang)
        report.findings += advice
    report.verdict = "rejected" if any(f.severity == "error" for f in report.findings) else "accepted"


def _judge_tree(
    report: Report, root: etree._Element, document: Document, options: Options, walk: type[Judging]
) -> Going | None:
    """Fills the report by the stages that look at the tree; the walk that has met all elements, as a look gets it."""
    syntax = KNOWN_ROOTS.get(root.tag)
    if syntax is None:
        report.profile = "unknown"
        if options.engine == "official":
            return None
        root_name = etree.QName(root).localname
        report.findings.append(
            own.finding(Problem("EI-PROFILE", {"why": "root", "root": root_name}), options.lang)
        )
        return None
    report.syntax = syntax
    stated = occurrences(root, syntax, "BT-24")
    report.specification = first(stated)
    whole, release = whole_texts.read(document.data, root), release_of(options)
    if whole is not root:
        stated = occurrences(whole, syntax, "BT-24")
    scenario = scenario_of(stated, syntax, document.in_pdf, release.rules)
    report.profile = scenario.profile
    glance = Glance(root, syntax)
    if options.engine == "official":
        report.invoice = summarise(glance)
        return None
    if not scenario.judges:
        split = choose(syntax, report.specification, document.in_pdf, release.rules).judges
        report.findings.append(_no_scenario(split, report.specification, options))
    try:
        found, report.rules = judge(root, syntax, scenario, options, glance, whole, walk)
    finally:
        report.invoice = summarise(glance)  # only now: the walk knows by tag what it has met
    report.findings += found
    if options.house and report.rules:
        house = judge_house(root, syntax, release, options.house, options.lang)
        report.findings += house.findings
        report.rules += house.ran
    return glance.going


def _no_scenario(split: bool, specification: str | None, options: Options) -> Finding:
    """`split`: without what stands between its characters, BT-24 would have a scenario."""
    why = "split" if split else "unknown" if specification else "missing"
    finding = own.finding(
        Problem("EI-PROFILE", {"why": why, "specification": specification or ""}), options.lang
    )
    if options.unknown_profile == "check":
        finding.severity = "warning"
    return finding
