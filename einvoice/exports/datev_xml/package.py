"""A batch as packages for DATEV XML online: flat zips, split where one would be too big, each file judged first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from einvoice.approval.batches import name
from einvoice.approval.postings import checked_settings
from einvoice.errors import Refused
from einvoice.exports import datev_settings
from einvoice.exports.closed import Closed
from einvoice.exports.datev_bookings import bookings
from einvoice.exports.datev_xml import settings
from einvoice.exports.datev_xml.documents import Entry, document, ledger
from einvoice.exports.files import File, Left, Output, left
from einvoice.exports.invoices import original
from einvoice.exports.packing import packed
from einvoice.exports.provided_schema import demand_valid

Item = tuple[Entry, bytes, bytes]
"""An invoice: what document.xml says of it, its ledger, its file."""


def package(closed: Closed) -> Output:
    """Zips of invoices with their bookings. Raises Refused where a schema is missing or does not hold."""
    policy = settings.read(closed.policy(settings.POLICY))
    posting = checked_settings(closed.policy("posting"))
    items, nothing = _items(closed, policy, posting)
    parts = list(_sized(items, policy))
    if not parts:
        raise Refused(
            f"Batch {name(closed.batch)}: there is nothing to book.",
            f"Stapel {name(closed.batch)}: Es gibt nichts zu buchen.",
        )
    files = []
    for number, part in enumerate(parts, 1):
        label = f"{'DEMO ' if closed.batch.demo else ''}Stapel {name(closed.batch)}"
        listed = document([entry for entry, _, _ in part], label, closed.shut, policy.folder)
        demand_valid(listed, policy.schema / settings.DOCUMENT, "document.xml")
        inside = [("document.xml", listed)]
        for entry, booked, whole in part:
            inside += [(entry.ledger, booked), (entry.file, whole)]
        several = f"_{number}" if len(parts) > 1 else ""
        files.append(File(f"{closed.stem}_datev{several}.zip", packed(inside)))
    return Output(files, nothing)


def _items(
    closed: Closed, policy: settings.Package, posting: Mapping[str, Any]
) -> tuple[list[Item], list[Left]]:
    given = datev_settings.read(closed.policy(datev_settings.POLICY))
    items, nothing = [], []
    for row in closed.rows:
        said: dict[str, Any] = row.content or {}
        made = bookings(said, given, int(posting["account_length"]))
        if not made:
            nothing.append(
                left(row, "nothing-to-book", "alle Buchungen sind 0,00", "all its bookings are 0.00")
            )
            continue
        if not said["issue_date"]:
            raise Refused(
                f"Invoice {said['number']} states no date: it cannot be booked.",
                f"Rechnung {said['number']} nennt kein Datum: sie lässt sich nicht buchen.",
            )
        booked = ledger(said, made, posting)
        demand_valid(booked, policy.schema / settings.LEDGER, str(said["number"]))
        ending, whole = original(closed, row)
        stem = f"{row.position:05d}"
        digest = said["delivery_sha256"] or said["sha256"]
        period = f"{date.fromisoformat(said['issue_date']):%Y-%m}"
        entry = Entry(digest, str(said["number"])[:40], period, f"{stem}_buchung.xml", f"{stem}.{ending}")
        items.append((entry, booked, whole))
    return items, nothing


def _sized(items: Sequence[Item], policy: settings.Package) -> Iterator[list[Item]]:
    """Invoices package by package, each within what is taken at once."""
    part: list[Item] = []
    size = 0
    for item in items:
        more = len(item[1]) + len(item[2])
        if part and (2 * len(part) + 3 > policy.most_files or size + more > policy.most_bytes):
            yield part
            part, size = [], 0
        part.append(item)
        size += more
    if part:
        yield part
