"""Stores with their tables: the steps to these cost more than most tests do, so each worker takes them once.

A SQLite store is a copy of a file; a database of PostgreSQL is emptied and used again, unless a test changed more
than its rows. What SQLAlchemy makes of a statement is known to all stores of a kind: each test has a store of its
own, which else would make it anew.
"""

import contextlib
import dataclasses
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine
from sqlalchemy.util import LRUCache

from einvoice.store import engines
from einvoice.store.migrate import migrate
from einvoice.store.store import Store
from tests import cluster

if TYPE_CHECKING:
    from tests.cluster import Connection

_NAMES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = %s AND relname <> 'alembic_version'
"""

_LAYOUT = """
SELECT md5(string_agg(said, ' ' ORDER BY said)) FROM (
    SELECT concat_ws(' ', oid::regclass, relowner, relkind, relrowsecurity, relforcerowsecurity) AS said
        FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace
    UNION ALL SELECT concat_ws(' ', c.relname, a.attnum, a.attname, a.atttypid, a.attnotnull, a.attidentity)
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
        WHERE c.oid >= 16384 AND c.relnamespace <> 'pg_toast'::regnamespace
    UNION ALL SELECT concat_ws(' ', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE oid >= 16384
    UNION ALL SELECT concat_ws(' ', polrelid::regclass, polname, pg_get_expr(polqual, polrelid)) FROM pg_policy
    UNION ALL SELECT concat_ws(' ', proname, prosrc) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT version_num FROM alembic_version
) AS layout
"""
"""What a database is but for its rows: tables, columns, triggers, constraints, policies, functions, and its step."""

_free: list[str] = []
"""The URLs of this worker's empty databases that nobody uses now."""


class _Statements(LRUCache[Any, Any]):
    """Compiled statements by kind of database, whichever engine they were compiled for."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


def share_statements() -> None:
    """From now on, for all stores of this process."""
    made, statements = engines.engine, _Statements(10_000)

    def sharing(url: URL, lock_seconds: float) -> Engine:
        engine = made(url, lock_seconds)
        engine._compiled_cache = statements
        return engine

    engines.engine = sharing


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """All rows of a database, table by table, and the numbers its sequences came to."""

    tables: dict[str, bytes]
    numbers: dict[str, int]


def sqlite(file: Path) -> str:
    """The URL of a new SQLite store with its tables and no rows."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_laid_file(), file)
    return f"sqlite:///{file}"


@contextlib.contextmanager
def postgresql(rows: Rows | None = None) -> Iterator[str]:
    """The URL of a database with its tables, and with these rows, for one test."""
    url = _free.pop() if _free else cluster.lasting(template=_laid_database())
    if rows is not None:
        _fill(url, rows)
    yield url
    if _emptied(url):
        _free.append(url)
    else:
        cluster.drop(url)


def rows_of(url: str) -> Rows:
    """What a database holds."""
    with cluster.inside(url) as there:
        held = {name: _held(there, name) for name in _names(there, "r")}
        numbers = {name: _number(there, name) for name in _names(there, "S")}
    return Rows({k: v for k, v in held.items() if v}, {k: v for k, v in numbers.items() if v})


@functools.cache
def _laid_file() -> Path:
    file = Path(tempfile.mkdtemp()) / "laid.sqlite"
    with closing(Store(f"sqlite:///{file}")) as store:
        migrate(store)
    return file


@functools.cache
def _laid_database() -> str:
    """A database that is only copied."""
    url = cluster.lasting()
    with closing(Store(url)) as store:
        migrate(store)
    return url


@functools.cache
def _layout() -> object:
    with cluster.inside(_laid_database()) as there:
        return there.execute(_LAYOUT).fetchone()


def _emptied(url: str) -> bool:
    """Takes all rows out; False where more than these was changed."""
    with cluster.inside(url) as there:
        there.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if there.execute(_LAYOUT).fetchone() != _layout():
            return False
        there.execute("SET session_replication_role = replica")  # no trigger that forbids it, in any order
        there.execute("; ".join(f"DELETE FROM {name}" for name in _names(there, "r")).encode())
        there.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
    return True


def _fill(url: str, rows: Rows) -> None:
    with cluster.inside(url) as there, there.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for name, held in rows.tables.items():
            with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                copy.write(held)
        for name, number in rows.numbers.items():
            cursor.execute("SELECT setval(%s, %s)", (name, number))


def _held(there: "Connection", name: str) -> bytes:
    with there.cursor() as cursor, cursor.copy(f"COPY {name} TO STDOUT".encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def _number(there: "Connection", name: str) -> int:
    """The number a sequence came to; 0: it was not asked yet."""
    asked = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {name}"
    row = there.execute(asked.encode()).fetchone()
    assert row
    return int(row[0])


def _names(there: "Connection", kind: str) -> list[str]:
    return [name for (name,) in there.execute(_NAMES, (kind,))]
