"""Of which batch a file is an export: byte for byte, or how it differs from the one that it comes closest to."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from sqlmodel import Session, col, select

from einvoice.approval.batches import rows_of
from einvoice.exports.differing import Difference, differences
from einvoice.exports.extf import document_number
from einvoice.exports.making import ARCHIVE
from einvoice.store.archive import Archive, tenant_area
from einvoice.store.seals import sha256
from einvoice.store.store import Store
from einvoice.store.tables import Batch, BatchRow, Export, Tenant

_WORDS = bytes(one if chr(one).isascii() and chr(one).isalnum() else 32 for one in range(256))
_LOOKED_AT = 500
"""So many of the newest exports are compared with a file whose name says nothing."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A file and the export it is, or comes closest to. deliveries: where the export went and when.

    differences: none if it is that export, byte for byte. invoices: the invoice a difference is about, by its key.
    """

    export: Export
    batch: Batch
    tenant: Tenant
    deliveries: Sequence[Export]
    differences: Sequence[Difference] = ()
    invoices: Mapping[str, BatchRow] = field(default_factory=dict)

    @property
    def genuine(self) -> bool:
        """Whether it is an export, byte for byte, of a batch that still counts."""
        return not self.differences and self.batch.state != "reopened"


def verified(
    store: Store, archive: Archive, data: bytes, name: str, seen: Callable[[int], bool] = lambda tenant: True
) -> Verified | None:
    """What a file is. None if nothing that was exported is like it; seen: whether a tenant may be looked into.

    Raises StoreError where the archive cannot be read.
    """
    with store.reading() as session:
        made = select(Export).where(Export.target == ARCHIVE).order_by(col(Export.id).desc())
        same = made.where(Export.sha256 == sha256(data))
        for export in session.exec(same):
            if seen(export.tenant_id):
                return _found(session, export)
        likely = made.where(col(Export.name).in_(_names(name)))
        candidates = [one for one in session.exec(likely) if seen(one.tenant_id)]
        if not candidates:
            candidates = [one for one in session.exec(made.limit(_LOOKED_AT)) if seen(one.tenant_id)]
        best = _closest(session, archive, data, candidates)
        if best is None:
            return None
        export, ours = best
        found = _found(session, export)
        return dataclasses.replace(
            found, differences=differences(ours, data), invoices=_invoices(session, export)
        )


def _names(name: str) -> list[str]:
    """What the export may have been called: mail programs and browsers add ` (1)` and the like."""
    path = PurePath(name)
    stem = path.stem.rstrip()
    bare = (
        stem.rsplit(" (", 1)[0] if stem.endswith(")") else stem.removesuffix(" - Kopie").removesuffix("-copy")
    )
    return [path.name, f"{bare}{path.suffix}"]


def _closest(
    session: Session, archive: Archive, data: bytes, candidates: Iterable[Export]
) -> tuple[Export, bytes] | None:
    """The export that shares most lines with a file, at least one in four of its own."""
    theirs = _parts(data)
    best, most = None, 0.25
    for export in candidates:
        tenant = session.get_one(Tenant, export.tenant_id)
        if not archive.has(tenant_area(tenant.name), export.sha256):
            continue
        ours = archive.read(tenant_area(tenant.name), export.sha256)
        parts = _parts(ours)
        share = len(parts & theirs) / max(1, min(len(parts), len(theirs)))
        if share > most or (theirs and ours.startswith(data)):
            best, most = (export, ours), share
    return best


def _parts(data: bytes) -> set[bytes]:
    """Bits of a file that outlive another encoding and other line ends: runs of ASCII letters and digits."""
    return {word for word in data.replace(b"\0", b"").translate(_WORDS).split() if len(word) > 2}


def _found(session: Session, export: Export) -> Verified:
    batch = session.get_one(Batch, export.batch_id)
    query = select(Export).where(
        Export.batch_id == batch.id, Export.name == export.name, Export.format == export.format,
        Export.target != ARCHIVE,
    )  # fmt: skip
    deliveries = session.exec(query.order_by(col(Export.id))).all()
    return Verified(export, batch, session.get_one(Tenant, export.tenant_id), deliveries)


def _invoices(session: Session, export: Export) -> dict[str, BatchRow]:
    """The rows of the batch by what a file calls them: number, document number, id of the transfer."""
    rows = rows_of(session, export.batch_id)
    found: dict[str, BatchRow] = {}
    for row in rows:
        number = str((row.content or {}).get("number") or "")
        found |= {number: row, document_number(number): row}
    by_position = {row.position: row for row in rows}
    first = select(Export).where(
        Export.batch_id == export.batch_id, Export.format == export.format, Export.target == ARCHIVE
    )
    for made in session.exec(first):
        for one in (made.protocol or {}).get("details", ()):
            position = one["rows"][0]["position"]
            if position in by_position:
                found[one["id"]] = by_position[position]
    return found
