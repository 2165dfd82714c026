"""One row per finding for a spreadsheet; a document without findings has one row as well."""

import csv
from collections.abc import Iterable
from typing import TextIO

from einvoice.formats.cells import harmless
from einvoice.validation.report import Finding, Report

COLUMNS = (
    "file", "document", "verdict", "reason", "profile", "number", "seller", "gross", "currency", "rule",
    "severity", "class", "location", "line", "message",
)  # fmt: skip


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """CSV with a header, comma-separated, CRLF. No cell can become a formula of a spreadsheet."""
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for report in reports:
        findings: list[Finding | None] = [*report.findings]
        for finding in findings or [None]:
            table.writerow([harmless(cell) for cell in _row(report, finding)])


def _row(report: Report, finding: Finding | None) -> list[str]:
    invoice = report.invoice
    head = [report.file, report.document, report.verdict, report.reason, report.profile]
    says = [invoice.number, invoice.seller, invoice.gross, invoice.currency] if invoice else [None] * 4
    found: list[object] = [None] * 6
    if finding:
        line = finding.line
        found = [finding.rule, finding.severity, finding.cls, finding.location, line, finding.message]
    return ["" if cell is None else str(cell) for cell in [*head, *says, *found]]
