"""Migrations lead to exactly the tables of this version, save the old store first, and refuse a newer one."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from einvoice.errors import StoreError
from einvoice.store.migrate import backup, migrate, newest, ready, revision
from einvoice.store.store import Store
from einvoice.store.tables import METADATA
from tests.store.installation import make


def test_the_steps_lead_to_the_tables(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/s.sqlite")
    assert revision(store) is None
    with pytest.raises(StoreError, match="einvoice migrate"):
        ready(store)
    assert migrate(store) is None
    assert revision(store) == newest()
    ready(store)
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_an_older_store_is_saved_first(tmp_path: Path) -> None:
    made = make(tmp_path)
    with made.store.engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
        for table in ("export", "batch_row", "deduction", "posting", "outbox", "act", "batch"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    saved = migrate(made.store, tmp_path / "backups")
    assert saved is not None
    copy = sqlite3.connect(saved)
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)
    assert copy.execute("SELECT count(*) FROM person").fetchone() == (3,)
    copy.close()
    ready(made.store)


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    made = make(tmp_path)
    with made.store.engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for act in (ready, migrate):
        with pytest.raises(StoreError, match="newer version"):
            act(made.store)


def test_a_backup_is_a_whole_store(tmp_path: Path) -> None:
    made = make(tmp_path)
    copy = Store(f"sqlite:///{backup(made.store, tmp_path / 'b' / 'copy.sqlite')}")
    from einvoice.store.verify import verify

    assert verify(copy, made.archive) == []
    assert [path.name for path in (tmp_path / "b").iterdir() if path.suffix == ".part"] == []
