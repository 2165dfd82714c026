"""A profile applied to a closed batch: the batch as its expressions see it, companions, the files in their order."""

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from einvoice.approval.batches import name
from einvoice.errors import Refused
from einvoice.exports import invoices, numbers
from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.exports.profiles.case import Case, Row
from einvoice.exports.profiles.counting import keys
from einvoice.exports.profiles.filling import Filling
from einvoice.exports.profiles.profile import Profile
from einvoice.exports.profiles.writing import Written, file_name, write
from einvoice.exports.vouchers import voucher_of
from einvoice.store.seals import sha256
from einvoice.store.tables import BatchRow, Master
from einvoice.store.times import in_berlin


def _voucher(closed: Closed, row: BatchRow) -> bytes:
    """The Anordnungsbeleg as PDF/A. Raises Refused where it cannot be typeset here."""
    made = voucher_of(closed, row)
    if not made.name.endswith(".pdf"):
        raise Refused(
            "The voucher as PDF needs the extra `pdf`: pip install 'einvoice-pipeline[pdf]'.",
            "Der Anordnungsbeleg als PDF braucht die Erweiterung `pdf`: pip install 'einvoice-pipeline[pdf]'.",
        )
    return made.data


_COMPANIONS: dict[str, Callable[[Closed, BatchRow], bytes]] = {
    "original": lambda closed, row: invoices.original(closed, row)[1],
    "view": invoices.view,
    "order": _voucher,
}


def export(profile: Profile, closed: Closed) -> Output:
    """The files of a batch: companions, the profile's own with their checksums, the trigger last. Raises Refused."""
    applied = apply(profile, closed)
    written = write(profile, applied.case)
    files = [*applied.companions, *(file for one in written for file in _files(profile, one))]
    if profile.form.file.trigger:
        files += [File(_stem(one.name) + profile.form.file.trigger, b"") for one in written]
    return Output(_once(files), numbers=applied.case.numbers, wanted=applied.wanted)


@dataclass(frozen=True, slots=True)
class Applied:
    """A batch as a profile is filled from it, the companions that go along, and the counters it asks for."""

    case: Case
    companions: list[File]
    wanted: tuple[numbers.Wanted, ...]


def apply(profile: Profile, closed: Closed) -> Applied:
    """A batch for a profile; its numbers are those it has, and the next free ones, which nobody is given by this."""
    wanted = counted(profile, closed)
    with closed.reading() as session:
        given = numbers.allot(session, closed.batch, wanted)
        known = _known(session, profile, closed)
    rows, companions = _rows(profile, closed)
    by_position = {row.position: row for row in closed.rows}
    case = Case(
        plain_batch(closed),
        rows,
        invoice=lambda row: invoices.content(closed, by_position[row.position]),
        numbers=given,
        known=known,
    )
    return Applied(case, companions, wanted)


def counted(profile: Profile, closed: Closed) -> tuple[numbers.Wanted, ...]:
    """The counters that a profile needs for a batch."""
    rows = [plain_row(closed, row) for row in closed.rows]
    return tuple(
        numbers.Wanted(counter, form.first, form.resets == "year", tuple(keys(form.per, rows)))
        for counter, form in profile.form.counters.items()
    )


def _files(profile: Profile, written: Written) -> list[File]:
    file = File(written.name, written.data, written.remarks)
    if not profile.form.file.checksum:
        return [file]
    return [file, File(f"{written.name}.sha256", f"{sha256(written.data)}  {written.name}\n".encode())]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _once(files: list[File]) -> list[File]:
    """Files by name; the same file may go with several invoices. Raises Refused where two differ."""
    found: dict[str, File] = {}
    for file in files:
        there = found.setdefault(file.name, file)
        if there.data != file.data:
            raise Refused(f"Two files would be called {file.name}.", f"Zwei Dateien hießen {file.name}.")
    return list(found.values())


def _rows(profile: Profile, closed: Closed) -> tuple[list[Row], list[File]]:
    """The rows, each with its companions' names, and the companions themselves."""
    plain = [plain_row(closed, row) for row in closed.rows]
    if not profile.companions:
        return plain, []
    filling = Filling(profile, Case(plain_batch(closed), plain), plain)
    rows, files = [], []
    for place, (row, stored) in enumerate(zip(plain, closed.rows, strict=True)):
        attachments = []
        for one in profile.companions:
            said = {**filling.roots, "row": filling.records.row_records[place]}
            data = _COMPANIONS[one.form.kind](closed, stored)
            named = file_name(filling.said(one.name, said), demo=closed.batch.demo)
            file = File(named, data, position=row.position)
            files.append(file)
            attachments.append(_attachment(one.form.kind, file))
        rows.append(Row(row.invoice_id, row.position, row.amount, row.content, tuple(attachments)))
    return rows, files


def _attachment(kind: str, file: File) -> dict[str, Any]:
    mime = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return {
        "kind": kind, "name": file.name, "mime": mime, "bytes": len(file.data), "sha256": sha256(file.data)
    }  # fmt: skip


def plain_batch(closed: Closed) -> dict[str, Any]:
    """A batch by the names of profiles (schemas/exports/names.tsv), days and times in Europe/Berlin."""
    batch = closed.batch
    shut = closed.shut
    return {
        "number": name(batch), "serial": batch.number, "year": batch.year, "title": batch.title,
        "closed": shut.date().isoformat(), "closed_time": shut.replace(microsecond=0).isoformat(),
        "closed_by": closed.persons.get(batch.closed_by or 0), "total": batch.total, "currency": batch.currency,
        "digest": batch.digest, "demo": batch.demo, "tenant": closed.tenant.name, "tenant_title": closed.tenant.title,
    }  # fmt: skip


def plain_row(closed: Closed, row: BatchRow) -> Row:
    """A row by the names of profiles, with what nested tables of its content say."""
    said: dict[str, Any] = dict(row.content or {})
    creditor, office = said.get("creditor") or {}, said.get("office") or {}
    supply, payment = said.get("supply") or {}, said.get("payment") or {}
    said |= {
        "creditor_number": creditor.get("number"), "creditor_name": creditor.get("name"), "bic": creditor.get("bic"),
        "account_name": creditor.get("account_name"), "iban_confirmed": creditor.get("confirmed") is not None,
        "office": office.get("code"), "office_name": office.get("name"), "delivered": supply.get("delivered"),
        "remittance": payment.get("remittance"), "received": _day(said.get("received")),
        "acts": [_act(closed, act) for act in said.get("acts", ())],
    }  # fmt: skip
    return Row(row.invoice_id, row.position, row.amount or Decimal(), said)


def _act(closed: Closed, act: dict[str, Any]) -> dict[str, Any]:
    time = _local(act.get("time"))
    return {
        **act,
        "person": closed.persons.get(act.get("person") or 0),
        "time": time.isoformat() if time else None,
        "day": time.date().isoformat() if time else None,
    }


def _day(time: str | None) -> str | None:
    found = _local(time)
    return found.date().isoformat() if found else None


def _local(time: str | None) -> datetime | None:
    return in_berlin(time).replace(microsecond=0) if time else None


def _known(session: Session, profile: Profile, closed: Closed) -> dict[str, frozenset[str]]:
    """The codes of the master data that a profile asks for, by kind."""
    kinds = {one.known for record in profile.form.records() for one in record.fields.values() if one.known}
    return {
        kind: frozenset(
            session.exec(
                select(Master.code).where(Master.tenant_id == closed.tenant.id, Master.kind == kind)
            ).all()
        )
        for kind in kinds
    }
