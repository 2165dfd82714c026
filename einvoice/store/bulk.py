"""Many rows at once, past the unit of work: new ones numbered, sealed and written, others read and changed, with one
statement per table.

What is sealed is what is written: the very values, as the database will hold them.
"""

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Integer, Table, inspect
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.store import seals
from einvoice.store.columns import Row

K = TypeVar("K", bound=Row)


def numbers(session: Session, kind: type[Row], count: int) -> range | list[int]:
    """So many numbers of a table that no other row has or will get, ascending."""
    name, connection = seals.table_of(kind).name, session.connection()
    if connection.dialect.name == "postgresql":
        return sorted(connection.exec_driver_sql(_NEXT, (name, count)).scalar_one())
    if not connection.exec_driver_sql(_TAKE, (count, name)).rowcount:
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, count))
    (last,) = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).one()
    return range(last - count + 1, last + 1)


_NEXT = "SELECT json_agg(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, %s::int)"
"""All of them as one value: row by row they cost more than all else of writing a row."""

_TAKE = "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?"


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
        texts = list(map(seals.text_of, values))
        _insert(session, table, values, texts)
        sealed += [(row, seals.digest_of_text(table, text)) for row, text in zip(some, texts, strict=True)]
    return sealed


def insert_stored(
    session: Session, table: Table, rows: Sequence[Mapping[str, Any]], *, absent: bool = False
) -> None:
    """Writes rows given as they will stand in the database; absent: only those whose key is not there."""
    if rows:
        _insert(session, table, rows, map(seals.text_of, rows), " ON CONFLICT DO NOTHING" if absent else "")


def _insert(
    session: Session, table: Table, rows: Sequence[Mapping[str, Any]], texts: Iterable[str], end: str = ""
) -> None:
    """Writes rows: PostgreSQL is given the texts that their digests are made of."""
    connection, columns = session.connection(), tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_insert_objects(table, columns) + end, (f"[{','.join(texts)}]",))
    else:
        connection.exec_driver_sql(
            _insert_values(table, columns) + end, list(map(itemgetter(*columns), rows))
        )


def insert_listed(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    texts: Sequence[str],
) -> None:
    """As `insert_stored`, rows given as the values of these columns, and each as its canonical text, a list."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_insert_lists(table, tuple(columns)), (f"[{','.join(texts)}]",))
    else:
        connection.exec_driver_sql(_insert_values(table, tuple(columns)), list(map(tuple, rows)))


def read(session: Session, kind: type[K], query: SelectOfScalar[K]) -> list[K]:
    """The rows that a question finds. The session does not know them: `put` and `change` change them."""
    names, columns = _read(kind)
    found = session.execute(query.with_only_columns(*columns, maintain_column_froms=True))
    return [made(kind, **dict(zip(names, values, strict=True))) for values in found]


@functools.cache
def _read(kind: type[Row]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The columns of a kind, by name and as questions name them."""
    names = tuple(seals.table_of(kind).columns.keys())
    return names, tuple(getattr(kind, name) for name in names)


def change(session: Session, rows: Sequence[K], *names: str) -> list[tuple[K, str]]:
    """Writes columns of rows of one kind, which are there, as they are now; each with its digest."""
    if not rows:
        return []
    table, connection = seals.table_of(rows[0]), session.connection()
    keys = tuple(column.key for column in table.primary_key)
    values = [seals.stored(row) for row in rows]
    written = list(map(itemgetter(*names, *keys), values))
    if connection.dialect.name == "postgresql":
        named = [dict(zip((*names, *keys), one, strict=True)) for one in written]
        connection.exec_driver_sql(_change_together(table, names, keys), (json.dumps(named),))
    else:
        connection.exec_driver_sql(_change(table, names, keys), written)
    return [(row, seals.digest(table, stored)) for row, stored in zip(rows, values, strict=True)]


def _by_kind(rows: Iterable[Row]) -> dict[type[Row], list[Row]]:
    found: dict[type[Row], list[Row]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    return found


@functools.lru_cache(maxsize=200)
def _insert_values(table: Table, columns: tuple[str, ...]) -> str:
    """The text that writes a row of these columns, for each of many (SQLite)."""
    return f"INSERT INTO {table.name} ({_listed(columns)}) VALUES ({', '.join('?' * len(columns))})"


@functools.lru_cache(maxsize=200)
def _insert_objects(table: Table, columns: tuple[str, ...]) -> str:
    """The text that writes all rows of a JSON list of objects (PostgreSQL): one by one they cost nearly four times
    as much.
    """
    listed = _listed(columns)
    rows = f"json_populate_recordset(NULL::{table.name}, %s)"
    return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {rows}"


@functools.lru_cache(maxsize=20)
def _insert_lists(table: Table, columns: tuple[str, ...]) -> str:
    """The text that writes all rows of a JSON list of lists (PostgreSQL)."""
    values = (
        f"(said->>{at})::bigint" if isinstance(table.columns[one].type, Integer) else f"said->>{at}"
        for at, one in enumerate(columns)
    )
    said = f"SELECT {', '.join(values)} FROM json_array_elements(%s) said"
    return f"INSERT INTO {table.name} ({_listed(columns)}) {said}"


@functools.lru_cache(maxsize=50)
def _change(table: Table, names: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """The text that changes a row, for each of many (SQLite)."""
    changed, same = (", ".join(f'"{one}" = ?' for one in names), " AND ".join(f'"{one}" = ?' for one in keys))
    return f"UPDATE {table.name} SET {changed} WHERE {same}"


@functools.lru_cache(maxsize=50)
def _change_together(table: Table, names: tuple[str, ...], keys: tuple[str, ...]) -> str:
    """The text that changes all rows of one JSON list (PostgreSQL)."""
    changed = ", ".join(f'"{one}" = new."{one}"' for one in names)
    same = " AND ".join(f'{table.name}."{one}" = new."{one}"' for one in keys)
    rows = f"json_populate_recordset(NULL::{table.name}, %s)"
    return f"UPDATE {table.name} SET {changed} FROM {rows} AS new WHERE {same}"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{one}"' for one in columns)
