"""Each town's daily overview: `uebersicht.html` and `uebersicht.xlsx`, the invoices of the days before with their
findings in words, in a folder the town names.

It reaches from the day of the last overview, so that no day is left out where runs were; each file is complete or
as it was before.
"""

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from einvoice.errors import EinvoiceError
from einvoice.formats.spreadsheet import missing
from einvoice.pipeline.workplace import Opened
from einvoice.render.states import state
from einvoice.store import people
from einvoice.store.durable import write
from einvoice.store.tables import Invoice, Report, Tenant
from einvoice.store.times import BERLIN, stamp
from einvoice.validation.report import Report as Verdict
from einvoice.validation.report import report_from
from einvoice.validation.reports import writer

POLICY = "overview"
"""The tenant's policy: `{"folder": "/mnt/…"}`; empty: none."""

_NAME = "uebersicht"
_INVOICES = (
    "Nr.",
    "Datei",
    "Rechnung",
    "Verkäufer",
    "Datum",
    "Fällig",
    "Brutto",
    "Währung",
    "Urteil",
    "Stand",
)
_FINDINGS = ("Nr.", "Rechnung", "Schwere", "Befund", "Was zu tun ist", "Stelle", "Regel")
_WORDS = {
    "accepted": "angenommen",
    "rejected": "abgelehnt",
    "unchecked": "nicht geprüft",
    "error": "Fehler",
    "warning": "Warnung",
    "information": "Hinweis",
}

Seen = Sequence[tuple[Invoice, Verdict]]
"""Invoices, each with its newest report."""


def write_overviews(place: Opened, today: date) -> list[EinvoiceError]:
    """Writes what is not of today yet; the problems, one for each town that could not have it."""
    problems: list[EinvoiceError] = []
    with place.store.reading() as session:
        folders = {
            number: Path(row.value["folder"])
            for number, row in people.policies(session, POLICY).items()
            if row.value and row.value.get("folder")
        }
        towns = [town for town in people.tenants(session) if town.id in folders]
    for town in towns:
        try:
            _write(place, town, folders[town.id or 0], today)
        except EinvoiceError as error:
            problems.append(EinvoiceError(f"{town.title}: {error}", f"{town.title}: {error.said('de')}"))
    return problems


def _write(place: Opened, town: Tenant, folder: Path, today: date) -> None:
    if not folder.is_dir():
        raise EinvoiceError(f"{folder} is not there.", f"{folder} fehlt.")
    page, book = folder / f"{_NAME}.html", folder / f"{_NAME}.xlsx"
    last = min(_day_of(page), _day_of(book))
    if last >= today:
        return
    first = today - timedelta(days=1) if last == date.min else last
    with place.store.reading(town.id) as session:
        seen = _seen(session, first, today)
    text = io.StringIO()
    writer("html")((report for _, report in seen), text, "de")
    write(page, text.getvalue().encode("utf-8", "replace"))
    write(book, workbook(seen))


def _day_of(file: Path) -> date:
    """The day of a file; the first there is if it is missing."""
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, BERLIN).date()
    except OSError:
        return date.min


def _seen(session: Session, first: date, end: date) -> Seen:
    """The invoices received from a day on, before another (Europe/Berlin), with their newest reports."""
    since, until = (stamp(datetime(day.year, day.month, day.day, tzinfo=BERLIN)) for day in (first, end))
    query = (
        select(Invoice, Report)
        .join(Report, col(Report.invoice_id) == Invoice.id)
        .where(col(Invoice.received) >= since, col(Invoice.received) < until)
        .order_by(col(Invoice.id), col(Report.id))
    )
    newest = {invoice.id: (invoice, report) for invoice, report in session.exec(query)}
    return [(invoice, report_from((row.content or {})["report"])) for invoice, row in newest.values()]


def workbook(seen: Seen) -> bytes:
    """The sheets `Rechnungen` and `Befunde`. Texts are texts, whatever they begin with.

    Raises UsageError where xlsxwriter is missing.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise missing("xlsx") from None
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1), "title": "einvoice"})  # noqa: DTZ001  the same bytes each time
        _sheet(book, "Rechnungen", _INVOICES, [_invoice(row, report) for row, report in seen])
        found = [(row, finding) for row, report in seen for finding in report.findings]
        _sheet(
            book,
            "Befunde",
            _FINDINGS,
            [
                (
                    row.id,
                    row.number,
                    _WORDS[finding.severity],
                    finding.message,
                    finding.hint,
                    finding.location,
                    finding.rule,
                )
                for row, finding in found
            ],
        )
    return data.getvalue()


def _invoice(row: Invoice, report: Verdict) -> tuple[Any, ...]:
    name = row.file + (f"!/{row.path}" if row.path else "")
    words = _WORDS[report.verdict]
    return (
        row.id,
        name,
        row.number,
        row.seller,
        row.issue_date,
        row.due_date,
        row.gross,
        row.currency,
        words,
        state(row.state, "de"),
    )


def _sheet(book: Any, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    money = book.add_format({"num_format": "#,##0.00"})
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            if isinstance(cell, Decimal):
                sheet.write_number(number, place, cell, money)
            elif isinstance(cell, int):
                sheet.write_number(number, place, cell)
            elif cell:
                sheet.write_string(number, place, cell.encode("utf-8", "replace").decode()[:32_000])
    widths = [min(60, max(8, *(len(str(row[i] or "")) for row in rows), len(heads[i])) + 2) if rows else 14
              for i in range(len(heads))]  # fmt: skip
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
