"""The steps by which tables change from version to version, and at which of them a database is."""

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from einvoice.errors import StoreError
from einvoice.store.policies import secure

FOLDER = Path(__file__).with_name("migrations")
"""Alembic's environment, and the steps below it."""


def step_of(connection: Connection) -> str | None:
    """Which step a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The last step that this version knows. Raises StoreError where its files cannot be read."""
    return _steps()[0]


def known() -> frozenset[str]:
    """All steps that this version knows. Raises StoreError where their files cannot be read."""
    return frozenset(_steps())


@functools.cache
def _steps() -> tuple[str, ...]:
    """The newest first; read once by a process, whose own files they are."""
    with _read():
        steps = tuple(step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions())
    assert steps
    return steps


def upgrade(connection: Connection, to: str = "head") -> None:
    """Takes the steps up to one, in the transaction of the connection; then tenants are kept apart there too.

    Raises StoreError where the files of the steps cannot be read.
    """
    with _read():
        command.upgrade(_config(connection), to)
    secure(connection)


@contextlib.contextmanager
def _read() -> Iterator[None]:
    """What the disk says about our own files, as it is said about the store."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise StoreError(
            f"{FOLDER}: files of this program cannot be read ({why}); the store was left as it is. Check the disk "
            "and the rights, or install einvoice again.",
            f"{FOLDER}: Dateien dieses Programms sind nicht lesbar ({why}); der Speicher bleibt, wie er ist. Bitte "
            "Platte und Rechte prüfen oder einvoice neu installieren.",
        ) from error


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
