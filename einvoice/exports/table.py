"""A batch as CSV: one row per posting, the invoice's own values repeated."""

import csv
import io
from typing import Any

from einvoice.approval.batches import name
from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.formats.cells import harmless

COLUMNS = (
    "batch", "position", "number", "type_code", "issue_date", "due_date", "seller", "seller_vat_id",
    "buyer_reference", "currency", "net", "vat", "gross", "payable", "iban", "approved", "posting", "amount",
    "vat_category", "vat_rate", "tax_key", "account", "contra_account", "text", "sha256",
)  # fmt: skip
"""The columns."""


def table(closed: Closed) -> Output:
    """CSV (`;`, UTF-8 with BOM, CRLF, decimal point), as spreadsheets of German offices open it."""
    stream = io.StringIO()
    out = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    out.writerow(COLUMNS)
    for row in closed.rows:
        said: dict[str, Any] = row.content or {}
        head = {**said, "batch": name(closed.batch), "position": row.position, "approved": str(row.amount)}
        for number, posting in enumerate(said["postings"], 1):
            cells = {**head, **posting, "posting": number, "position": row.position}
            out.writerow([_cell(cells.get(column)) for column in COLUMNS])
    return Output([File(closed.stem + ".csv", stream.getvalue().encode("utf-8-sig"))])


def _cell(value: object) -> str:
    return "" if value is None else harmless(str(value))
