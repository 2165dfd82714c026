"""Migrations lead to exactly the tables of this version, save the old store first, and refuse a newer one."""

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy import text as sql
from sqlmodel import select

from einvoice.errors import StoreError
from einvoice.store import heads, people, steps
from einvoice.store.migrate import migrate, ready, revision
from einvoice.store.snapshot import copy_store, snapshot
from einvoice.store.steps import known, newest, upgrade
from einvoice.store.store import Store
from einvoice.store.tables import METADATA, Invoice, Person
from einvoice.store.verify import verify
from tests import cluster
from tests.parts import missing, needs
from tests.store.installation import Made


@pytest.mark.parametrize("act", [newest, known, lambda: _of_an_old_store(upgrade)])
@pytest.mark.parametrize("file", ["env.py", "versions/0002_*.py"])
def test_a_step_that_the_disk_does_not_give_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], file: str
) -> None:
    copy = tmp_path / "migrations"
    shutil.copytree(steps.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (broken,) = copy.glob(file)
    broken.write_text(
        "from pathlib import Path\nPath('/proc/self/mem').read_bytes()"
    )  # an EIO: nothing is mapped at its beginning
    monkeypatch.setattr(steps, "FOLDER", copy)
    monkeypatch.setattr(steps, "_steps", steps._steps.__wrapped__)
    if file == "env.py" and act in (newest, known):
        assert act()
        return
    with pytest.raises(StoreError, match=r"migrations: files of this program.*\(Input/output error\)"):
        act()


def _of_an_old_store(act: Callable[[Connection], object]) -> None:
    with create_engine("sqlite://").begin() as connection:
        act(connection)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=needs("postgres"))])
def test_the_steps_lead_to_the_tables(tmp_path: Path, kind: str) -> None:
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/store.sqlite"
        _follow(Store(stack.enter_context(cluster.database()) if kind == "postgresql" else url))


def _follow(store: Store) -> None:
    assert revision(store) is None
    with pytest.raises(StoreError, match="einvoice migrate"):
        ready(store)
    assert migrate(store) is None
    assert revision(store) == newest()
    ready(store)
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    store.close()


def test_an_older_store_is_saved_first(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.sqlite")
    with store.changing() as connection:
        upgrade(connection, "0003")
        for name in ("einvoice", "Erika", "Max"):
            connection.exec_driver_sql(
                f"INSERT INTO person (kind, name, demo, created) VALUES ('person', '{name}', 0, '2026')"
            )
    saved = migrate(store, tmp_path / "backups")
    assert saved is not None
    copy = sqlite3.connect(saved)
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)
    assert copy.execute("SELECT count(*) FROM person").fetchone() == (3,)
    copy.close()
    ready(store)
    store.close()


def test_a_text_too_long_for_an_index_is_cut_and_still_proved(made: Made) -> None:
    """1,500 random characters of three bytes are more than a row of PostgreSQL's index takes, compressed or not."""
    text = "".join(random.Random(7).choices([chr(one) for one in range(0x4E00, 0x9FFF)], k=1500))
    with made.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Invoice)).one()
        with made.store.engine.connect() as connection:
            names = [one["name"] or "" for one in inspect(connection).get_indexes("invoice")]
        mine = [one for one in names if one.endswith(("search", "due_date_id", "skonto_until_id"))]
        for one in mine:
            work.session.execute(sql(f"DROP INDEX {one}"))
        row.search = text
        work.session.add(row)
        work.event("test", row)
    step = import_module("einvoice.store.migrations.versions.0013_pages")
    with made.store.changing() as connection, Operations.context(MigrationContext.configure(connection)):
        step.upgrade()
    with made.store.reading() as session:
        assert session.exec(select(Invoice.search)).one() == text[:500]
    assert verify(made.store, made.archive) == []


def test_a_newer_store_is_refused(made: Made) -> None:
    with made.store.engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for act in (ready, migrate):
        with pytest.raises(StoreError, match="newer version"):
            act(made.store)


def test_a_snapshot_is_a_whole_store(made: Made, tmp_path: Path) -> None:
    copy = Store(f"sqlite:///{snapshot(made.store, tmp_path / 'b' / 'copy.sqlite')}")
    assert verify(copy, made.archive, heads.current(made.store)) == []
    assert [path.name for path in (tmp_path / "b").iterdir() if "part" in path.name] == []
    copy.close()


def test_a_snapshot_goes_back_into_either_database_and_counts_on(made: Made, tmp_path: Path) -> None:
    with made.store.writing(1) as work:
        gone = people.add_person(work, "Kurz Da")
    with made.store.writing(1) as work:
        work.session.delete(work.session.get_one(Person, gone.id))
        work.event("person-removed", "person")
    copy = Store(f"sqlite:///{snapshot(made.store, tmp_path / 'copy.sqlite')}")
    with fresh(made, tmp_path) as store:
        assert copy_store(copy, store) > 20
        assert verify(store, made.archive, heads.current(made.store)) == []
        with store.writing(1) as work:
            assert people.add_person(work, "Neu Da").id == (gone.id or 0) + 1
        with pytest.raises(StoreError, match="not empty"):
            copy_store(copy, store)
    copy.close()


@contextlib.contextmanager
def fresh(made: Made, folder: Path) -> Iterator[Store]:
    """An empty store in the other kind of database, where there is one."""
    if made.store.postgres or missing("postgres"):
        with contextlib.closing(Store(f"sqlite:///{folder}/fresh.sqlite")) as store:
            yield store
        return
    with cluster.database() as url, contextlib.closing(Store(url)) as store:
        yield store
