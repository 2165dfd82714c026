"""The official engine's report in the words of ours: findings, verdict, and what ran."""

from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.official import Configuration, OfficialReport
from einvoice.validation.report import Finding, RanRules, Verdict


def as_findings(report: OfficialReport, lang: str, specification: str = "") -> list[Finding]:
    """What the official engine found, as findings: ids, levels and texts are its own.

    `specification` is BT-24, for the sentence. A stylesheet that aborts is EI-ABORT, a missing scenario
    EI-PROFILE, a schema error EI-XSD. `values` say which stylesheet reported, and the level as published where the
    scenario changed it.
    """
    problems = [*report.schema]
    if report.scenario is None:
        problems.append(Problem("EI-PROFILE", {"why": "official", "specification": specification or "–"}))
    problems += [
        Problem("EI-ABORT", {"why": "official", "stylesheet": name, "detail": detail[:300]})
        for name, detail in report.aborted
    ]
    found = [own.finding(problem, lang) for problem in problems]
    names = [part.name for part in report.scenario.stylesheets] if report.scenario else []
    for one in report.findings:
        values = {"stylesheet": names[one.stylesheet]} if names else {}
        if one.published != one.severity:
            values["published"] = one.published
        place = one.location or None
        found.append(
            Finding(
                one.rule, one.severity, "business", one.text, location=place, line=one.line, values=values
            )
        )
    return found


def verdict(report: OfficialReport) -> Verdict:
    """`undefined` is a rejection here: nothing is accepted because a stylesheet gave up."""
    return "accepted" if report.recommendation == "accept" else "rejected"


def ran(report: OfficialReport, configuration: Configuration) -> list[RanRules]:
    """The stylesheets that ran, by the names their publisher gives, with the configuration as their version."""
    if report.scenario is None or report.schema:
        return []
    version = " ".join(part for part in (configuration.name, configuration.date) if part)
    return [
        RanRules(part.name, version, f"sha256:{part.digest}", "official")
        for part in report.scenario.stylesheets
    ]
