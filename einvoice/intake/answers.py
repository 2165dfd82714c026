"""What an answer says: result, number and findings in words; never anything of the invoice beyond its number."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from einvoice.errors import ConfigurationError
from einvoice.intake.addressed import told
from einvoice.store.times import BERLIN
from einvoice.validation.report import Report

LETTERS = Path(__file__).with_name("letters")
_MOST = 30
"""Findings of one invoice that an answer lists."""

_SUBJECTS = {
    "de": {True: "Ihre Rechnung {0}: abgelehnt", False: "Ihre Rechnung {0}: eingegangen"},
    "en": {True: "Your invoice {0}: rejected", False: "Your invoice {0}: received"},
}
_SEVERAL = {"de": "{0} Rechnungen", "en": "{0} invoices"}


@dataclass(frozen=True, slots=True)
class Words:
    """An answer in words."""

    subject: str
    text: str
    html: str


def has_invoice(reports: list[Report]) -> bool:
    """Whether there is anything to answer: a delivery without an invoice gets no answer."""
    return any(finding.rule != "EI-NOINVOICE" for one in reports for finding in one.findings) or any(
        one.verdict == "accepted" for one in reports
    )


def words(
    reports: list[Report],
    received: datetime,
    lang: str,
    tenant: str | None = None,
    letters: Path | None = None,
) -> Words:
    """The answer about a delivery. letters: a folder with templates of one's own (de.txt.j2, de.html.j2, …).

    Raises ConfigurationError for a template that does not work.
    """
    rejected = any(one.verdict == "rejected" for one in reports)
    numbers = [one.invoice.number for one in reports if one.invoice and one.invoice.number]
    name = numbers[0] if len(reports) == 1 and numbers else ""
    subject = _SUBJECTS[lang][rejected].format(
        name if len(reports) == 1 else _SEVERAL[lang].format(len(reports))
    )
    said: dict[str, Any] = {
        "lang": lang,
        "invoices": [_invoice(one) for one in reports],
        "received": received.astimezone(BERLIN).strftime(
            "%d.%m.%Y, %H:%M" if lang == "de" else "%Y-%m-%d %H:%M"
        ),
        "tenant": tenant,
        "rejected": rejected,
        "subject": " ".join(subject.split()),
    }
    text = _filled(f"{lang}.txt.j2", said, letters)
    return Words(said["subject"], text, _filled(f"{lang}.html.j2", {**said, "text": text}, letters))


def _invoice(report: Report) -> dict[str, Any]:
    found = (
        [one for one in report.findings if one.severity == "error"] if report.verdict == "rejected" else []
    )
    return {
        "number": report.invoice.number if report.invoice else None,
        "document": report.document,
        "accepted": report.verdict == "accepted",
        "findings": [told(one) for one in found[:_MOST]],
        "more": max(0, len(found) - _MOST),
    }


def _filled(name: str, said: dict[str, Any], letters: Path | None) -> str:
    from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    folders = [str(folder) for folder in (letters, LETTERS) if folder is not None]
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=name.endswith(".html.j2"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    try:
        return environment.get_template(name).render(said)
    except (TemplateError, ArithmeticError, TypeError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"The template {name} cannot be filled: {error}",
            f"Die Vorlage {name} lässt sich nicht füllen: {error}",
        ) from None
