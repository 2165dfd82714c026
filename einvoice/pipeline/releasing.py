"""What a source keeps after it was handed over is released only when it is certainly ours twice, or old enough."""

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from einvoice.intake.settings import SourceSettings
from einvoice.intake.source import Gone, Source
from einvoice.pipeline.workplace import Opened
from einvoice.store import seals
from einvoice.store.backups import newest_verified_backup
from einvoice.store.tables import ArchiveObject, Delivery
from einvoice.store.times import moment

MOST = 500
"""How many things one run looks at, so that a run does not become a clear-out."""


def release(place: Opened, settings: SourceSettings, number: int, source: Source) -> int:
    """Removes at a source what was set aside before a verified backup began, or `release_after` days ago.

    Only what the archive really holds: the bytes are read once more and looked up by their hash. Returns how many.
    """
    before = _limit(place, settings)
    if before is None:
        return 0
    found = [one for one in source.kept() if one.since < before][:MOST]
    released = 0
    for one in found:
        try:
            if _ours(place, number, seals.sha256(source.read_kept(one)), before):
                source.release(one)
                released += 1
        except Gone:
            continue
    return released


def _limit(place: Opened, settings: SourceSettings) -> datetime | None:
    """What was handed over before this time may go; None if nothing may."""
    if not settings.release_after:
        return None
    backup = newest_verified_backup(place.store)
    by_age = datetime.now(UTC) - timedelta(days=settings.release_after)
    return max(by_age, moment(backup)) if backup else by_age


def _ours(place: Opened, number: int, digest: str, before: datetime) -> bool:
    """Whether the bytes came from this source before that time, and lie in the archive or left it under protocol."""
    with place.store.reading() as session:
        query = select(Delivery).where(Delivery.source_id == number, Delivery.sha256 == digest)
        last = session.exec(query.order_by(col(Delivery.received).desc())).first()
        if last is None or moment(last.received) >= before or last.state in ("stored", "unchecked"):
            return False
        objects = session.exec(select(ArchiveObject).where(ArchiveObject.sha256 == digest)).all()
    here = [row for row in objects if row.gone is None]
    return all(place.archive.has(row.area, row.sha256) for row in here)
