"""Many values asked for in one question: they go to the database as one value, so that its text stays the same and an
index answers each of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, FromClause, Integer, Text, cast, column, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session

Asked = tuple[FromClause, Mapping[str, ColumnElement[Any]]]
"""What to select from, and its columns by name."""


Kinds = Mapping[str, type[str] | type[int]]
"""The columns of rows, and whether they hold texts or numbers."""


def asked(session: Session, columns: Kinds, rows: Collection[Sequence[str | int | None]]) -> Asked:
    """Rows to join with."""
    if _on_postgres(session):
        return _recordset(columns, rows)
    each = func.json_each(_text(list(map(list, rows)))).table_valued("value", name="asked")
    return each, {
        name: func.json_extract(each.c.value, f"$[{at}]", type_=Integer() if kind is int else Text())
        for at, (name, kind) in enumerate(columns.items())
    }


def among(session: Session, one: Any, values: Collection[str | int]) -> ColumnElement[bool]:
    """Whether a column of texts or numbers holds one of these."""
    if not _on_postgres(session):
        each = func.json_each(_text(list(values))).table_valued("value", name="asked")
        found = core_select(each.c.value)
    else:
        each = func.json_array_elements_text(_json(list(values))).table_valued("value", name="asked")
        is_number = isinstance(one.type, Integer)
        found = core_select(cast(each.c.value, BigInteger()) if is_number else each.c.value)
    is_in: ColumnElement[bool] = one.in_(found)
    return is_in


def _on_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _recordset(columns: Kinds, rows: Collection[Sequence[str | int | None]]) -> Asked:
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    there = (column(name, BigInteger() if kind is int else Text()) for name, kind in columns.items())
    each = func.json_to_recordset(_json(named)).table_valued(*there, name="asked")
    found = each.render_derived(with_types=True)
    return found, {name: found.c[name] for name in columns}


def _text(value: Any) -> ColumnElement[str]:
    return literal(json.dumps(value), Text())


def _json(value: Any) -> ColumnElement[Any]:
    return cast(_text(value), JSON())
