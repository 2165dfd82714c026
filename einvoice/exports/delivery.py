"""Delivers a closed batch: the files that were made of it, through a door, in their order, then the books.

Whoever is killed in between begins again: what lies there already is told by its bytes, and is not written twice.
"""

import hashlib
from pathlib import Path

from sqlmodel import col, select

from einvoice.approval.batches import rows_of
from einvoice.approval.cashier import capacity_for_cash, said_of
from einvoice.approval.persons import Actor
from einvoice.approval.refusals import logged
from einvoice.approval.rights import Capacity
from einvoice.errors import NotDelivered, Refused
from einvoice.exports.closed import closed_batch
from einvoice.exports.describing import described
from einvoice.exports.doors.door import Door
from einvoice.exports.doors.folder import FolderDoor
from einvoice.exports.files import File
from einvoice.exports.making import made
from einvoice.exports.marks import NONE, Marks
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.archive import Archive
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Batch, Export, Invoice
from einvoice.store.work import Work


def export(store: Store, archive: Archive, who: Actor, batch_id: int, form: str, folder: Path) -> list[Path]:
    """Writes a closed batch into `folder` in a format; exporting again writes the same bytes.

    Raises Refused if the batch is open, was changed since it was closed, or the format cannot hold a row;
    NotDelivered if the folder cannot be written.
    """
    door = FolderDoor(folder, make=True)
    return [Path(one) for one in hand_over(store, archive, who, batch_id, form, door, str(folder))]


def hand_over(
    store: Store,
    archive: Archive,
    who: Actor,
    batch_id: int,
    form: str,
    door: Door,
    target: str,
    marks: Marks = NONE,
) -> list[str]:
    """Leaves the files of a batch in a format at a door, then its marks; where each file lies.

    target: what the books call it; they know the files, not the marks. Raises
    as `export`; where a file could not be delivered, that is in the books first, and the next run tries again.
    """
    acting = _demand(store, who, batch_id)
    files = made(store, archive, who, batch_id, form).files
    if door.described:
        files = described(closed_batch(store, archive, batch_id), form, files)
    with store.reading() as session:
        uuid = people.installation(session).uuid
    done: list[str] = []
    try:
        for file in files:
            done.append(door.put(file, once(uuid, batch_id, form, file)))
        for mark in marks.of(files):
            door.put(mark, once(uuid, batch_id, form, mark))
    except (NotDelivered, Refused) as error:
        _failed(store, who, batch_id, form, target, files[min(len(done), len(files) - 1)], str(error))
        raise
    _delivered(store, who, batch_id, form, target, files, said_of(acting))
    return done


def _demand(store: Store, who: Actor, batch_id: int) -> Capacity | None:
    """As what a person exports for the cash office of that town; None for the service. Raises Refused for all others,
    kept as an event.
    """
    if who.person_id == people.SERVICE:
        return None
    with logged(store, who, "export", f"batch/{batch_id}"), store.reading() as session:
        batch = session.get(Batch, batch_id)
        found = capacity_for_cash(session, who.person_id, batch.tenant_id, today()) if batch else None
        if found is None:
            raise Refused(
                f"{who.name} may not export batch {batch_id}: it takes the role cash in its town.",
                f"{who.name} darf Stapel {batch_id} nicht exportieren: dazu braucht es in der Kommune die Rolle "
                "„cash“ (Kasse).",
                "role",
            )
    return found


def once(installation: str, batch_id: int, form: str, file: File) -> str:
    """The idempotency key of a file: of this installation, batch, format, name and content; 64 hexadecimal digits."""
    said = "\n".join((installation, str(batch_id), form, file.name, hashlib.sha256(file.data).hexdigest()))
    return hashlib.sha256(said.encode()).hexdigest()


@repeated
def _failed(store: Store, who: Actor, batch_id: int, form: str, target: str, file: File, why: str) -> None:
    """Notes that a file did not get there."""
    with store.writing(who.person_id) as work:
        batch = work.session.exec(select(Batch).where(Batch.id == batch_id).with_for_update()).one()
        row = _row(work, who, batch, form, target, file)
        row.state, row.problem, row.attempts = "failed", why[:500], row.attempts + 1
        work.session.add(row)
        work.session.flush()
        work.event("export-failed", row, {"format": form, "target": target, "attempts": row.attempts})


@repeated
def _delivered(
    store: Store, who: Actor, batch_id: int, form: str, target: str, files: list[File], said: dict[str, int]
) -> None:
    with store.writing(who.person_id) as work:
        batch = work.session.exec(select(Batch).where(Batch.id == batch_id).with_for_update()).one()
        for file in files:
            row = _row(work, who, batch, form, target, file)
            if row.state != "delivered":
                row.state, row.problem, row.delivered = "delivered", None, work.time
                work.session.add(row)
        if batch.state == "closed":
            batch.state = "exported"
            ids = [row.invoice_id for row in rows_of(work.session, batch_id) if row.live]
            for invoice in work.session.exec(select(Invoice).where(col(Invoice.id).in_(ids))):
                invoice.state, invoice.since = "exported", work.time
                work.session.add(invoice)
            work.session.add(batch)
        names = [file.name for file in files]
        work.event("batch-exported", batch, {"format": form, "target": target, "files": names, **said})


def _row(work: Work, who: Actor, batch: Batch, form: str, target: str, file: File) -> Export:
    """The row of a delivery; one for each format, target and name, however often it is tried."""
    same = (
        Export.batch_id == batch.id,
        Export.format == form,
        Export.target == target,
        Export.name == file.name,
    )
    there = work.session.exec(select(Export).where(*same)).first()
    return there or Export(
        tenant_id=batch.tenant_id,
        batch_id=batch.id or 0,
        format=form,
        target=target,
        name=file.name,
        sha256=hashlib.sha256(file.data).hexdigest(),
        size=len(file.data),
        made=work.time,
        made_by=who.person_id,
        demo=batch.demo,
    )
