"""A batch as DATEV EXTF Buchungsstapel: one file per posting period, within the rows that one file takes.

The bookings of an invoice stand in one file. The format itself: extf.py; what is booked: datev_bookings.py.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from einvoice.approval.batches import name
from einvoice.approval.postings import checked_settings
from einvoice.errors import Refused
from einvoice.exports import datev_settings, extf
from einvoice.exports.closed import Closed, Settings
from einvoice.exports.datev_bookings import Booking, bookings
from einvoice.exports.datev_settings import Datev
from einvoice.exports.files import File, Left, Output, left
from einvoice.store.tables import BatchRow

Booked = tuple[BatchRow, list[Booking]]
"""A row of the batch and its bookings."""


def datev(closed: Closed) -> Output:
    """EXTF files. Raises Refused, naming the invoice, for what the format cannot hold."""
    posting = checked_settings(closed.policy("posting"))
    settings = datev_settings.read(closed.policy(datev_settings.POLICY))
    booked, nothing = _booked(closed.rows, settings, int(posting["account_length"]))
    periods: dict[tuple[date, int, int], list[Booked]] = {}
    for one in booked:
        day = _day(one[0])
        periods.setdefault((_fiscal_year(day, posting), day.year, day.month), []).append(one)
    parts = [part for _, rows in sorted(periods.items()) for part in _sized(rows, settings.most_rows)]
    if not parts:
        raise Refused(
            f"Batch {name(closed.batch)}: there is nothing to book.",
            f"Stapel {name(closed.batch)}: Es gibt nichts zu buchen.",
        )
    files = [
        _file(closed, part, posting, settings, f"_{place}" if len(parts) > 1 else "")
        for place, part in zip(_places(parts), parts, strict=True)
    ]
    return Output(files, nothing, tuple(_alike(booked)))


def _booked(rows: Sequence[BatchRow], settings: Datev, length: int) -> tuple[list[Booked], list[Left]]:
    booked, nothing = [], []
    for row in rows:
        made = bookings(row.content or {}, settings, length)
        if made:
            booked.append((row, made))
        else:
            nothing.append(
                left(row, "nothing-to-book", "alle Buchungen sind 0,00", "all its bookings are 0.00")
            )
    return booked, nothing


def _sized(rows: Sequence[Booked], most: int) -> Iterator[list[Booked]]:
    """Rows in parts of at most so many bookings, none torn apart."""
    part: list[Booked] = []
    count = 0
    for row, made in rows:
        if len(made) > most:
            raise Refused(
                f"Invoice {(row.content or {})['number']}: {len(made)} bookings, a file takes {most}.",
                f"Rechnung {(row.content or {})['number']}: {len(made)} Buchungen, eine Datei fasst {most}.",
            )
        if part and count + len(made) > most:
            yield part
            part, count = [], 0
        part.append((row, made))
        count += len(made)
    if part:
        yield part


def _places(parts: Sequence[Sequence[Booked]]) -> list[str]:
    """What tells the files apart: the month, and a number where a month has several."""
    months = [f"{_day(part[0][0]):%Y-%m}" for part in parts]
    return [
        month if months.count(month) == 1 else f"{month}_{months[: place + 1].count(month)}"
        for place, month in enumerate(months)
    ]


def _file(closed: Closed, rows: Sequence[Booked], posting: Settings, settings: Datev, place: str) -> File:
    batch, days = closed.batch, sorted(_day(row) for row, _ in rows)
    header = extf.Header(
        consultant=int(posting["consultant"]),
        client=int(posting["client"]),
        fiscal_year=_fiscal_year(days[0], posting),
        account_length=int(posting["account_length"]),
        first=days[0],
        last=days[-1],
        label=f"{'DEMO ' if batch.demo else ''}Stapel {name(batch)}",
        created=closed.shut,
        locked=settings.locked,
    )
    written = extf.write(header, [line for _, made in rows for line in made], settings.encoding)
    remarks = tuple(f"{char!r} → {plain!r}" for char, plain in written.replaced.items())
    return File(f"EXTF_{closed.stem}{place}.csv", written.data, remarks)


def _alike(booked: Sequence[Booked]) -> Iterator[tuple[str, str]]:
    """Different invoice numbers of one creditor that are one document number: open items would be mixed up."""
    known: dict[tuple[object, object], str] = {}
    for row, made in booked:
        number = str((row.content or {})["number"])
        key = made[0]["Konto"], made[0]["Belegfeld 1"]
        other = known.setdefault(key, number)
        if other != number:
            yield (
                f"Rechnungen {other} und {number} haben beide Belegfeld 1 {key[1]}.",
                f"Invoices {other} and {number} both have Belegfeld 1 {key[1]}.",
            )


def _day(row: BatchRow) -> date:
    said = row.content or {}
    if not said["issue_date"]:
        raise Refused(
            f"Invoice {said['number']} states no date: it cannot be booked.",
            f"Rechnung {said['number']} nennt kein Datum: sie lässt sich nicht buchen.",
        )
    return date.fromisoformat(said["issue_date"])


def _fiscal_year(day: date, posting: Settings) -> date:
    """The first day of the fiscal year that a day is in; a posting period lies in one."""
    month, first = map(int, str(posting.get("fiscal_year", "01-01")).split("-"))
    start = date(day.year, month, first)
    return start if start <= day else date(day.year - 1, month, first)
