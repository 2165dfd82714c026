"""Files made from a closed batch: the same bytes every time, complete or not there at all."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.approval.batches import name
from einvoice.approval.postings import checked_settings
from einvoice.errors import Refused
from einvoice.exports import extf
from einvoice.formats.cells import harmless
from einvoice.store.tables import Batch, BatchRow, Tenant
from einvoice.store.times import moment

Settings = Mapping[str, Any]
"""The tenant's policy `posting`: consultant, client, account_length, creditor, expense, fiscal_year, tax_keys."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export: its name and bytes, and what a person should know about it."""

    name: str
    data: bytes
    remarks: tuple[str, ...] = ()


def make(form: str, tenant: Tenant, batch: Batch, rows: Sequence[BatchRow], settings: Settings) -> list[File]:
    """The files of a batch in a format. Raises Refused, naming the row, for what the format cannot hold."""
    if form not in FORMATS:
        known = ", ".join(FORMATS)
        raise Refused(f"--format {form}: {known}")
    return FORMATS[form](tenant, batch, rows, settings)


def _stem(tenant: Tenant, batch: Batch) -> str:
    return f"{'DEMO_' if batch.demo else ''}{tenant.name}_{name(batch)}"


COLUMNS = (
    "batch", "position", "number", "type_code", "issue_date", "due_date", "seller", "seller_vat_id",
    "buyer_reference", "currency", "net", "vat", "gross", "payable", "iban", "approved", "posting", "amount",
    "vat_category", "vat_rate", "tax_key", "account", "contra_account", "text", "sha256",
)  # fmt: skip
"""The columns of the CSV: one row per posting, the invoice's own values repeated."""


def table(tenant: Tenant, batch: Batch, rows: Sequence[BatchRow], settings: Settings) -> list[File]:
    """CSV (`;`, UTF-8 with BOM, CRLF, decimal point), as spreadsheets of German offices open it."""
    stream = io.StringIO()
    out = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    out.writerow(COLUMNS)
    for row in rows:
        said: dict[str, Any] = row.content or {}
        head = {**said, "batch": name(batch), "position": row.position, "approved": str(row.amount)}
        for number, posting in enumerate(said["postings"], 1):
            cells = {**head, **posting, "posting": number, "position": row.position}
            out.writerow([_cell(cells.get(column)) for column in COLUMNS])
    return [File(_stem(tenant, batch) + ".csv", stream.getvalue().encode("utf-8-sig"))]


def _cell(value: object) -> str:
    return "" if value is None else harmless(str(value))


def datev(tenant: Tenant, batch: Batch, rows: Sequence[BatchRow], settings: Settings) -> list[File]:
    """EXTF Buchungsstapel: one file per calendar month of the invoices, since a file is of one posting period."""
    settings = checked_settings(settings)
    months: dict[tuple[int, int], list[BatchRow]] = {}
    for row in rows:
        day = _day(row)
        months.setdefault((day.year, day.month), []).append(row)
    return [_month(tenant, batch, days, settings, len(months) > 1) for _, days in sorted(months.items())]


def _month(tenant: Tenant, batch: Batch, rows: Sequence[BatchRow], settings: Settings, several: bool) -> File:
    days = sorted(_day(row) for row in rows)
    header = extf.Header(
        consultant=int(settings["consultant"]),
        client=int(settings["client"]),
        fiscal_year=_fiscal_year(days[0], str(settings.get("fiscal_year", "01-01"))),
        account_length=int(settings["account_length"]),
        first=days[0],
        last=days[-1],
        label=f"{'DEMO ' if batch.demo else ''}Stapel {name(batch)}",
        created=moment(batch.closed or batch.created),
    )
    written = extf.write(header, [line for row in rows for line in _bookings(row)])
    stem = f"EXTF_{_stem(tenant, batch)}" + (f"_{days[0]:%Y-%m}" if several else "")
    remarks = tuple(f"{char!r} → {plain!r}" for char, plain in written.replaced.items())
    return File(f"{stem}.csv", written.data, remarks)


def _day(row: BatchRow) -> date:
    return date.fromisoformat((row.content or {})["issue_date"])


def _fiscal_year(day: date, begins: str) -> date:
    month, first = map(int, begins.split("-"))
    start = date(day.year, month, first)
    return start if start <= day else date(day.year - 1, month, first)


def _bookings(row: BatchRow) -> list[dict[str, extf.Cell]]:
    said: dict[str, Any] = row.content or {}
    if said["currency"] != "EUR":
        raise Refused(
            f"Invoice {said['number']}: EXTF is written in EUR only, it is in {said['currency']}.",
            f"Rechnung {said['number']}: EXTF wird nur in EUR geschrieben, sie lautet auf {said['currency']}.",
        )
    return [_booking(said, posting) for posting in said["postings"] if Decimal(posting["amount"])]


def _booking(said: Mapping[str, Any], posting: Mapping[str, Any]) -> dict[str, extf.Cell]:
    """Supplier invoice: creditor in credit (H); a credit note, or a negative part, swaps to debit (S)."""
    amount = Decimal(posting["amount"])
    credit = bool(said["credit"]) != (amount < 0)
    number, due = str(said["number"] or ""), said["due_date"]
    short = extf.document_number(number)
    return {
        "Umsatz (ohne Soll/Haben-Kz)": abs(amount),
        "Soll/Haben-Kennzeichen": "S" if credit else "H",
        "WKZ Umsatz": "EUR",
        "Konto": _account(posting, "contra_account", said),
        "Gegenkonto (ohne BU-Schlüssel)": _account(posting, "account", said),
        "BU-Schlüssel": posting["tax_key"],
        "Belegdatum": date.fromisoformat(said["issue_date"]),
        "Belegfeld 1": short,
        "Buchungstext": (posting["text"] or f"{said['seller']} {number}")[:60],
        "Beleginfo - Art 1": "Rechnungsnummer" if short != number else None,
        "Beleginfo - Inhalt 1": number[:210] if short != number else None,
        "Festschreibung": 0,
        "Fälligkeit": date.fromisoformat(due) if due else None,
    }


def _account(posting: Mapping[str, Any], key: str, said: Mapping[str, Any]) -> int:
    if not str(posting[key] or "").isdigit():
        raise Refused(
            f"Invoice {said['number']}: {key} {posting[key]!r} is no account number.",
            f"Rechnung {said['number']}: {key} {posting[key]!r} ist keine Kontonummer.",
        )
    return int(posting[key])


FORMATS: dict[str, Callable[[Tenant, Batch, Sequence[BatchRow], Settings], list[File]]] = {
    "datev-extf": datev,
    "csv": table,
}
"""The formats there are."""
