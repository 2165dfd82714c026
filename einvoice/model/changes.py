"""Changes to an invoice's content in the notation of rule examples.

`{"BT-106" = "9.00", "BG-20[1]/BT-92" = false}`: a key is a term, group or component id, with the n-th
occurrence in brackets where one is meant, and with the groups above it where they matter; `+` adds one more.
A text sets (and creates), `false` removes, a table or a list of tables is a group.
"""

import re
from collections.abc import Mapping
from typing import Any

from einvoice.errors import BadExample
from einvoice.model.content import Content, Value
from einvoice.model.terms import homes, terms, way

NOT_CHANGES = frozenset({"base", "only", "profile", "xml"})
"""Keys of an example that say how it is judged, and what changes once it is written (formats.examples)."""

_STEP = re.compile(r"([A-Z]{2}-[A-Z0-9-]+)(?:\[([1-9][0-9]*)\])?")


def apply(content: Content, changes: Mapping[str, Any]) -> Content:
    """A changed copy of `content`; ValueError says which key cannot be followed."""
    changed = content.copy()
    for key, stated in changes.items():
        if key not in NOT_CHANGES:
            _change(changed, key, stated)
    return changed


def _change(content: Content, key: str, stated: Any) -> None:
    *above, (target, index) = [_step(key, step) for step in key.removeprefix("+").split("/")]
    owners = [content]
    inside = ""
    for group, number in above:
        owners = _pick([one for owner in owners for one in _below(owner, group)], number, key)
        inside = group
    component = target if terms()[target].is_component else None
    term = terms()[target].parent if component else target
    places = _places(owners, inside, term, create=stated is not False)
    if not places and stated is not False:
        raise BadExample(
            f"{key}: there is nothing here that could hold it",
            f"{key}: hier gibt es nichts, worin es stehen könnte",
        )
    if key.startswith("+"):
        for place in places:
            place.add(target, stated)
    elif component:
        _set_component(places, term, component, index, stated, key)
    elif terms()[target].is_group:
        _set(places, "groups", target, index, stated, key)
    else:
        _set(places, "values", target, index, stated, key)


def _step(key: str, step: str) -> tuple[str, int | None]:
    found = _STEP.fullmatch(step)
    if not found or found[1] not in terms():
        raise BadExample(
            f"{key}: {step!r} is no term, group or component",
            f"{key}: {step!r} ist weder Begriff noch Gruppe noch Teil davon",
        )
    return found[1], int(found[2]) if found[2] else None


def _few(key: str, count: int) -> BadExample:
    return BadExample(f"{key}: there are only {count} occurrences", f"{key}: es gibt nur {count} Vorkommen")


def _pick(occurrences: list[Content], number: int | None, key: str) -> list[Content]:
    if number is None:
        return occurrences
    if number > len(occurrences):
        raise _few(key, len(occurrences))
    return [occurrences[number - 1]]


def _below(owner: Content, group: str) -> list[Content]:
    """All occurrences of a group below `owner`, in document order."""
    return [one for here, one in owner.walk("(owner)") if here == group]


def _places(owners: list[Content], inside: str, term: str, *, create: bool) -> list[Content]:
    """The groups in which a term stands or, with `create`, can stand: those named, or all below them."""
    if inside in homes(term):
        return owners
    found = [one for owner in owners for here, one in owner.walk(inside) if here in homes(term)]
    if found or not create:
        return found
    groups = _way(inside, term)
    return [owner.descend(groups) for owner in owners]


def _way(inside: str, term: str) -> tuple[str, ...]:
    """The groups to go through from a group down to a term's home."""
    ways = [found for found in (way(inside, home) for home in homes(term)) if found]
    if not ways:
        raise BadExample(f"{term} cannot stand in {inside}", f"{term} kann nicht in {inside} stehen")
    return ways[0]


def _set(places: list[Content], kind: str, target: str, index: int | None, stated: Any, key: str) -> None:
    """Sets, replaces or removes a term or a group, everywhere or its n-th occurrence in document order."""
    if index is not None:
        _set_one(places, kind, target, index, stated, key)
        return
    for place in places:
        table = getattr(place, kind)
        if stated is False:
            table.pop(target, None)
        elif isinstance(stated, str) and table.get(target):
            for value in table[target]:
                value.text = stated
        else:
            table.pop(target, None)
            place.add(target, stated)


def _set_one(places: list[Content], kind: str, target: str, index: int, stated: Any, key: str) -> None:
    lists = [getattr(place, kind).get(target, []) for place in places]
    slots = [(occurrences, at) for occurrences in lists for at in range(len(occurrences))]
    if index > len(slots):
        raise _few(key, len(slots))
    occurrences, at = slots[index - 1]
    if stated is False:
        del occurrences[at]
    elif isinstance(stated, str):
        occurrences[at].text = stated
    else:
        occurrences[at] = Content.parse(stated) if kind == "groups" else Value.parse(stated)


def _set_component(
    places: list[Content], term: str, component: str, index: int | None, stated: Any, key: str
) -> None:
    values = [value for place in places for value in place.values.get(term, [])]
    if index is not None and index > len(values):
        raise _few(key, len(values))
    if not values and stated is not False:
        for place in places:
            place.add(component, stated)
    for value in values if index is None else [values[index - 1]]:
        if stated is False:
            value.parts.pop(component, None)
        else:
            value.parts[component] = stated
