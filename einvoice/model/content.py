"""What an invoice says, free of any syntax: a tree of groups, each with the values of its terms.

Nothing is checked: blank texts, junk numbers and repeated terms stand as they are. Texts have one spelling
for all syntaxes: dates are ISO (`2026-03-02`), BT-8 is UNTDID 2005, the subject code BT-21 stands apart from
its note BT-22, and indicators, currencies and other constants of a syntax are no content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from einvoice.model.terms import terms

Stated: TypeAlias = "str | Mapping[str, Any] | Sequence[Any]"
"""A term or group as TOML writes it: a text, a table, or a list of either."""


@dataclass(slots=True)
class Value:
    """One occurrence of a term: its text, and its components by id (`BT-29-1`: the scheme of this BT-29)."""

    text: str
    parts: dict[str, str] = field(default_factory=dict)

    def plain(self) -> str | dict[str, str]:
        """The text, or a table `{value, BT-…-1, …}` where there are components."""
        return {"value": self.text, **self.parts} if self.parts else self.text

    @classmethod
    def parse(cls, stated: str | Mapping[str, str]) -> Value:
        """The counterpart of `plain`."""
        if isinstance(stated, str):
            return cls(stated)
        return cls(stated.get("value", ""), {key: text for key, text in stated.items() if key != "value"})


@dataclass(slots=True)
class Content:
    """One occurrence of a group, or the whole invoice: values by term id, groups by group id."""

    values: dict[str, list[Value]] = field(default_factory=dict)
    groups: dict[str, list[Content]] = field(default_factory=dict)

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> Content:
        """A tree from nested tables as in rules/examples; KeyError names an id that is no term.

        A component may stand in its value's table (`"BT-29" = {value = "x", "BT-29-1" = "0088"}`) or beside
        it (`"BT-29-1" = "0088"`); then it belongs to the first value that has none.
        """
        content = cls()
        for key, stated in table.items():
            content.add(key, stated)
        return content

    def add(self, key: str, stated: Stated | Value | Content) -> None:
        """Adds the occurrences stated for one term, group or component id, as tables or as they stand here."""
        row = terms()[key]
        for one in _each(stated):
            if row.is_group:
                self.groups.setdefault(key, []).append(
                    one if isinstance(one, Content) else Content.parse(one)
                )
            elif row.is_component:
                self._complete(row.parent, key, one)
            else:
                value = one if isinstance(one, Value) else Value.parse(one)
                self.values.setdefault(key, []).append(value)

    def _complete(self, term: str, component: str, text: str) -> None:
        values = self.values.setdefault(term, [])
        value = next((value for value in values if component not in value.parts), None)
        if value is None:
            values.append(value := Value(""))
        value.parts[component] = text

    def plain(self) -> dict[str, Any]:
        """The tree as nested tables in the norm's order (the counterpart of `parse`)."""
        found: dict[str, Any] = {term: _short(values) for term, values in self.values.items() if values}
        for group, occurrences in self.groups.items():
            tables = [occurrence.plain() for occurrence in occurrences]
            if tables:
                found[group] = tables if terms()[group].repeats or len(tables) > 1 else tables[0]
        return {key: found[key] for key in sorted(found, key=rank)}

    def copy(self) -> Content:
        """An independent copy of the whole tree."""
        return Content(
            {term: [Value(v.text, dict(v.parts)) for v in values] for term, values in self.values.items()},
            {group: [one.copy() for one in occurrences] for group, occurrences in self.groups.items()},
        )

    def text(self, term: str) -> str | None:
        """The first text of a term that stands directly in this group; None if there is none."""
        values = self.values.get(term)
        return values[0].text if values else None

    def group(self, group: str) -> Content | None:
        """The first occurrence of a group that stands directly in this one; None if there is none."""
        occurrences = self.groups.get(group)
        return occurrences[0] if occurrences else None

    def descend(self, way: Iterable[str]) -> Content:
        """The first occurrence of the last group of `way`, one below the other; made where missing."""
        owner = self
        for group in way:
            owner = owner.groups.setdefault(group, [Content()])[0]
        return owner

    def walk(self, here: str = "") -> Iterator[tuple[str, Content]]:
        """This group and all below it, as (group id, occurrence), parents first."""
        yield here, self
        for group, occurrences in self.groups.items():
            for occurrence in occurrences:
                yield from occurrence.walk(group)


def _each(stated: Any) -> Sequence[Any]:
    return stated if isinstance(stated, list | tuple) else [stated]


def _short(values: list[Value]) -> Any:
    plain = [value.plain() for value in values]
    return plain[0] if len(plain) == 1 else plain


def rank(key: str) -> tuple[bool, int]:
    """Terms before groups, each in the norm's order."""
    return terms()[key].is_group, _order()[key]


@cache
def _order() -> Mapping[str, int]:
    return {key: number for number, key in enumerate(terms())}
