"""Blocks of generated Python: lines that stand in one another."""

import re
from collections.abc import Iterable, Iterator, Sequence

INDENT = "    "
"""One step to the right."""

Lines = list[str]
"""Lines as they stand in a block of their own."""

Within = tuple[Sequence[str], Lines]
"""Lines, and the clauses (`for …`, `if …`) they stand in, the outermost first."""


def indented(lines: Iterable[str]) -> Lines:
    """The same one step to the right."""
    return [f"{INDENT}{line}" for line in lines]


_LOOP = re.compile(r"for \w+ in (?P<source>\w+(?:\.\w+)+)")


def listing(value: str, clauses: Sequence[str]) -> str:
    """An expression for the list of a value in clauses: not gone about where the first loop has nothing."""
    every = f"[{value} {' '.join(clauses)}]"
    loop = _LOOP.fullmatch(clauses[0])
    return f"({every} if {loop['source']} else NONE)" if loop else every


def nested(parts: Iterable[Within]) -> Iterator[str]:
    """All of the lines; those whose clauses begin with the same stand in the same loop."""
    inner: dict[str, list[Within]] = {}
    for clauses, lines in parts:
        if clauses:
            inner.setdefault(clauses[0], []).append((clauses[1:], lines))
        else:
            yield from lines
    for clause, several in inner.items():
        yield f"{clause}:"
        yield from indented(nested(several))
