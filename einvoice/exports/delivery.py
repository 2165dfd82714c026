"""Exports a closed batch: files into the tenant's archive, then complete into the target folder, then the books."""

import hashlib
from pathlib import Path

from sqlmodel import col, select

from einvoice.approval.batches import rows_of
from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.exports.files import File
from einvoice.exports.making import made
from einvoice.store import durable
from einvoice.store.archive import Archive
from einvoice.store.store import Store
from einvoice.store.tables import Batch, Export, Invoice
from einvoice.store.work import Work


def export(store: Store, archive: Archive, who: Actor, batch_id: int, form: str, folder: Path) -> list[Path]:
    """Writes a closed batch into `folder` in a format; exporting again writes the same bytes.

    Raises Refused if the batch is open, was changed since it was closed, or the format cannot hold a row.
    """
    files = made(store, archive, who, batch_id, form).files
    paths = [deliver(folder, file) for file in files]
    with store.writing(who.person_id) as work:
        _record(work, who, batch_id, form, folder, files)
    return paths


def deliver(folder: Path, file: File) -> Path:
    """Writes a file complete and durable under its name; the same bytes again are the same file.

    Raises StoreError where it cannot be written, Refused where a file of that name has other bytes.
    """
    target = folder / file.name
    with durable.plainly(target):
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        if not target.exists():
            durable.write(target, file.data)
        elif target.read_bytes() != file.data:
            raise Refused(
                f"{target} is there with other content: move it away, then export again.",
                f"{target} gibt es schon mit anderem Inhalt: bitte wegräumen, dann erneut ausgeben.",
            )
        else:  # whoever wrote it may have been killed before it was durable
            durable.sync(target)
            durable.sync(folder)
    return target


def _record(work: Work, who: Actor, batch_id: int, form: str, folder: Path, files: list[File]) -> None:
    batch = work.session.exec(select(Batch).where(Batch.id == batch_id).with_for_update()).one()
    for file in files:
        _once(work, who, batch, form, folder, file)
    if batch.state == "closed":
        batch.state = "exported"
        ids = [row.invoice_id for row in rows_of(work.session, batch_id) if row.live]
        for invoice in work.session.exec(select(Invoice).where(col(Invoice.id).in_(ids))):
            invoice.state, invoice.since = "exported", work.time
            work.session.add(invoice)
        work.session.add(batch)
    work.event("batch-exported", batch, {"format": form, "files": [file.name for file in files]})


def _once(work: Work, who: Actor, batch: Batch, form: str, folder: Path, file: File) -> None:
    """The row of an export; one for each format, target and name, however often it is written."""
    same = (
        Export.batch_id == batch.id,
        Export.format == form,
        Export.target == str(folder),
        Export.name == file.name,
    )
    if work.session.exec(select(Export).where(*same)).first():
        return
    work.add(
        Export(
            tenant_id=batch.tenant_id,
            batch_id=batch.id or 0,
            format=form,
            target=str(folder),
            name=file.name,
            sha256=hashlib.sha256(file.data).hexdigest(),
            size=len(file.data),
            state="delivered",
            made=work.time,
            made_by=who.person_id,
            delivered=work.time,
            demo=batch.demo,
        )
    )
