"""The rows that say which objects lie in which area of the archive."""

from sqlmodel import select

from einvoice.store import seals
from einvoice.store.archive import Archive
from einvoice.store.tables import ArchiveObject, Waiting
from einvoice.store.work import Work


def keep_object(work: Work, archive: Archive, area: str, data: bytes, tenant: int | None) -> str:
    """The row that says an object lies in an area (again); its SHA-256. The bytes were put there before.

    Between putting and this row another process may have unlinked it, since the same bytes had left the area a
    moment ago: now that no one else can, it is looked for and put once more if need be.
    """
    digest = seals.sha256(data)
    row = locked(work, area, digest)
    if row is None:
        row = ArchiveObject(area=area, sha256=digest, size=len(data), since=work.time, tenant_id=tenant)
    row.gone = None
    work.session.add(row)
    waiting = select(Waiting).where(Waiting.area == area, Waiting.sha256 == digest).with_for_update()
    for one in work.session.exec(waiting):
        work.session.delete(one)
    work.session.flush()
    if not archive.has(area, digest):
        archive.put(area, data)
    return digest


def locked(work: Work, area: str, digest: str) -> ArchiveObject | None:
    """The row of an object, for this transaction alone; None if it never lay there."""
    same = select(ArchiveObject).where(ArchiveObject.area == area, ArchiveObject.sha256 == digest)
    return work.session.exec(same.with_for_update()).one_or_none()
