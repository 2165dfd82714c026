"""Many values asked for in one question: they go to the database as one value, so that its text stays the same and an
index answers each of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, FromClause, Integer, Text, func, literal
from sqlmodel import Session

Asked = tuple[FromClause, Mapping[str, ColumnElement[Any]]]
"""What to select from, and its columns by name."""


def asked(session: Session, columns: Sequence[str], rows: Collection[Sequence[str | int | None]]) -> Asked:
    """Rows to join with: each column holds texts, or numbers (names ending in `_id` or `_cents`)."""
    if session.get_bind().dialect.name == "postgresql":
        return _unnested(columns, rows)
    each = func.json_each(literal(json.dumps(list(map(list, rows))))).table_valued("value", name="asked")
    kinds = [Integer() if _numbers(name) else Text() for name in columns]
    return each, {
        name: func.json_extract(each.c.value, f"$[{at}]", type_=kind)
        for at, (name, kind) in enumerate(zip(columns, kinds, strict=True))
    }


def _unnested(columns: Sequence[str], rows: Collection[Sequence[str | int | None]]) -> Asked:
    lists = [
        literal([row[at] for row in rows], ARRAY(BigInteger() if _numbers(name) else Text()))
        for at, name in enumerate(columns)
    ]
    each = func.unnest(*lists).table_valued(*columns, name="asked").render_derived()
    return each, {name: each.c[name] for name in columns}


def _numbers(column: str) -> bool:
    return column.endswith(("_id", "_cents"))
