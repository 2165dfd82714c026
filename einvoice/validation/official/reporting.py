"""The official engine's report in the words of ours: findings, verdict, and how the two engines differ."""

from collections import Counter
from collections.abc import Iterable

from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.official import OfficialReport
from einvoice.validation.report import Finding, Verdict


def as_findings(report: OfficialReport, lang: str, specification: str = "") -> list[Finding]:
    """What the official engine found, as findings: ids, levels and texts are its own.

    `specification` is BT-24, for the sentence. A stylesheet that aborts is EI-ABORT, a missing scenario
    EI-PROFILE, a schema error EI-XSD.
    """
    problems = [*report.schema]
    if report.scenario is None:
        problems.append(Problem("EI-PROFILE", {"why": "unknown", "specification": specification}))
    problems += [
        Problem("EI-ABORT", {"why": "official", "stylesheet": name, "detail": detail[:300]})
        for name, detail in report.aborted
    ]
    found = [own.finding(problem, lang) for problem in problems]
    for one in report.findings:
        found.append(Finding(one.rule, one.severity, "business", one.text, location=one.location or None))
    return found


def verdict(report: OfficialReport) -> Verdict:
    """`undefined` is a rejection here: nothing is accepted because a stylesheet gave up."""
    return "accepted" if report.recommendation == "accept" else "rejected"


def differences(native: Iterable[Finding], official: Iterable[Finding]) -> list[Problem]:
    """EI-ENGINE for each (rule, severity) that one engine found and the other did not.

    Compared are official rules and the six findings of ours that decide, not our advice.
    """
    ours, theirs = _counted(native), _counted(official)
    found = []
    for rule, severity in sorted(ours.keys() ^ theirs.keys()):
        why = "native" if (rule, severity) in ours else "official"
        count = max(ours[rule, severity], theirs[rule, severity])
        values = {"why": why, "rule": rule, "severity": severity, "count": str(count)}
        found.append(Problem("EI-ENGINE", values))
    return found


def _counted(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter(
        (f.rule, f.severity) for f in findings if not f.rule.startswith("EI-") or own.decides(f.rule)
    )
