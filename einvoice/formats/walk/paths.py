"""The paths of the tables as patterns: lists of steps from the document, or from a context node, down.

    /a/b   //a/b   a/b   (a|b)/c   a | b   a/@x   //@x   *Amount   ram:*Amount   a[condition]/b

`*Amount` is any element whose local name ends so, `ram:*ID` the same in one namespace. What may stand between
brackets is the caller's: the name of a condition (rules/syntax) or an XPath predicate (schemas/terms.tsv).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from einvoice.formats.walk.conditions import Condition
from einvoice.formats.walk.names import clark
from einvoice.model.namespaces import NAMESPACES

Conditions = Callable[[str], Condition]
_STEP = re.compile(r"(?P<name>[\w.:*-]+)(?P<conditions>(?:\[(?:'[^']*'|[^]'])*\])*)")
_CHOICE = re.compile(r"\((?P<choices>[^()]*)\)(?P<rest>/.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """One step down: an exact tag, or what the tag begins (its namespace, or nothing) and ends with."""

    descend: bool
    tag: str | None
    start: str
    end: str
    conditions: tuple[Condition, ...]

    def fits(self, tag: str) -> bool:
        """Whether an element of that tag may be meant; conditions are not looked at."""
        return tag == self.tag if self.tag else tag.startswith(self.start) and tag.endswith(self.end)


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """One path: its steps, the attribute it ends in (or None), and the mark it sets where it leads to."""

    steps: tuple[Step, ...]
    attribute: str | None
    mark: object

    @property
    def descends(self) -> bool:
        """Whether any depth may lie between its start and its end."""
        return any(step.descend for step in self.steps)


def split(text: str, separator: str) -> list[str]:
    """The parts of a text between separators outside brackets and quotes, trimmed."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(r"'[^']*'|[][()]|" + re.escape(separator), text):
        token = found[0]
        if token in "[](":
            depth += -1 if token == "]" else 1
        elif token == ")":
            depth -= 1
        elif token == separator and not depth:
            parts.append(text[start : found.start()])
            start = found.end()
    return [part.strip() for part in [*parts, text[start:]]]


def patterns(text: str, mark: object, conditions: Conditions, anywhere: bool = False) -> Iterator[Pattern]:
    """The patterns of one union. `anywhere`: a path without leading slash fits at any depth (a context).

    Raises ValueError for what is no path.
    """
    for path in split(text, "|"):
        if choice := _CHOICE.fullmatch(path):
            for first in split(choice["choices"], "|"):
                yield from patterns(first + choice["rest"], mark, conditions, anywhere)
        else:
            yield _pattern(path, mark, conditions, anywhere)


def _pattern(path: str, mark: object, conditions: Conditions, anywhere: bool) -> Pattern:
    descend = path.startswith("//") or (anywhere and not path.startswith("/"))
    steps: list[Step] = []
    attribute = None
    for part in split(path.removeprefix("/").removeprefix("/"), "/"):
        if attribute is not None:
            raise ValueError(f"path {path!r}: an attribute ends a path")
        if part == "":
            descend = True
        elif part.startswith("@"):
            attribute = part[1:]
            if descend:
                steps.append(Step(True, None, "", "", ()))
        elif part != ".":
            steps.append(_step(part, descend, conditions))
            descend = False
    return Pattern(tuple(steps), attribute, mark)


def _step(text: str, descend: bool, conditions: Conditions) -> Step:
    found = _STEP.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no step of a path")
    asked = re.findall(r"\[((?:'[^']*'|[^]'])*)\]", found["conditions"])
    asks = tuple([conditions(name) for name in asked])
    if "*" not in found["name"]:
        return Step(descend, clark(found["name"]), "", "", asks)
    start, _, end = found["name"].rpartition("*")
    if start and (not start.endswith(":") or start[:-1] not in NAMESPACES):
        raise ValueError(f"{text!r}: only a prefix may stand before *")
    return Step(descend, None, f"{{{NAMESPACES[start[:-1]]}}}" if start else "", end, asks)
