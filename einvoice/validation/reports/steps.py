"""The findings of a report by the step of validation that made them: schema, then each set of rules."""

from dataclasses import dataclass, field

from einvoice.validation import own
from einvoice.validation.report import Finding, RanRules, Report

_NATIONAL = ("BR-DE", "BR-TMP", "PEPPOL-")
"""How rules of XRechnung (its CIUS, extension, CVD) begin; the others are those of EN 16931."""


@dataclass(slots=True)
class Step:
    """A set of rules that ran, and what it found."""

    ran: RanRules
    findings: list[Finding] = field(default_factory=list)


def of_schema(report: Report) -> list[Finding]:
    """What the schema found."""
    return [finding for finding in report.findings if finding.rule == "EI-XSD"]


def of_rules(report: Report) -> list[Step]:
    """The sets of rules that gave the verdict, in the order they ran; an abort belongs to the first."""
    engine = "official" if report.engine == "official" else "native"
    found = [Step(ran) for ran in report.rules if ran.engine == engine]
    for finding in report.findings:
        if found and (not finding.rule.startswith("EI-") or finding.rule == "EI-ABORT"):
            _step(found, finding).findings.append(finding)
    return found


def advice(report: Report) -> list[Finding]:
    """Findings of ours that no official rule makes and that decide nothing."""
    return [one for one in report.findings if one.rule.startswith("EI-") and not own.decides(one.rule)]


def _step(steps: list[Step], finding: Finding) -> Step:
    name = finding.values.get("stylesheet")
    if name is None and finding.rule.startswith(_NATIONAL):
        name = "xrechnung"
    return next((step for step in steps if step.ran.name == name), steps[0])
