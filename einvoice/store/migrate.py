"""Brings a store to the tables of this version, after a backup; refuses a store that a newer version made."""

from pathlib import Path

from einvoice.errors import StoreError
from einvoice.store import times
from einvoice.store.snapshot import snapshot
from einvoice.store.steps import known, newest, step_of, upgrade
from einvoice.store.store import Store


def migrate(store: Store, backups: Path | None = None) -> Path | None:
    """Makes or updates the tables, all steps or none; returns the backup, None where nothing was to save.

    Several processes may call it at once. Raises StoreError for a newer store.
    """
    found = revision(store)
    if found == newest():
        return None
    _refuse_newer(store, found)
    saved = snapshot(store, backups / _backup_name(found)) if found and backups else None
    with store.changing() as connection:
        upgrade(connection)
    return saved


def ready(store: Store) -> None:
    """Raises StoreError unless the store has exactly the tables of this version."""
    found = revision(store)
    _refuse_newer(store, found)
    if found != newest():
        raise StoreError(
            f"The store {store.name} has old tables: run `einvoice migrate`.",
            f"Der Speicher {store.name} hat alte Tabellen: bitte `einvoice migrate` ausführen.",
        )


def revision(store: Store) -> str | None:
    """Which step the store is at; None for an empty one."""
    with store.reading() as session:
        return step_of(session.connection())


def _refuse_newer(store: Store, found: str | None) -> None:
    if found is not None and found not in known():
        raise StoreError(
            f"The store {store.name} was made by a newer version of einvoice (step {found}): install that version.",
            f"Den Speicher {store.name} hat eine neuere Version von einvoice angelegt (Schritt {found}): "
            "bitte diese installieren.",
        )


def _backup_name(found: str | None) -> str:
    return f"before-{newest()}-{found}-{times.utc_now().replace(':', '')}.sqlite"
