"""Whatever is changed behind the store's back, in any table or object, is found; and nothing else is
reported.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.sql.sqltypes import Boolean, Integer

from einvoice.store import heads, seals
from einvoice.store.differences import Difference
from einvoice.store.migrate import migrate
from einvoice.store.store import Store
from einvoice.store.tables import METADATA, UNSEALED
from einvoice.store.verify import verify
from tests.store.installation import Made, make

_PROOF = {"event", "payload", "head"}
_TABLES = sorted(
    {t.name for t in METADATA.sorted_tables} - {seals.table_of(row).name for row in UNSEALED} | _PROOF
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("installation"))


def tampered(made: Made, folder: Path, *statements: str) -> list[Difference]:
    """What `verify` says about a copy of the store after SQL that no event knows of."""
    assert made.file
    copy = folder / "copy.sqlite"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(made.file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        for statement in statements:
            assert target.execute(statement).rowcount != 0, statement
        target.commit()
    with closing(Store(f"sqlite:///{copy}")) as store:
        return verify(store, made.archive)


def cells(connection: sqlite3.Connection) -> Iterator[tuple[str, str, Any, Any, int]]:
    """(table, column, value, changed value, rowid) of every column of the first row of every filled table."""
    for name in _TABLES:
        named = ", ".join(f'"{column.name}"' for column in METADATA.tables[name].columns)
        row = connection.execute(f"SELECT rowid, {named} FROM {name} ORDER BY rowid LIMIT 1").fetchone()
        if row is None:
            continue
        for position, column in enumerate(METADATA.tables[name].columns, 1):
            if (name, column.name) == ("event", "id"):
                continue  # says nothing: an event is named by chain and sequence
            number = isinstance(column.type, (Integer, Boolean))
            yield name, column.name, row[position], _other(row[position], number), row[0]


def _other(value: Any, number: bool) -> Any:
    if number:
        return 1 - value if value in (0, 1) else (value or 0) + 77
    return '{"x":1}' if value is None or value.startswith("{") else f"{value}x"


def test_every_changed_cell_is_found(made: Made, tmp_path: Path) -> None:
    assert made.file
    copy = tmp_path / "copy.sqlite"
    with (
        closing(sqlite3.connect(made.file)) as source,
        closing(sqlite3.connect(copy, isolation_level=None)) as target,
        closing(Store(f"sqlite:///{copy}")) as store,
    ):
        source.backup(target)
        target.execute("PRAGMA synchronous=OFF")
        tried, missed = 0, []
        for table, column, value, changed, rowid in list(cells(target)):
            statement = f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?'
            try:
                target.execute(statement, (changed, rowid))
            except sqlite3.IntegrityError:
                continue
            tried += 1
            if not verify(store, made.archive):
                missed.append(f"{table}.{column}")
            target.execute(statement, (value, changed if rowid == value and column == "id" else rowid))
        assert verify(store, made.archive) == []
    assert missed == []
    assert tried > 100


@pytest.mark.parametrize(
    "table", ["event", "payload", "head", "invoice", "person", "role", "leitweg_pattern", "delivery"]
)
def test_every_removed_row_is_found(made: Made, tmp_path: Path, table: str) -> None:
    assert tampered(made, tmp_path, f"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})")
    assert tampered(made, tmp_path, f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")


def test_added_rows_are_found(made: Made, tmp_path: Path) -> None:
    (found,) = tampered(made, tmp_path, "INSERT INTO account (kind, name, person_id) VALUES ('os', 'eve', 2)")
    assert (found.kind, found.where) == ("row", "account/3")


def test_swapped_events_are_found(made: Made, tmp_path: Path) -> None:
    found = tampered(
        made,
        tmp_path,
        "UPDATE event SET sequence = -1 WHERE chain = 'installation' AND sequence = 2",
        "UPDATE event SET sequence = 2 WHERE chain = 'installation' AND sequence = 3",
        "UPDATE event SET sequence = 3 WHERE chain = 'installation' AND sequence = -1",
    )
    assert {"installation/2", "installation/3"} <= {one.where for one in found}


def test_a_payload_erased_without_protocol_is_found(made: Made, tmp_path: Path) -> None:
    found = tampered(
        made, tmp_path, "UPDATE payload SET content = NULL, salt = NULL, erased_by = 'installation/1'"
    )
    assert {one.kind for one in found} == {"payload"}


def test_truncation_is_found_against_a_published_head_only(made: Made, tmp_path: Path) -> None:
    published = heads.current(made.store)
    assert heads.genuine(published)
    assert not heads.genuine({**published, "chains": {}})
    assert verify(made.store, made.archive, published) == []
    (tmp_path / "older").mkdir()
    older = make(tmp_path / "older")
    assert verify(older.store, older.archive) == []
    assert {one.kind for one in verify(older.store, older.archive, published)} == {"head"}
    empty = Store(f"sqlite:///{tmp_path}/empty.sqlite")
    migrate(empty)
    assert verify(empty, None)[0].said("en") == "There is no event at all."


def test_changed_missing_and_added_objects_are_found(made: Made) -> None:
    path = next(p for p in made.archive.root.glob("arrivals/*/*"))
    data = path.read_bytes()
    path.chmod(0o640)
    for change in (b"", data[:-1], data + b" ", bytes([data[0] ^ 1]) + data[1:]):
        path.write_bytes(change)
        assert [one.kind for one in verify(made.store, made.archive)] == ["object"], change
    path.unlink()
    assert [one.said() for one in verify(made.store, made.archive)] == ["It is missing."]
    path.write_bytes(data)
    stranger = path.with_name("stranger")
    stranger.write_bytes(b"x")
    assert [one.kind for one in verify(made.store, made.archive)] == ["object"]
    stranger.unlink()
    assert verify(made.store, made.archive) == []
