"""Makes the files of an export once: their bytes are objects of the town's archive, and every later export in that
format is these bytes again, whatever became of settings, rules or software meanwhile.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.batches import name
from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.exports.closed import EXPORTABLE, closed_batch
from einvoice.exports.files import File, Output
from einvoice.exports.formats import format_named, make
from einvoice.exports.numbers import plain, still_free
from einvoice.store.archive import Archive, tenant_area
from einvoice.store.objects import keep_object
from einvoice.store.seals import sha256
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Batch, Export, Tenant
from einvoice.store.work import Work

ARCHIVE = "archive"
"""The target of the rows that say a file was made; a row of its own says where it was delivered."""


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a batch in a format. protocol: see `protocol`."""

    files: list[File]
    protocol: dict[str, Any] = field(default_factory=dict)
    fresh: bool = False


@repeated
def made(store: Store, archive: Archive, who: Actor, batch_id: int, form: str) -> Made:
    """The files of a batch in a format: those made before, else made now. Of two who make them the first counts.

    Raises Refused if the batch is not closed, was changed since, or the format cannot hold a row.
    """
    format_named(form)
    with store.reading() as session:
        there = earlier(session, archive, batch_id, form)
    if there is not None:
        return there
    closed = closed_batch(store, archive, batch_id)
    output = make(form, closed)
    area = tenant_area(closed.tenant.name)
    for file in output.files:
        archive.put(area, file.data)
    said = protocol(form, closed.batch, closed.rows, output)
    with store.writing(who.person_id) as work:
        batch = work.session.exec(select(Batch).where(Batch.id == batch_id).with_for_update()).one()
        unmade = earlier(work.session, archive, batch_id, form) is None
        if unmade and still_free(work.session, batch, output.numbers, output.wanted):
            _record(work, archive, who, batch, closed.tenant, form, output, said)
            return Made(output.files, said, fresh=True)
    return made(store, archive, who, batch_id, form)


def earlier(session: Session, archive: Archive, batch_id: int, form: str) -> Made | None:
    """The files that were made of a batch in a format, out of the archive; None if none were."""
    query = select(Export).where(Export.batch_id == batch_id, Export.format == form, Export.target == ARCHIVE)
    rows = session.exec(query.order_by(col(Export.id))).all()
    if not rows:
        return None
    area = tenant_area(session.exec(select(Tenant.name).where(Tenant.id == rows[0].tenant_id)).one())
    said = next((row.protocol for row in rows if row.protocol), {})
    remarks = said.get("files", {})
    positions = said.get("positions", {})
    files = [
        File(
            one.name,
            archive.read(area, one.sha256),
            tuple(remarks.get(one.name, ())),
            positions.get(one.name),
        )
        for one in rows
    ]
    return Made(files, said)


def protocol(form: str, batch: Batch, rows: Any, output: Output) -> dict[str, Any]:
    """What is said of an export besides its files, to be kept with it."""
    return {
        "format": form,
        "class": format_named(form).standing,
        "batch": name(batch),
        "digest": batch.digest,
        "demo": batch.demo,
        "rows": len(rows),
        "in_files": len(rows) - len({one.position for one in output.left}),
        "left": [one.plain() for one in output.left],
        "files": {file.name: list(file.remarks) for file in output.files},
        "details": list(output.details),
        "remarks": [{"de": de, "en": en} for de, en in output.remarks],
        "numbers": plain(output.numbers),
        "positions": {file.name: file.position for file in output.files if file.position is not None},
    }


def _record(
    work: Work,
    archive: Archive,
    who: Actor,
    batch: Batch,
    tenant: Tenant,
    form: str,
    output: Output,
    said: dict[str, Any],
) -> None:
    if batch.state not in EXPORTABLE:
        raise Refused(
            f"Batch {batch.id} was reopened meanwhile.", f"Stapel {batch.id} wurde inzwischen geöffnet."
        )
    for number, file in enumerate(output.files):
        keep_object(work, archive, tenant_area(tenant.name), file.data, tenant.id)
        work.add(
            Export(
                tenant_id=batch.tenant_id,
                batch_id=batch.id or 0,
                format=form,
                target=ARCHIVE,
                name=file.name,
                sha256=sha256(file.data),
                size=len(file.data),
                state="made",
                made=work.time,
                made_by=who.person_id,
                demo=batch.demo,
                protocol=said if number == 0 else None,
            )
        )
    names = [file.name for file in output.files]
    work.event("export-made", batch, {"format": form, "files": names, "left": said["left"]})
