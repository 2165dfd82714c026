"""Reads what the receiver says of a file: which invoices it took, under which voucher, and why not the others."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from einvoice.approval.acknowledging import Answer
from einvoice.errors import Refused
from einvoice.exports.profiles.form import AnswerForm
from einvoice.formats import xml
from einvoice.store.tables import BatchRow

MOST = 10_000_000
"""The most bytes an answer may have."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one invoice. `key`: as the profile's answer names it: number, position or sha256."""

    key: str
    state: Literal["accepted", "rejected"]
    reason: str = ""
    voucher: str = ""


def answers(form: AnswerForm, content: bytes, name: str) -> list[Answered]:
    """The rows of an answer. Raises Refused naming file and row for what cannot be read or stands twice."""
    if len(content) > MOST:
        raise Refused(f"{name}: more than {MOST} bytes", f"{name}: mehr als {MOST} Bytes")
    try:
        rows = list(_rows(form, content))
    except (
        UnicodeDecodeError,
        csv.Error,
        json.JSONDecodeError,
        RecursionError,
        xml.Refused,
        KeyError,
    ) as error:
        raise Refused(f"{name}: cannot be read ({error})", f"{name}: nicht lesbar ({error})") from None
    found = [_answered(form, row, name, number) for number, row in enumerate(rows, 1)]
    keys = [one.key for one in found]
    twice = next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None
    if twice is not None:
        raise Refused(f"{name}: {twice} stands twice.", f"{name}: {twice} steht zweimal darin.")
    if not found:
        raise Refused(f"{name}: there are no answers in it.", f"{name}: Darin stehen keine Antworten.")
    return found


def by_row(form: AnswerForm, content: bytes, name: str, rows: Sequence[BatchRow]) -> list[Answer]:
    """The same as answers to the rows of a batch. Raises Refused for an invoice it has not, or has twice, too."""
    places: dict[str, list[int]] = {}
    for row in rows:
        key = str(row.position) if form.key == "position" else str((row.content or {}).get(form.key) or "")
        places.setdefault(key, []).append(row.position)
    found = []
    for one in answers(form, content, name):
        there = places.get(one.key, [])
        if len(there) != 1:
            raise Refused(
                f"{name}: the batch has {len(there)} invoices {one.key}.",
                f"{name}: Der Stapel hat {len(there)} Rechnungen {one.key}.",
            )
        accepted = one.state == "accepted"
        reason = None if accepted else one.reason or "ohne Begründung abgelehnt"
        found.append(Answer(there[0], accepted, (one.voucher or None) if accepted else None, reason))
    return found


def _answered(form: AnswerForm, row: Mapping[str, str], name: str, number: int) -> Answered:
    state = row.get("state", "")
    if not row.get("key") or state not in (*form.accepted, *form.rejected):
        known = ", ".join((*form.accepted, *form.rejected))
        raise Refused(
            f"{name}, row {number}: {row.get('key') or 'no invoice'}: state {state!r} is none of {known}.",
            f"{name}, Satz {number}: {row.get('key') or 'keine Rechnung'}: Stand {state!r} ist keiner von {known}.",
        )
    said: Literal["accepted", "rejected"] = "accepted" if state in form.accepted else "rejected"
    return Answered(row["key"], said, row.get("reason", ""), row.get("voucher", ""))


def _rows(form: AnswerForm, content: bytes) -> Iterator[dict[str, str]]:
    """The rows, each with key, state, reason and voucher as texts."""
    if form.kind == "xml":
        root = xml.parse(content)
        elements = [one for one in root.iter() if isinstance(one.tag, str) and _local(one.tag) == form.rows]
        yield from (_of_element(form, one) for one in elements)
        return
    text = content.decode("utf-8-sig" if form.encoding == "utf-8" else form.encoding)
    if form.kind == "json":
        yield from _of_json(form, json.loads(text, parse_float=str, parse_int=str))
    elif form.kind == "csv":
        yield from _of_csv(form, text)
    else:
        yield from (_of_line(form, line) for line in text.splitlines() if line.strip())


def _of_element(form: AnswerForm, element: Any) -> dict[str, str]:
    own = {_local(str(name)): str(value) for name, value in element.attrib.items()}
    own |= {_local(one.tag): "".join(one.itertext()) for one in element.iter() if isinstance(one.tag, str)}
    return {name: own.get(str(where), "").strip() for name, where in form.fields.items()}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _of_json(form: AnswerForm, found: Any) -> Iterator[dict[str, str]]:
    for part in (form.rows or "").split(".") if form.rows else ():
        found = found[part] if isinstance(found, dict) else {}
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            yield {name: str(one.get(str(where)) or "").strip() for name, where in form.fields.items()}


def _of_csv(form: AnswerForm, text: str) -> Iterator[dict[str, str]]:
    lines = [
        row for row in csv.reader(io.StringIO(text, newline=""), delimiter=form.separator, strict=True) if row
    ]
    heads = lines.pop(0) if form.heads and lines else []
    for row in lines:
        yield {name: _column(row, heads, where) for name, where in form.fields.items()}


def _column(row: Sequence[str], heads: Sequence[str], where: str | int | list[int]) -> str:
    place = where - 1 if isinstance(where, int) else heads.index(str(where)) if where in heads else -1
    return row[place].strip() if 0 <= place < len(row) else ""


def _of_line(form: AnswerForm, line: str) -> dict[str, str]:
    """A line of fixed width: each field from its first to its last column, counted from 1."""
    return {
        name: line[where[0] - 1 : where[1]].strip()
        for name, where in form.fields.items()
        if isinstance(where, list)
    }
