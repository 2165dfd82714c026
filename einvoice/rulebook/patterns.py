"""Regular expressions of the rule language: only those that are matched in a time linear in the text.

A backtracking matcher is slow where it can divide a text in many ways. So a pattern has to be deterministic: after
each character the next one alone tells where in the pattern it belongs (Brüggemann-Klein: one-unambiguous). Then
no text can make it try anything twice. Look-around, anchors and back references are no part of the language.
"""

import ast
import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from einvoice.rulebook.types import Wrong

_LONGEST = 1000
_MOST_PLACES = 500
_SAMPLE = frozenset(map(chr, range(0x180))) | {"\u2003", "\U0010fffd"}
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": lambda character: character.isalnum() or character == "_",
}


def checked(node: ast.expr) -> str:
    """The pattern that a node writes down. Raises Wrong if it is none, or none that is matched in linear time."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise Wrong("a pattern is a quoted text", "ein Muster ist ein Text in Anführungszeichen")
    pattern = node.value
    if len(pattern) > _LONGEST:
        raise Wrong(
            f"a pattern has at most {_LONGEST} characters", f"ein Muster hat höchstens {_LONGEST} Zeichen"
        )
    try:
        if re.compile(pattern).flags & (re.I | re.X | re.M | re.L):
            raise Wrong(
                f"{pattern!r}: of the flags only (?s) is part of the rule language",
                f"{pattern!r}: von den Schaltern gehört nur (?s) zur Regelsprache",
            )
        linear = _Places(pattern).deterministic()
    except re.error as error:
        raise Wrong(
            f"{pattern!r} is no regular expression: {error}",
            f"{pattern!r} ist kein regulärer Ausdruck: {error}",
        ) from None
    except _Refused:
        linear = False
    if not linear:
        raise Wrong(
            f"{pattern!r} takes more than linear time: after each character the next has to tell where it belongs",
            f"{pattern!r} braucht mehr als lineare Zeit: jedes nächste Zeichen muss sagen, wohin es gehört",
        )
    return pattern


class _Refused(Exception):
    """The pattern has something that cannot be matched in linear time, or is too large."""


@dataclass(slots=True)
class _Part:
    """A part of a pattern: whether it may be empty, and the places it begins and ends with."""

    empty: bool = True
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Places:
    """The places of a pattern (each one character class) and which may follow which (Glushkov's automaton)."""

    pattern: str
    places: list[frozenset[str]] = field(default_factory=list)
    follow: dict[int, set[int]] = field(default_factory=dict)

    def deterministic(self) -> bool:
        """Whether no two places that may come next share a character."""
        parser: Any = importlib.import_module(
            "re._parser"
        )  # mypy sees it or not, by what it looked at before
        whole = self.sequence(parser.parse(self.pattern))
        return all(self._apart(places) for places in (whole.first, *self.follow.values()))

    def _apart(self, places: Iterable[int]) -> bool:
        seen: set[str] = set()
        for place in places:
            if not seen.isdisjoint(self.places[place]):
                return False
            seen |= self.places[place]
        return True

    def sequence(self, items: Any) -> _Part:
        """Parts one after the other."""
        whole = _Part()
        for operator, argument in items:
            whole = self.then(whole, self.part(str(operator), argument))
        return whole

    def then(self, one: _Part, two: _Part) -> _Part:
        """One part, then another."""
        self._link(one.last, two.first)
        first = one.first | two.first if one.empty else one.first
        last = one.last | two.last if two.empty else two.last
        return _Part(one.empty and two.empty, first, last)

    def _link(self, last: frozenset[int], first: frozenset[int]) -> None:
        for place in last:
            self.follow.setdefault(place, set()).update(first)

    def part(self, operator: str, argument: Any) -> _Part:
        """One part."""
        if operator in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
            return self.place(frozenset(c for c in self._sample() if _fits(operator, argument, c)))
        if operator == "SUBPATTERN":
            return self.sequence(argument[3])
        if operator == "BRANCH":
            parts = [self.sequence(one) for one in argument[1]]
            first = frozenset[int]().union(*(part.first for part in parts))
            last = frozenset[int]().union(*(part.last for part in parts))
            return _Part(any(part.empty for part in parts), first, last)
        if operator in _REPEATS:
            return self.repeated(*argument)
        raise _Refused

    def place(self, characters: frozenset[str]) -> _Part:
        """One character."""
        if len(self.places) >= _MOST_PLACES:
            raise _Refused
        self.places.append(characters)
        here = frozenset((len(self.places) - 1,))
        return _Part(False, here, here)

    def repeated(self, least: int, most: Any, items: Any) -> _Part:
        """A repetition: a bounded one is as many copies, each optional one inside the one before."""
        whole = _Part()
        for _ in range(least):
            whole = self.then(whole, self.sequence(items))
        if not isinstance(most, int) or str(most) == "MAXREPEAT":
            loop = self.sequence(items)
            self._link(loop.last, loop.first)
            return self.then(whole, _Part(True, loop.first, loop.last))
        rest = _Part()
        for _ in range(most - least):
            inner = self.then(self.sequence(items), rest)
            rest = _Part(True, inner.first, inner.last)
        return self.then(whole, rest)

    def _sample(self) -> frozenset[str]:
        return _SAMPLE | frozenset(self.pattern)


def _fits(operator: str, argument: Any, character: str) -> bool:
    """Whether a character belongs to a class of the pattern."""
    if operator == "ANY":
        return True
    if operator in ("LITERAL", "NOT_LITERAL"):
        return (ord(character) == argument) is (operator == "LITERAL")
    items = list(argument)
    negated = bool(items) and str(items[0][0]) == "NEGATE"
    return any(_in_item(str(kind), what, character) for kind, what in items[negated:]) is not negated


def _in_item(kind: str, what: Any, character: str) -> bool:
    if kind == "LITERAL":
        return ord(character) == int(what)
    if kind == "RANGE":
        return int(what[0]) <= ord(character) <= int(what[1])
    if kind != "CATEGORY":
        raise _Refused
    name = str(what).removeprefix("CATEGORY_")
    return _CATEGORIES[name.removeprefix("NOT_")](character) is not name.startswith("NOT_")
