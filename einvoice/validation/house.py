"""A town's house rules on one document: findings beside the official ones, which they never change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from einvoice import rulebook
from einvoice.errors import RulebookError, Unchecked, UsageError
from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.model.location import Locator
from einvoice.model.problem import Problem
from einvoice.rulebook.names import SYNTAXES
from einvoice.validation import own
from einvoice.validation.report import Finding, RanRules

Lang = Literal["de", "en"]


@dataclass(slots=True)
class HouseResult:
    """What house rules found, which ran, and why some could not be run (None: all ran)."""

    findings: list[Finding] = field(default_factory=list)
    ran: list[RanRules] = field(default_factory=list)
    failed: str | None = None


def judge_house(
    root: etree._Element, syntax: str, release: rulebook.Release, folders: Sequence[str], lang: Lang
) -> HouseResult:
    """Runs the house rules in some folders. A set that fails is said in a finding (EI-HOUSE) and in `failed`."""
    from einvoice.rulebook.house import house

    result = HouseResult()
    for folder in folders if syntax in SYNTAXES else ():
        try:
            book = house(Path(folder), release, syntax)
            breaches = book.judge(root)
        except (RulebookError, UsageError, Unchecked, OSError) as error:
            result.failed = str(error)
            result.findings.append(own.finding(Problem("EI-HOUSE", {"detail": str(error)}), lang))
            continue
        result.findings += [_finding(breach, lang) for breach in breaches]
        result.ran += [RanRules(ran.name, ran.version, ran.digest) for ran in book.ran]
    return result


def _finding(breach: rulebook.Breach, lang: Lang) -> Finding:
    rule, element = breach.rule, breach.element
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        cls="advice",
        message=rule.message(lang, breach),
        hint=rule.hint(lang, breach),
        terms=rule.terms,
        location=Locator().path(element),
        line=int(element.sourceline) if isinstance(element.sourceline, int) else None,
        values=breach.values,
    )


def in_child(
    data: bytes, release: str, installed: list[str], folders: list[str], lang: Lang
) -> dict[str, Any]:
    """What a limited process runs for one invoice: findings, rules that ran, why some did not."""
    from dataclasses import asdict

    chosen = rulebook.release(release, installed=map(Path, installed))
    root = xml.parse(data)
    result = judge_house(root, KNOWN_ROOTS.get(root.tag, ""), chosen, folders, lang)
    return asdict(result)
