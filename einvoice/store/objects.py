"""The rows that say which objects lie in which area of the archive."""

from sqlmodel import select

from einvoice.store.tables import ArchiveObject, Waiting
from einvoice.store.work import Work


def keep_object(work: Work, area: str, digest: str, size: int, tenant: int | None) -> None:
    """The row that says an object lies in an area (again)."""
    same = select(ArchiveObject).where(ArchiveObject.area == area, ArchiveObject.sha256 == digest)
    row = work.session.exec(same).one_or_none()
    if row is None:
        row = ArchiveObject(area=area, sha256=digest, size=size, since=work.time, tenant_id=tenant)
    row.gone = None
    work.session.add(row)
    for waiting in work.session.exec(select(Waiting).where(Waiting.area == area, Waiting.sha256 == digest)):
        work.session.delete(waiting)
