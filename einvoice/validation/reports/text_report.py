"""The report for a person at a terminal: a line per document, its findings below, a sum at the end."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TextIO

from einvoice.validation.report import Finding, Report
from einvoice.validation.reports.visible import one_line

WORDS = {
    "de": {
        "accepted": "angenommen",
        "rejected": "abgelehnt",
        "unchecked": "nicht geprüft",
        "error": "Fehler",
        "warning": "Warnung",
        "information": "Hinweis",
        "line": "Zeile",
        "documents": "Rechnungen geprüft",
        "document": "Rechnung geprüft",
        "pdfa None": "PDF/A-{} laut Angabe",
        "pdfa True": "PDF/A-{} bestätigt",
        "pdfa False": "PDF/A-{} widerlegt",
    },
    "en": {
        "accepted": "accepted",
        "rejected": "rejected",
        "unchecked": "unchecked",
        "error": "error",
        "warning": "warning",
        "information": "information",
        "line": "line",
        "documents": "invoices checked",
        "document": "invoice checked",
        "pdfa None": "claims PDF/A-{}",
        "pdfa True": "PDF/A-{} confirmed",
        "pdfa False": "PDF/A-{} refuted",
    },
}
_COLOURS = {
    "accepted": "32",
    "rejected": "31",
    "unchecked": "33",
    "error": "31",
    "warning": "33",
    "information": "36",
}


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """Text in German or English; coloured on a terminal unless NO_COLOR is set."""
    words, paint = WORDS[lang], _painter(stream)
    count: Counter[str] = Counter()
    for report in reports:
        count[report.verdict] += 1
        stream.write(_headline(report, words, paint) + "\n")
        stream.writelines(f"    {_line(finding, words, paint)}\n" for finding in report.findings)
        stream.flush()
    stream.write(summed(count, lang) + "\n")


def summed(count: Mapping[str, int], lang: str) -> str:
    """How many invoices were checked and with which verdicts; `count` goes by verdict."""
    words = WORDS[lang]
    found = {verdict: count.get(verdict, 0) for verdict in ("accepted", "rejected", "unchecked")}
    total = sum(found.values())
    parts = [f"{number} {words[verdict]}" for verdict, number in found.items() if number]
    return f"{total} {words['document' if total == 1 else 'documents']}: {', '.join(parts) or '–'}"


def _headline(report: Report, words: dict[str, str], paint: "Painter") -> str:
    about = [report.profile or ""]
    if report.invoice and report.invoice.number:
        about = [report.invoice.number, *about]
    if report.reason:
        about.append(report.reason)
    if report.pdf and report.pdf.pdfa:
        about.append(words[f"pdfa {report.pdf.pdfa_valid}"].format(report.pdf.pdfa))
    rest = ", ".join(part for part in about if part)
    tail = printable(report.name + (f"  ({rest})" if rest else ""))
    return f"{paint(report.verdict, words[report.verdict])}  {tail}"


def _line(finding: Finding, words: dict[str, str], paint: "Painter") -> str:
    where = f" ({words['line']} {finding.line})" if finding.line else ""
    hint = f" {finding.hint}" if finding.hint else ""
    label = paint(finding.severity, words[finding.severity])
    return f"{label}: " + printable(f"{finding.message}{hint}{where} [{finding.rule}]")


def printable(text: str) -> str:
    """The text on one line, without control characters: an invoice must not steer the terminal."""
    return text if text.isprintable() else one_line(text)


class Painter:
    """Colours words by verdict or severity, or leaves them alone."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, kind: str, text: str) -> str:
        return f"\033[{_COLOURS[kind]}m{text}\033[0m" if self.on else text


def _painter(stream: TextIO) -> Painter:
    import os

    return Painter(stream.isatty() and not os.environ.get("NO_COLOR"))
