"""Between a content, which takes everything as it stands, and the typed invoice with its names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pybase64

from einvoice.model import lexical
from einvoice.model.content import Content, Value
from einvoice.model.fields import AttachedDocument, Group, Identifier, fields, number, unbase64
from einvoice.model.terms import Term, components, terms

READ: dict[str, Callable[[str], Any]] = {
    "Date": lexical.iso_date,
    "Amount": number,
    "Unit price amount": number,
    "Quantity": number,
    "Percentage": number,
    "Binary object": unbase64,
}
"""How a text of each data type becomes a value (None: it is none); all others are texts."""

_STEP = re.compile(r"(B[A-Z0-9-]+)\[([0-9]+)\]")


def table_of(content: Content) -> dict[str, Any]:
    """The invoice as plain tables by field names, ready for one `model_validate`, with what is unplaced."""
    reading = _Reading()
    table = reading.group("", content, "")
    return table | {"unplaced": reading.unplaced}


class _Reading:
    """Reads one invoice; `unplaced` collects what its fields cannot hold."""

    def __init__(self) -> None:
        self.unplaced: list[dict[str, Any]] = []

    def group(self, group: str, content: Content, place: str) -> dict[str, Any]:
        """The table of one group, which stands at `place`."""
        table: dict[str, Any] = {}
        known = _known(group)
        for term, values in content.values.items():
            row = terms()[term]
            for value in values:
                self._keep(row, table, value, _value(row, value) if term in known else None, place)
        for inner, occurrences in content.groups.items():
            row = terms()[inner]
            for position, occurrence in enumerate(occurrences, 1):
                kept = inner in known and (row.repeats or position == 1)
                below = f"{place}/{inner}[{position}]".lstrip("/")
                read = self.group(inner, occurrence, below) if kept else None
                self._keep(row, table, occurrence, read, place)
        return table

    def _keep(
        self, row: Term, table: dict[str, Any], stated: Value | Content, value: Any, place: str
    ) -> None:
        """Puts what was read under its field: all of it or the first; the rest is unplaced."""
        if value is None or (row.field in table and not row.repeats):
            self.unplaced.append({"term": row.id, "place": place, "stated": stated.plain()})
        elif row.repeats:
            table.setdefault(row.field, []).append(value)
        else:
            table[row.field] = value


@cache
def _known(group: str) -> frozenset[str]:
    return frozenset(row.id for row in fields(group).values())


def _value(row: Term, value: Value) -> Any:
    """What a value is by its term's data type; None if its text is no such thing."""
    read = READ.get(row.datatype)
    one = read(value.text) if read else value.text
    parts = components(row.id)
    if one is None or not parts:
        return one if not value.parts or parts else None
    name = "content" if row.datatype == "Binary object" else "value"
    return {name: one, **{terms()[part].field: text for part, text in value.parts.items()}}


def content_of(invoice: Group) -> Content:
    """The content of a typed invoice, with what was unplaced put back where it stood."""
    content = _content("", invoice)
    for one in getattr(invoice, "unplaced", ()):
        owner = content
        for group, position in _STEP.findall(one.place):
            owner = owner.groups[group][int(position) - 1]
        owner.add(one.term, one.stated)
    return content


def _content(group: str, model: Group) -> Content:
    content = Content()
    for name, row in fields(group).items():
        stated = getattr(model, name)
        for one in stated if isinstance(stated, list) else [] if stated is None else [stated]:
            content.add(row.id, _content(row.id, one) if isinstance(one, Group) else _stated(row, one))
    return content


def _stated(row: Term, one: Any) -> Value:
    """A typed value as a content states it."""
    if isinstance(one, Decimal):
        return Value(format(one, "f"))
    if isinstance(one, date):
        return Value(one.isoformat())
    if isinstance(one, AttachedDocument):
        text = pybase64.b64encode_as_string(one.content or b"")
        return Value(text, dict(_parts(row, one)))
    if isinstance(one, Identifier):
        return Value(one.value, dict(_parts(row, one)))
    return Value(str(one))


def _parts(row: Term, one: Any) -> Iterator[tuple[str, str]]:
    for part in components(row.id):
        text = getattr(one, terms()[part].field)
        if text is not None:
            yield part, text
