"""Many values asked for in one question: they go to the database as one value, so that its text stays the same and an
index answers each of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, FromClause, Integer, Text, func, literal
from sqlmodel import Session

Asked = tuple[FromClause, Mapping[str, ColumnElement[Any]]]
"""What to select from, and its columns by name."""


Kinds = Mapping[str, type[str] | type[int]]
"""The columns of rows, and whether they hold texts or numbers."""


def asked(session: Session, columns: Kinds, rows: Collection[Sequence[str | int | None]]) -> Asked:
    """Rows to join with."""
    if session.get_bind().dialect.name == "postgresql":
        return _unnested(columns, rows)
    each = func.json_each(literal(json.dumps(list(map(list, rows))))).table_valued("value", name="asked")
    return each, {
        name: func.json_extract(each.c.value, f"$[{at}]", type_=Integer() if kind is int else Text())
        for at, (name, kind) in enumerate(columns.items())
    }


def _unnested(columns: Kinds, rows: Collection[Sequence[str | int | None]]) -> Asked:
    lists = [
        literal([row[at] for row in rows], ARRAY(BigInteger() if kind is int else Text()))
        for at, kind in enumerate(columns.values())
    ]
    each = func.unnest(*lists).table_valued(*columns, name="asked").render_derived()
    return each, {name: each.c[name] for name in columns}
