"""The syntax rules as patterns: each row of a table of rules/syntax becomes marks at the ends of paths."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from einvoice.formats.walk.conditions import Condition, named
from einvoice.formats.walk.formula import formula
from einvoice.formats.walk.marks import Check, Collect, Context, Count, Fire, Pardon, Special
from einvoice.formats.walk.paths import Pattern, patterns, split
from einvoice.formats.walk.specials import SPECIALS
from einvoice.model.lexical import BLANKS, trim


class Row(Protocol):
    """One rule of a syntax table; rules/syntax/README.md explains the columns."""

    @property
    def id(self) -> str: ...
    @property
    def context(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def limit(self) -> str: ...
    @property
    def exceptions(self) -> str: ...


class Table(Protocol):
    """The rules of one syntax in one release: the contexts of all releases in order (also those that only rules
    of another release have: they take their nodes all the same), the rows, and what the named conditions mean."""

    @property
    def contexts(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[Row]: ...
    @property
    def conditions(self) -> Mapping[str, Mapping[str, object]]: ...


Aim = Callable[[Context, str, Callable[[Pattern], object]], None]
"""Sets a mark, made for each pattern, at the ends of a path from a context node."""


def rule_patterns(table: Table) -> list[Pattern]:
    """The patterns of a table. Raises ValueError for a row that does not make sense, with its id."""
    defined = named(table.conditions)

    def conditions(name: str) -> Condition:
        if name not in defined:
            raise ValueError(f"[{name}] is no condition of the table")
        return defined[name]

    contexts = {text: Context(order) for order, text in enumerate(table.contexts)}
    found: list[Pattern] = []
    for text, context in contexts.items():
        found += patterns(text, context, conditions, anywhere=True)

    def aim(context: Context, text: str, mark: Callable[[Pattern], object]) -> None:
        for pattern in patterns(text, None, conditions):
            made = Pattern(pattern.steps, pattern.attribute, mark(pattern))
            (found if text.startswith("/") else context.targets).append(made)

    for row in table.rows:
        try:
            _add(row, contexts[row.context], aim)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{row.id}: {error}") from error
    return found


def _add(row: Row, context: Context, aim: Aim) -> None:
    if row.kind == "absent":
        absolute = row.path.startswith("/")
        aim(context, row.path, lambda at: Fire(row.id, None if absolute or at.descends else len(at.steps)))
    elif row.kind in CHECKS:
        check = Check(row.id, CHECKS[row.kind](row.limit))
        aim(context, row.path, lambda _: check)
    elif row.kind == "distinct":
        collect = Collect(row.id, trim if row.limit == "trimmed" else str)
        aim(context, row.path, lambda _: collect)
    elif row.kind == "special":
        special = Special(row.id, SPECIALS[row.id])
        aim(context, ".", lambda _: special)
    else:
        _add_counts(row, context, aim)
    if row.exceptions:
        aim(context, row.exceptions, lambda _: Pardon(row.id))


def _add_counts(row: Row, context: Context, aim: Aim) -> None:
    first = context.slots
    for part in split(row.path, ";"):
        count = Count(context, context.slots)
        aim(context, part, lambda _, count=count: count)  # type: ignore[misc]
        context.slots += 1
    context.formulas.append((row.id, formula(FORMULAS[row.kind].format(row.limit), first)))


FORMULAS = {"at_most": "a <= {}", "exactly": "a == {}", "present": "a > 0", "counts": "{}"}
"""kind -> what must hold of the counts: a of the first path, b of the second …"""


def _one_of(limit: str) -> Callable[[str], bool]:
    """The text, as written, is one of the words of the limit."""
    return frozenset(limit.split()).__contains__


def _decimals(limit: str) -> Callable[[str], bool]:
    """At most so many characters follow the first point, blanks and final zeros included."""
    most = int(limit)
    return lambda text: len(text.partition(".")[2]) <= most


def _day(limit: str) -> Callable[[str], bool]:
    """The text has the shape YYYYMMDD with a month and a day that exist in some month; blanks around are fine."""
    if limit != "YYYYMMDD":
        raise ValueError(f"shape {limit!r} is not known")
    return is_day


_DAYS = frozenset(f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 32))


def is_day(text: str) -> bool:
    """`20260231` has the shape of a day, `2026-02-28` and `20261301` have not."""
    text = text.strip(BLANKS)
    return len(text) == 8 and text[4:] in _DAYS and text[:4].isdecimal()


CHECKS: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "values": _one_of,
    "decimals": _decimals,
    "shape": _day,
}
"""kind of rule about the text at a place -> limit -> whether a text is fine"""
