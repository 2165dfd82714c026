"""Which backups are known to hold what the store held."""

from sqlmodel import col, select

from einvoice.store.store import Store
from einvoice.store.tables import Event

VERIFIED = "backup-verified"
"""The kind of event that says: a backup was read back and proved. Its subject is `backup/TIME`, the time at which
the backup was begun, as stored."""


def newest_verified_backup(store: Store) -> str | None:
    """The time up to which everything is certainly in a verified backup; None if there is none."""
    with store.reading() as session:
        subjects = session.exec(select(Event.subject).where(col(Event.kind) == VERIFIED))
        return max((one.removeprefix("backup/") for one in subjects), default=None)
