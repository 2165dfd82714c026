"""A batch as DATEV EXTF Buchungsstapel: which bookings its rows are. The format itself: extf.py."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.approval.batches import name
from einvoice.approval.postings import checked_settings
from einvoice.errors import Refused
from einvoice.exports import extf
from einvoice.exports.closed import Closed, Settings
from einvoice.exports.files import File, Output
from einvoice.store.tables import BatchRow
from einvoice.store.times import moment


def datev(closed: Closed) -> Output:
    """EXTF Buchungsstapel: one file per calendar month of the invoices, since a file is of one posting period."""
    settings = checked_settings(closed.policy("posting"))
    months: dict[tuple[int, int], list[BatchRow]] = {}
    for row in closed.rows:
        day = _day(row)
        months.setdefault((day.year, day.month), []).append(row)
    return Output([_month(closed, days, settings, len(months) > 1) for _, days in sorted(months.items())])


def _month(closed: Closed, rows: Sequence[BatchRow], settings: Settings, several: bool) -> File:
    batch, days = closed.batch, sorted(_day(row) for row in rows)
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
    stem = f"EXTF_{closed.stem}" + (f"_{days[0]:%Y-%m}" if several else "")
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
