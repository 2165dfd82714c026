"""Many new rows at once: numbered, sealed and written with one statement per table, past the unit of work.

What is sealed is what is written: the very values, as the database will hold them.
"""

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Table, inspect, text
from sqlmodel import Session

from einvoice.store import seals
from einvoice.store.columns import Row

K = TypeVar("K", bound=Row)


def numbers(session: Session, kind: type[Row], count: int) -> range | list[int]:
    """So many numbers of a table that no other row has or will get, ascending."""
    name = seals.table_of(kind).name
    if session.get_bind().dialect.name == "postgresql":
        query = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return sorted(session.execute(query, {"name": name, "count": count}).scalars())
    said = {"name": name, "count": count}
    if not session.connection().execute(_TAKE, said).rowcount:
        session.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :count)"), said)
    last = session.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), said).scalar_one()
    return range(last - count + 1, last + 1)


_TAKE = text("UPDATE sqlite_sequence SET seq = seq + :count WHERE name = :name")


def number(session: Session, rows: Sequence[Row]) -> None:
    """Gives rows their numbers before they are written, so that others can name them."""
    for kind, some in _by_kind(rows).items():
        new = [row for row in some if getattr(row, "id", 0) is None]
        for row, one in zip(new, numbers(session, kind, len(new)) if new else (), strict=True):
            vars(row)["id"] = one


def made(kind: type[K], /, **values: Any) -> K:
    """A new row, as if it had been read: its values are taken as they are, for checking them would cost more than
    writing them.
    """
    manager, defaults = _making(kind)
    row: K = manager.new_instance()
    row.__dict__.update(defaults)
    row.__dict__.update(values)
    return row


def put(row: Row, **values: Any) -> None:
    """Changes a row that a session has, or one that is only made: that takes its values as they are."""
    if inspect(row).transient:
        vars(row).update(values)
    else:
        for name, value in values.items():
            setattr(row, name, value)


@functools.cache
def _making(kind: type[Row]) -> tuple[Any, dict[str, Any]]:
    defaults = {name: one.get_default() for name, one in kind.model_fields.items() if not one.is_required()}
    return inspect(kind).class_manager, defaults


def write(session: Session, rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Writes new rows, in the order of their kinds; each with its digest. The session does not know them."""
    number(session, rows)
    sealed: list[tuple[Row, str]] = []
    for kind, some in _by_kind(rows).items():
        table = seals.table_of(kind)
        values = [seals.stored(row) for row in some]
        insert_stored(session, table, values)
        sealed += [(row, seals.digest(table, stored)) for row, stored in zip(some, values, strict=True)]
    return sealed


def insert_stored(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows given as they will stand in the database."""
    if not rows:
        return
    connection, columns = session.connection(), tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_insert_together(table, columns), (json.dumps(rows),))
    else:
        connection.exec_driver_sql(_insert(table, columns), list(map(itemgetter(*columns), rows)))


def _by_kind(rows: Iterable[Row]) -> dict[type[Row], list[Row]]:
    found: dict[type[Row], list[Row]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    return found


@functools.lru_cache(maxsize=200)
def _insert(table: Table, columns: tuple[str, ...]) -> str:
    """The text that writes a row of these columns, for each of many (SQLite)."""
    return f"INSERT INTO {table.name} ({_listed(columns)}) VALUES ({', '.join('?' * len(columns))})"


@functools.lru_cache(maxsize=200)
def _insert_together(table: Table, columns: tuple[str, ...]) -> str:
    """The text that writes all rows of one JSON list (PostgreSQL): one by one they cost nearly four times as much."""
    listed = _listed(columns)
    rows = f"json_populate_recordset(NULL::{table.name}, %s)"
    return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {rows}"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{one}"' for one in columns)
