"""A copy of the whole store as one SQLite file, consistent while others write; from PostgreSQL too: the digests of
rows are the same on every database, so the copy proves itself."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, bindparam, insert, text, update
from sqlmodel import Session

from einvoice.errors import StoreError
from einvoice.store import durable, seals
from einvoice.store.steps import step_of, upgrade
from einvoice.store.store import Store

_CHUNK = 1000
_STEPS = "alembic_version"


def snapshot(store: Store, to: Path) -> Path:
    """Copies a store into a new SQLite file; complete and durable under its name, tables at the same step."""
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with durable.temporary(to) as part:
        if store.file is not None:
            source, target = sqlite3.connect(store.file), sqlite3.connect(part)
            with contextlib.closing(source), contextlib.closing(target):
                source.backup(target)
        else:
            with contextlib.closing(Store(f"sqlite:///{part}")) as copy:
                copy_store(store, copy)
        part.chmod(0o600)
    return to


def copy_store(source: Store, target: Store) -> int:
    """Copies all rows of a store into an empty one, whatever database each lies in; returns how many.

    Raises StoreError if the target is not empty, or the source's tables are not known here.
    """
    with source.reading() as session:
        found = step_of(session.connection())
        if found is None:
            raise StoreError(f"The store {source.name} is empty.", f"Der Speicher {source.name} ist leer.")
        with target.changing() as connection:
            if step_of(connection) is not None:
                raise StoreError(
                    f"The store {target.name} is not empty.", f"Der Speicher {target.name} ist nicht leer."
                )
            upgrade(connection, found)
            return _copy(session, connection)


def _copy(session: Session, target: Connection) -> int:
    there, here = MetaData(), MetaData()
    there.reflect(bind=session.connection())
    here.reflect(bind=target)
    count = 0
    for table in there.sorted_tables:
        if table.name == _STEPS:
            continue
        count += _copy_table(session, table, target, here.tables[table.name])
    _set_numbers(target, here, _numbers(session.connection(), there))
    return count


def _copy_table(session: Session, table: Table, target: Connection, into: Table) -> int:
    """A table that refers to itself is filled without these references first."""
    own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
    count = 0
    later: list[dict[str, Any]] = []
    for rows in _chunks(seals.as_stored(session, table, *table.primary_key)):
        target.execute(insert(into), [{**row, **dict.fromkeys(own)} for row in rows])
        later += [row for row in rows if any(row[name] is not None for name in own)]
        count += len(rows)
    for row in later:
        change = update(into).where(*(key == bindparam(f"k_{key.name}") for key in into.primary_key))
        keys = {f"k_{key.name}": row[key.name] for key in into.primary_key}
        target.execute(change.values({name: row[name] for name in own}), keys)
    return count


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _numbered(tables: MetaData) -> list[str]:
    """The tables whose rows get their number from the database."""
    return [name for name, table in tables.tables.items() if "id" in table.columns]


def _numbers(source: Connection, tables: MetaData) -> dict[str, int]:
    """The last number each table has given: none is given twice, even if its row is gone."""
    if source.dialect.name == "sqlite":
        return {row[0]: row[1] for row in source.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    found: dict[str, int] = {}
    for name in _numbered(tables):
        sequence = source.execute(
            text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}
        ).scalar_one()
        last, called = source.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
        if called:
            found[name] = last
    return found


def _set_numbers(target: Connection, tables: MetaData, numbers: dict[str, int]) -> None:
    for name in _numbered(tables):
        if name not in numbers:
            continue
        values = {"name": name, "last": numbers[name]}
        if target.dialect.name == "sqlite":
            target.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
            target.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
        else:
            target.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), values)
