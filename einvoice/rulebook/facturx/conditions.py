"""Conditions by name (rules/factur-x/conditions.toml), turned into tests of a node."""

import functools
import tomllib
from collections.abc import Sequence
from typing import Any

from einvoice.data import folder
from einvoice.errors import RulebookError
from einvoice.model.lexical import BLANKS, trim
from einvoice.rulebook.facturx.paths import Select, Test, select
from einvoice.rulebook.facturx.tree import Item
from einvoice.rulebook.facturx.values import single

_GROUPS = {"all", "either", "none"}
_KEYS = _GROUPS | {"read", "as", "any", "other", "same", "filled", "first", "de", "en"}


@functools.cache
def table() -> dict[str, dict[str, Any]]:
    """Name → definition; RulebookError for an unknown key."""
    path = folder("rules") / "factur-x" / "conditions.toml"
    with path.open("rb") as file:
        entries: dict[str, dict[str, Any]] = tomllib.load(file)
    for name, entry in entries.items():
        if unknown := set(entry) - _KEYS:
            keys = ", ".join(sorted(unknown))
            raise RulebookError.at(
                f"{path}:1: [{name}]", f"has unknown keys: {keys}", f"hat unbekannte Schlüssel: {keys}"
            )
    return entries


@functools.cache
def named(words: str) -> Test:
    """The test that words in brackets mean: a name, perhaps followed by a blank and values with commas."""
    name, _, values = words.partition(" ")
    if name not in table():
        raise RulebookError.at(
            "rules/factur-x/conditions.toml:1",
            f"there is no condition [{name}]",
            f"eine Bedingung [{name}] gibt es nicht",
        )
    return _test(table()[name], values)


def _test(entry: dict[str, Any] | str, values: str) -> Test:
    if isinstance(entry, str):
        return named(entry.removesuffix("values") + values if entry.endswith(" values") else entry)
    if group := _GROUPS & set(entry):
        kind = group.pop()
        return _combined(kind, [_test(part, values) for part in entry[kind]])
    if entry.get("first"):
        return lambda node: node.parent is None or node.parent.kids[node.element.tag][0] is node
    return _reading(entry, values)


def _combined(kind: str, tests: Sequence[Test]) -> Test:
    if kind == "all":
        return lambda node: all(test(node) for test in tests)
    if kind == "either":
        return lambda node: any(test(node) for test in tests)
    return lambda node: not any(test(node) for test in tests)


def _reading(entry: dict[str, Any], values: str) -> Test:
    """A test of what one path finds."""
    find = select(entry["read"], named)
    if "same" in entry:
        return _same(find, select(entry["same"], named))
    if "filled" in entry:
        return _filled(find, entry["filled"])
    operator = next((key for key in ("any", "other") if key in entry), None)
    if operator is None:
        return lambda node: bool(find(node))
    wanted = entry[operator]
    listed = frozenset(values.split(",") if wanted == "values" else wanted)
    texts = _TEXTS[entry.get("as", "written")]
    if operator == "any":
        return lambda node: any(text in listed for text in texts(find(node)))
    return lambda node: any(text not in listed for text in texts(find(node)))


def _same(left: Select, right: Select) -> Test:
    return lambda node: not {i.text for i in left(node)}.isdisjoint({i.text for i in right(node)})


def _filled(find: Select, how: str) -> Test:
    if how == "visible":
        return lambda node: single(find(node)).strip(BLANKS) != ""
    return lambda node: any(item.text for item in find(node))


def _written(items: Sequence[Item]) -> list[str]:
    return [item.text for item in items]


def _trimmed(items: Sequence[Item]) -> list[str]:
    return [trim(single(items))]


def _upper(items: Sequence[Item]) -> list[str]:
    return [single(items).upper()]


_TEXTS = {"written": _written, "trimmed": _trimmed, "upper": _upper}
