"""Digests that prove a row: of what the database holds, the same on every database and after every migration.

Columns that are null do not count, so that a later migration may add columns without touching old digests.
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Table, inspect, select, type_coerce
from sqlalchemy.types import NullType
from sqlmodel import Session

from einvoice.store.columns import Exact, Json, Row, canonical
from einvoice.store.tables_chain import INSTALLATION


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes, hex."""
    return hashlib.sha256(data).hexdigest()


def table_of(row: Row | type[Row]) -> Table:
    """The table of a row or class."""
    return _table(row if isinstance(row, type) else type(row))


@functools.cache
def _table(kind: type[Row]) -> Table:
    found = inspect(kind).local_table
    assert isinstance(found, Table)
    return found


def name_of(row: Row) -> str:
    """How events name a row: `table/primary key`."""
    name, keys = _naming(type(row))
    if len(keys) == 1:
        return f"{name}/{value_of(row, keys[0])}"
    return "/".join([name, *(str(getattr(row, key)) for key in keys)])


def value_of(row: Row, name: str) -> Any:
    """A value of a row. Where it is there it is taken, as asking the row for it by name takes ten times as long."""
    there = vars(row)
    return there[name] if name in there else getattr(row, name)


@functools.cache
def _naming(kind: type[Row]) -> tuple[str, tuple[str, ...]]:
    table = _table(kind)
    return table.name, tuple(column.key for column in table.primary_key)


def digest_of(row: Row) -> str:
    """The digest of a row as it will be stored."""
    return digest(table_of(row), stored(row))


def stored(row: Row) -> dict[str, Any]:
    """The values of a row as the database will hold them."""
    plain, texts = _columns(type(row))
    there = vars(row)  # see value_of
    found = {key: there[key] if key in there else getattr(row, key) for key in plain}
    for key, text in texts:
        found[key] = text(there[key] if key in there else getattr(row, key))
    return found


@functools.cache
def _columns(kind: type[Row]) -> tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]:
    """The columns that hold values as they are, and those that hold a text of them."""
    columns = _table(kind).columns
    texts = tuple((one.key, one.type.text) for one in columns if isinstance(one.type, (Exact, Json)))
    return tuple(one.key for one in columns if not isinstance(one.type, (Exact, Json))), texts


def digest(table: Table, stored: Mapping[str, Any]) -> str:
    """The digest of a row of `table`, from its values as `as_stored` reads them."""
    return digest_of_text(table, text_of(stored))


def text_of(stored: Mapping[str, Any]) -> str:
    """The canonical text of a row, from its values: what its digest is made of."""
    return canonical({key: value for key, value in stored.items() if value is not None})


def digest_of_text(table: Table, text: str) -> str:
    """The digest of a row of `table`, from its canonical text."""
    return sha256(f'["{table.name}",{text}]'.encode())


def as_stored(
    session: Session, table: Table, *order: Column[Any], where: Any = None
) -> Iterator[dict[str, Any]]:
    """All rows of a table (`where`: some of them) as they really stand in the database: never an error, whatever
    was written there.
    """
    query = select(*(type_coerce(column, _RAW).label(column.key) for column in table.columns))
    if where is not None:
        query = query.where(where)
    for row in session.execute(query.order_by(*order).execution_options(yield_per=1000)).mappings():
        yield {column.key: _plain(column, row[column.key]) for column in table.columns}


def _plain(column: Column[Any], value: Any) -> Any:
    """A raw value as JSON can say it; what a column of this type cannot hold stays different from all it
    can.
    """
    if isinstance(column.type, Boolean) and value in (0, 1):
        return bool(value)
    return value if isinstance(value, (int, str, type(None))) else (type(value).__name__, repr(value))


_RAW = NullType()


def chain_of(row: Row) -> str:
    """The chain that proves a row: its tenant's, or the installation's where it has none (yet)."""
    tenant = value_of(row, "tenant_id") if _is_tenanted(type(row)) else None
    return INSTALLATION if tenant is None else tenant_chain(tenant)


@functools.cache
def _is_tenanted(kind: type[Row]) -> bool:
    table = _table(kind)
    return "tenant_id" in table.columns and table.name != "source"


def tenant_chain(tenant_id: int) -> str:
    """The name of a tenant's chain; names sort as the numbers do."""
    return f"tenant/{tenant_id:06d}"


def event_digest(event: Any) -> str:
    """The digest of an event: everything it says, and with `previous` everything before it."""
    return digest_of_event([getattr(event, name) for name in EVENT])


EVENT = ("chain", "sequence", "time", "kind", "subject", "actor_id", "payload_digest", "rows", "previous")
"""What the digest of an event is made of, in this order."""


def event_text(said: Sequence[Any], rows: str | None, previous: str) -> str:
    """The text that the digest of an event is made of. said: what it says before the rows it proves; those as their
    canonical text.
    """
    return f"{canonical(said)[:-1]},{rows or 'null'},{canonical(previous)}]"


def digest_of_event(said: Sequence[Any]) -> str:
    """The digest of an event, from what it says in the order of EVENT."""
    return sha256(canonical(said).encode())


def payload_digest(salt: str | None, content: Any) -> str:
    """The digest of a payload."""
    return digest_of_payload(salt, canonical(content))


def digest_of_payload(salt: str | None, text: str) -> str:
    """The digest of a payload, from its canonical text."""
    return sha256(f"[{canonical(salt)},{text}]".encode())
