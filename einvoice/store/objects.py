"""The rows that say which objects lie in which area of the archive."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import and_
from sqlmodel import Session, col, delete, select

from einvoice.store import bulk, seals
from einvoice.store.archive import Archive
from einvoice.store.asked import among, asked
from einvoice.store.bulk import made, put
from einvoice.store.tables import ArchiveObject, Waiting
from einvoice.store.work import Work

_NEWEST = 20
"""So many objects are looked for: one or two may be damaged, and are said by `archive verify`."""

K = TypeVar("K", ArchiveObject, Waiting)

Place = tuple[str, str]
"""(area, SHA-256)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An object to be kept: its area, bytes, their SHA-256, and whose it is (None: the installation's)."""

    area: str
    data: bytes
    sha256: str
    tenant: int | None

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.area, self.sha256


def newest_lacking(session: Session, archive: Archive) -> bool:
    """Whether none of the objects that the store has kept last is in the archive: then it is a copy that was left
    behind, or another mount than that of the other workers.
    """
    query = select(ArchiveObject.area, ArchiveObject.sha256).where(col(ArchiveObject.gone).is_(None))
    rows = session.exec(query.order_by(col(ArchiveObject.id).desc()).limit(_NEWEST)).all()
    return bool(rows) and not any(archive.has(area, digest) for area, digest in rows)


def keep_object(work: Work, archive: Archive, area: str, data: bytes, tenant: int | None) -> str:
    """As `keep_objects`, for one; its SHA-256."""
    digest = seals.sha256(data)
    keep_objects(work, archive, [Kept(area, data, digest, tenant)])
    return digest


def keep_objects(work: Work, archive: Archive, objects: Sequence[Kept]) -> dict[Place, ArchiveObject]:
    """The rows that say objects lie in their areas (again). The bytes were put there before.

    Between putting and this row another process may have unlinked one, since the same bytes had left the area a
    moment ago: now that no one else can, it is looked for and put once more if need be.
    """
    wanted = {one.place: one for one in objects}
    rows = locked_all(work, wanted)
    again = [row for row in rows.values() if row.gone is not None]
    for row in again:
        put(row, gone=None)
    work.change(again, "gone")
    new = [
        made(
            ArchiveObject,
            area=one.area,
            sha256=one.sha256,
            size=len(one.data),
            since=work.time,
            tenant_id=one.tenant,
        )
        for place, one in wanted.items()
        if place not in rows
    ]
    work.insert(*new)
    forget(work, [one.id or 0 for one in _of(work, Waiting, wanted)])
    lost = [(one.area, one.data) for one in wanted.values() if not archive.has(*one.place)]
    if lost:
        archive.put_all(lost)
    return rows | {(row.area, row.sha256): row for row in new}


def unlink_again(work: Work, places: Collection[Place]) -> None:
    """Of objects whose bytes were put once more: those that had left their area are to be unlinked once more."""
    gone = {place for place, row in locked_all(work, places).items() if row.gone is not None}
    waiting = {(one.area, one.sha256) for one in _of(work, Waiting, gone)} if gone else set()
    work.insert(*(made(Waiting, area=area, sha256=digest) for area, digest in sorted(gone - waiting)))


def leave(work: Work, rows: Sequence[ArchiveObject]) -> None:
    """Takes objects out of their areas: they are unlinked when this transaction is over."""
    for row in rows:
        put(row, gone=work.time)
    work.change(rows, "gone")
    work.insert(*(made(Waiting, area=row.area, sha256=row.sha256) for row in rows))


def forget(work: Work, waiting: Collection[int]) -> None:
    """Objects need no longer be unlinked: the numbers of the rows that say so."""
    if waiting:
        these = delete(Waiting).where(among(work.session, col(Waiting.id), waiting))
        work.session.exec(these.execution_options(synchronize_session=False))


def locked_all(work: Work, places: Collection[Place]) -> dict[Place, ArchiveObject]:
    """The rows of objects, for this transaction alone (see `Work.change`); only of those that ever lay there."""
    if not places:
        return {}
    return {(row.area, row.sha256): row for row in _of(work, ArchiveObject, places)}


def _of(work: Work, kind: type[K], places: Collection[Place]) -> Sequence[K]:
    """The rows of a kind about some objects, locked, in an order that all keep to."""
    source, these = asked(work.session, {"area": str, "sha256": str}, places)
    same = and_(col(kind.area) == these["area"], col(kind.sha256) == these["sha256"])
    query = select(kind).join_from(source, kind, same).order_by(col(kind.area), col(kind.sha256))
    return bulk.read(work.session, kind, query.with_for_update(of=kind))


def locked(work: Work, area: str, digest: str) -> ArchiveObject | None:
    """The row of an object, for this transaction alone; None if it never lay there."""
    return locked_all(work, [(area, digest)]).get((area, digest))
