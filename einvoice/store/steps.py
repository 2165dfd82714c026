"""The steps by which tables change from version to version, and at which of them a database is."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from einvoice.store.policies import secure


def step_of(connection: Connection) -> str | None:
    """Which step a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The last step that this version knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def known() -> set[str]:
    """All steps that this version knows."""
    return {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(connection: Connection, to: str = "head") -> None:
    """Takes the steps up to one, in the transaction of the connection; then tenants are kept apart there too."""
    command.upgrade(_config(connection), to)
    secure(connection)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
