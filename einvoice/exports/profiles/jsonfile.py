"""Filled records as one JSON object: a record with a loop is a list under its name, one without an object."""

import json

from einvoice.exports.profiles.filling import Filled


def document(records: list[Filled]) -> str:
    """The object, its keys in the order of the profile; numbers with their digits as written, never binary."""
    return "".join(_object(_members([], records), "")) + "\n"


def _members(
    own: list[tuple[str, str]], records: list[Filled]
) -> list[tuple[str, str | list[Filled] | Filled]]:
    members: list[tuple[str, str | list[Filled] | Filled]] = list(own)
    lists: dict[str, list[Filled]] = {}
    for record in records:
        name = record.kind.form.name
        if record.kind.loop is None:
            members.append((name, record))
            continue
        if name not in lists:
            members.append((name, lists.setdefault(name, [])))
        lists[name].append(record)
    return members


def _object(members: list[tuple[str, str | list[Filled] | Filled]], indent: str) -> str:
    inner = indent + "  "
    parts = [
        f"{inner}{json.dumps(name, ensure_ascii=False)}: {_value(what, inner)}" for name, what in members
    ]
    return "{\n" + ",\n".join(parts) + "\n" + indent + "}" if parts else "{}"


def _value(what: str | list[Filled] | Filled, indent: str) -> str:
    if isinstance(what, str):
        return what
    if isinstance(what, list):
        items = [indent + "  " + _record(one, indent + "  ") for one in what]
        return "[\n" + ",\n".join(items) + "\n" + indent + "]"
    return _record(what, indent)


def _record(record: Filled, indent: str) -> str:
    return _object(_members(_fields(record), record.records), indent)


def _fields(record: Filled) -> list[tuple[str, str]]:
    found = []
    for cell in record.cells:
        form = cell.field.form
        if cell.text is None:
            if form.empty == "write":
                found.append((cell.field.name, "null"))
        elif form.as_ == "text":
            found.append((cell.field.name, json.dumps(cell.text, ensure_ascii=False)))
        else:
            found.append((cell.field.name, cell.text))
    return found
