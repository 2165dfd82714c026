"""Which engine judges: ours, the official one, or both (CONTRACT, `--engine`).

`official`: the verdict is the configuration's. `both`: the verdict is ours, every difference is a finding, and
what ours would accept and the configuration refuses is unchecked until somebody has looked (but for profiles whose
own rules the configuration does not have: there our verdict stands). Where the official
engine was asked for and could not do its work, the document is unchecked, whatever ours says.
"""

import functools
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from einvoice.errors import ConfigurationError, Unchecked
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.official import Configuration, OfficialReport, Saxon, borrowed, comparing, reporting
from einvoice.validation.official import judge as judge_officially
from einvoice.validation.official import read as read_configuration
from einvoice.validation.options import Options
from einvoice.validation.report import Finding, RanRules, Report, Verdict

OWN_RULES = (
    "facturx-minimum",
    "facturx-basicwl",
    "facturx-basic",
    "facturx-en16931",
    "facturx-extended",
    "zugferd1",
)
"""Profiles that we judge by their own rules, which no configuration of KoSIT has (CONTRACT)."""

_ENGINE = {"de": "amtliches Prüfwerkzeug", "en": "official engine"}


@dataclass(slots=True)
class Opinion:
    """What the official engine says of one document, in our words."""

    report: OfficialReport
    verdict: Verdict
    findings: list[Finding]
    ran: list[RanRules]


def judged(report: Report, document: bytes, options: Options, seconds: float) -> None:
    """Completes a report with what the official engine says of the document (as `xml.rewritten` writes it).

    seconds: how long the engine may take, its start and preparation not counted.
    """
    started = time.perf_counter()
    try:
        configuration = configured(options.scenarios)
        with borrowed(options.limit_memory) as saxon:
            opinion = _opinion(report, document, configuration, saxon, options.lang, seconds)
    except (Unchecked, ConfigurationError) as error:
        report.verdict = "unchecked"
        report.reason = f"{_ENGINE[options.lang]}: {error.said(options.lang)}"
    else:
        (_alone if options.engine == "official" else _beside)(report, opinion, options.lang)
    report.milliseconds = round(report.milliseconds + 1000 * (time.perf_counter() - started), 3)


def configured(scenarios: str | None) -> Configuration:
    """The configuration that `--scenarios` names. Raises Unchecked for none, ConfigurationError for a bad one."""
    if not scenarios:
        raise Unchecked(
            "The official engine needs a configuration of KoSIT's validator: name its zip or folder with "
            "--scenarios.",
            "Das amtliche Prüfwerkzeug braucht eine Konfiguration des KoSIT-Prüftools: bitte Zip oder Ordner mit "
            "--scenarios angeben.",
        )
    try:
        changed = os.stat(scenarios).st_mtime_ns
    except OSError as error:
        raise ConfigurationError(
            f"{scenarios}: cannot be read ({error.strerror}). Name KoSIT's configuration with --scenarios.",
            f"{scenarios}: nicht lesbar ({error.strerror}). Bitte die KoSIT-Konfiguration mit --scenarios angeben.",
        ) from None
    return _read(scenarios, changed)


@functools.lru_cache(maxsize=4)
def _read(scenarios: str, changed: int) -> Configuration:
    return read_configuration(Path(scenarios))


def _opinion(
    report: Report, document: bytes, configuration: Configuration, saxon: Saxon, lang: str, seconds: float
) -> Opinion:
    found = judge_officially(document, configuration, saxon, seconds)
    findings = reporting.as_findings(found, lang, report.specification or "")
    opinion = Opinion(found, reporting.verdict(found), findings, reporting.ran(found, configuration))
    if found.scenario and found.scenario.accept and not found.schema and not found.aborted:
        _by_accept_match(report, opinion, saxon, lang, seconds)
    return opinion


def _by_accept_match(report: Report, opinion: Opinion, saxon: Saxon, lang: str, seconds: float) -> None:
    """The scenario's own word about acceptance: an XPath over the report in KoSIT's form."""
    from einvoice.validation.reports import kosit_report

    scenario = opinion.report.scenario
    assert scenario is not None
    written = replace(
        report, verdict=opinion.verdict, findings=opinion.findings, rules=opinion.ran, scenario=scenario.name
    )
    text = kosit_report.document(written, lang).encode()
    accepts = saxon.matching(text, [(scenario.accept, scenario.namespaces)], seconds)[0]
    if accepts != (opinion.verdict == "accepted"):
        opinion.verdict = "accepted" if accepts else "rejected"
        values = {"why": opinion.verdict, "match": scenario.accept}
        opinion.findings.append(own.finding(Problem("EI-ENGINE", values), lang))


def _alone(report: Report, opinion: Opinion, lang: str) -> None:
    report.verdict, report.reason = opinion.verdict, None
    report.findings += opinion.findings
    report.rules = opinion.ran
    report.scenario = opinion.report.scenario.name if opinion.report.scenario else None


def _beside(report: Report, opinion: Opinion, lang: str) -> None:
    """Our verdict with the differences; what only we would accept is unchecked."""
    if report.verdict == "unchecked":
        return
    scenario = opinion.report.scenario
    if scenario is None and _has_no_scenario(report):
        values = {"why": "scenario", "profile": report.profile or "unknown"}
        report.findings.append(own.finding(Problem("EI-ENGINE", values), lang))
        return
    different = comparing.explained(report.findings, report.rules, opinion.findings, opinion.report, lang)
    different += [finding for finding in opinion.findings if finding.rule == "EI-ENGINE"]
    report.scenario = scenario.name if scenario else None
    report.rules = report.rules + opinion.ran
    if report.verdict != opinion.verdict:
        values = {"why": "verdict", "native": report.verdict, "official": opinion.verdict}
        finding = own.finding(Problem("EI-ENGINE", values), lang)
        different.insert(0, finding)
        if report.verdict == "accepted" and report.profile not in OWN_RULES:
            report.verdict, report.reason = "unchecked", finding.message
    report.findings += different


def _has_no_scenario(report: Report) -> bool:
    """Whether we judge by rules that no configuration of KoSIT has, or say ourselves that there is no scenario."""
    return report.profile in OWN_RULES or any(finding.rule == "EI-PROFILE" for finding in report.findings)
