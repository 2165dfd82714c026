"""How two contents differ, term by term, and where a term stands in an invoice's JSON (`lines[1].item.name`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from einvoice.model.content import Content, Value
from einvoice.model.terms import terms

_One = TypeVar("_One", Value, Content)


@dataclass(frozen=True, slots=True)
class Difference:
    """One text that differs: the term or component, its place in the JSON, the text before and after.

    None: it is not there. An embedded document is named by its size.
    """

    term: str
    place: str
    before: str | None
    after: str | None


def differences(before: Content, after: Content) -> list[Difference]:
    """All texts that are not the same, terms before groups, each in the order of the invoice before."""
    return list(_of_groups(before, after, ""))


def field_path(place: str, term: str, number: int | None) -> str:
    """The JSON path of a term or group that stands in `place`; `number` (from 0) where it is one of several."""
    path = f"{place}.{terms()[term].field}".lstrip(".")
    return path if number is None else f"{path}[{number}]"


def _of_groups(before: Content, after: Content, place: str) -> Iterator[Difference]:
    for term in dict.fromkeys((*before.values, *after.values)):
        values = before.values.get(term, []), after.values.get(term, [])
        for number, old, new in _paired(*values):
            yield from _of_values(term, _numbered(place, term, number, values), old, new)
    for group in dict.fromkeys((*before.groups, *after.groups)):
        inner = before.groups.get(group, []), after.groups.get(group, [])
        for number, one, other in _paired(*inner):
            below = _numbered(place, group, number, inner)
            yield from _of_groups(one or Content(), other or Content(), below)


def _numbered(place: str, term: str, number: int, lists: tuple[Sequence[object], ...]) -> str:
    several = terms()[term].repeats or max(map(len, lists)) > 1
    return field_path(place, term, number if several else None)


def _of_values(term: str, place: str, old: Value | None, new: Value | None) -> Iterator[Difference]:
    texts = old.text if old else None, new.text if new else None
    if texts[0] != texts[1]:
        yield Difference(term, place, *(_told(term, text) for text in texts))
    parts = old.parts if old else {}, new.parts if new else {}
    for part in dict.fromkeys((*parts[0], *parts[1])):
        if parts[0].get(part) != parts[1].get(part):
            field = field_path(place, part, None)
            yield Difference(part, field, parts[0].get(part), parts[1].get(part))


def _told(term: str, text: str | None) -> str | None:
    """The text; of an embedded document (base64) only how long it is."""
    if text is None or terms()[term].datatype != "Binary object":
        return text
    return f"{len(text) * 3 // 4} bytes"


def _paired(before: Sequence[_One], after: Sequence[_One]) -> Iterator[tuple[int, _One | None, _One | None]]:
    """Which belong together: by position where there are as many, else equal ones, then by position.

    The number is the position before; of what is new, after.
    """
    if len(before) == len(after):
        for number, old in enumerate(before):
            yield number, old, after[number]
        return
    left = list(after)
    unlike: list[tuple[int, _One]] = []
    for number, one in enumerate(before):
        if one in left:
            left.remove(one)
        else:
            unlike.append((number, one))
    for number, one in unlike:
        yield number, one, None
    for number, new in enumerate(after):
        if any(new is one for one in left):
            yield number, None, new
