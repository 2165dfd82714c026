"""One row per finding for a spreadsheet; a document without findings has one row as well."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TextIO

from einvoice.formats.cells import harmless
from einvoice.validation.report import Finding, Report

COLUMNS = (
    "file", "document", "verdict", "reason", "profile", "number", "seller", "gross", "currency", "rule",
    "severity", "class", "location", "line", "message",
)  # fmt: skip


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """CSV with a header, comma-separated, CRLF. No cell can become a formula of a spreadsheet."""
    join(map(piece, reports), stream)


def piece(report: Report) -> str:
    """Its rows."""
    findings: list[Finding | None] = [*report.findings]
    return _told([harmless(cell) for cell in _row(report, one)] for one in findings or [None])


def join(rows: Iterable[str], stream: TextIO) -> None:
    """The rows under their header."""
    stream.write(_told([COLUMNS]))
    stream.writelines(rows)


def _told(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()


def _row(report: Report, finding: Finding | None) -> list[str]:
    invoice = report.invoice
    head = [report.file, report.document, report.verdict, report.reason, report.profile]
    says = [invoice.number, invoice.seller, invoice.gross, invoice.currency] if invoice else [None] * 4
    found: list[object] = [None] * 6
    if finding:
        line = finding.line
        found = [finding.rule, finding.severity, finding.cls, finding.location, line, finding.message]
    return ["" if cell is None else str(cell) for cell in [*head, *says, *found]]
