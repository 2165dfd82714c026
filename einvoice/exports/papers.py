"""The papers of an invoice that go to a document system: as received, for people, the order to pay, the report.

original.pdf|xml     as received, byte for byte
ansicht.pdf          for people, PDF/A
anordnung.pdf        the Anordnungsbeleg: posting, confirmations with person, time and statement
pruefbericht.html    the validation report in words, and as data (pruefbericht.json), while it is kept
"""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import col, select

from einvoice.exports import invoices
from einvoice.exports.closed import Closed
from einvoice.exports.vouchers import voucher_of
from einvoice.store.tables import BatchRow, Report
from einvoice.validation.report import report_from
from einvoice.validation.reports import html_report


def papers(closed: Closed, row: BatchRow) -> Iterator[tuple[str, bytes]]:
    """The papers of a row, each by its name. Raises Refused for an invoice whose original cannot be had or read."""
    ending, data = invoices.original(closed, row)
    yield f"original.{ending}", data
    yield "ansicht.pdf", invoices.view(closed, row)
    beleg = voucher_of(closed, row)
    yield f"anordnung.{beleg.name.rpartition('.')[2]}", beleg.data
    report = _report(closed, row.invoice_id)
    if report is not None:
        stream = io.StringIO()
        html_report.write([report_from(dict(report))], stream, "de")
        yield "pruefbericht.html", stream.getvalue().encode("utf-8", "replace")
        yield "pruefbericht.json", as_json(report)


def as_json(said: Mapping[str, Any]) -> bytes:
    """Data as the JSON of a paper."""
    return json.dumps(dict(said), ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def printed(value: object) -> str:
    """A value as text without the characters that XML forbids."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(c if c.isprintable() else " " for c in text)


def _report(closed: Closed, invoice: int) -> Mapping[str, Any] | None:
    """The last report about an invoice; None where its time is over."""
    query = select(Report).where(Report.invoice_id == invoice).order_by(col(Report.id).desc())
    with closed.reading() as session:
        row = session.exec(query).first()
        return (row.content or {}).get("report") if row else None
