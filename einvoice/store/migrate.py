"""Brings a store to the tables of this version, after a backup; refuses a store that a newer version made."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from einvoice.errors import StoreError
from einvoice.store import times
from einvoice.store.policies import secure
from einvoice.store.store import Store


def migrate(store: Store, backups: Path | None = None) -> Path | None:
    """Makes or updates the tables, all steps or none; returns the backup, None where nothing was to save.

    Several processes may call it at once. Raises StoreError for a newer store.
    """
    found = revision(store)
    if found == newest():
        return None
    _refuse_newer(store, found)
    saved = backup(store, backups / _backup_name(found)) if found and backups and store.file else None
    with store.changing() as connection:
        command.upgrade(_config(connection), "head")
        secure(connection)
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
        return MigrationContext.configure(session.connection()).get_current_revision()


def newest() -> str:
    """The last step that this version knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def backup(store: Store, to: Path) -> Path:
    """A consistent copy of a SQLite store, also while others write; complete and durable under its name."""
    if store.file is None:
        raise StoreError("Only a SQLite store is copied by einvoice: use pg_dump for PostgreSQL.")
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = to.with_name(f"{to.name}.{os.getpid()}.part")
    source, target = sqlite3.connect(store.file), sqlite3.connect(temporary)
    with contextlib.closing(source), contextlib.closing(target):
        source.backup(target)
    with open(temporary, "rb+") as file:
        os.fsync(file.fileno())
    os.rename(temporary, to)
    return to


def _refuse_newer(store: Store, found: str | None) -> None:
    known = {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"The store {store.name} was made by a newer version of einvoice (step {found}): install that version.",
            f"Den Speicher {store.name} hat eine neuere Version von einvoice angelegt (Schritt {found}): "
            "bitte diese installieren.",
        )


def _backup_name(found: str | None) -> str:
    return f"before-{newest()}-{found}-{times.utc_now().replace(':', '')}.sqlite"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
