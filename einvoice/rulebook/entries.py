"""Reading rule files: entries, and families spread out into their members."""

import ast
import copy
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from einvoice.errors import RulebookError
from einvoice.rulebook.types import Wrong
from einvoice.rulebook.variants import Scope, Table, applicable, merged

NOT_VALUES = frozenset(
    [
        "for",
        "assert",
        "severity",
        "en",
        "de",
        "hint_en",
        "hint_de",
        "only",
        "since",
        "until",
        "why",
        "why_de",
        "unreachable",
        "unreachable_de",
        "terms",
        "rules",
        "fails",
        "passes",
        "if",
        "to",
    ]
)
"""The keys of an entry that are not named values (`when` is one that guards); `if` and `to` are routing's."""

LEVELS = {"fatal": "error", "error": "error", "warning": "warning", "information": "information"}

_PARAMETER = re.compile(r"\b[A-Z][A-Z0-9_]*\b")
_KEY = re.compile(r"""\s*([\w.'"-]+?)\s*=""")
_HEADER = re.compile(r"""\s*\[([\w.'" -]+)\]""")


@dataclass
class Entry:
    """One rule of a scope as it stands in its file: keys with variants laid over, parameters still apart."""

    id: str
    path: Path
    line: int
    family: str
    fields: Table
    parameters: dict[str, str]
    lines: dict[str, int]
    change: "Change | None" = None

    def wrong(self, key: str, said: str | Exception, de: str | None = None) -> RulebookError:
        """The error that this entry's author is shown, in English and German; `said` may be what was found below."""
        member = f"{self.id} (family.{self.family}:{self.line})" if self.family else self.id
        place = f"{self.path}:{self.lines.get(key, self.line)}"
        if self.change is not None and (key in self.change.lines or key not in self.lines):
            place = self.change.place(key)
        return RulebookError.at(f"{place}: {member}: {key}", said, de)

    @cached_property
    def values(self) -> list[str]:
        """Named values and the guard, in written order."""
        return [key for key in self.fields if key not in NOT_VALUES]

    def text(self, key: str) -> str:
        """A text with the member's parameters put in; "" if there is none."""
        return _PARAMETER.sub(lambda found: self.parameters.get(found[0], found[0]), self.fields.get(key, ""))

    def terms(self) -> tuple[str, ...]:
        """The terms that the entry states, with the member's parameters put in; () leaves that to its message."""
        return tuple(self._filled(self.fields.get("terms", [])))

    def examples(self, key: str) -> tuple[dict[str, Any], ...]:
        """The `fails` or `passes` of this rule, with its parameters put in."""
        stated = self.fields.get(key, [])
        if not isinstance(stated, list) or not all(isinstance(one, dict) for one in stated):
            raise self.wrong(
                key, "is a list of tables: what is changed", "ist eine Liste von Tabellen: was geändert wird"
            )
        filled: tuple[dict[str, Any], ...] = tuple(self._filled(one) for one in stated)
        return filled

    def _filled(self, what: Any) -> Any:
        if isinstance(what, str):
            return _PARAMETER.sub(lambda found: self.parameters.get(found[0], found[0]), what)
        if isinstance(what, list):
            return [self._filled(one) for one in what]
        if isinstance(what, dict):
            return {self.parameters.get(key, key): self._filled(value) for key, value in what.items()}
        return what

    def expression(self, key: str) -> ast.expr:
        """A key as an expression, with the member's parameters put in as whole expressions."""
        return self.parsed(key, self.fields[key])

    def loops(self) -> list[ast.comprehension]:
        """What the entry runs over."""
        if not self.fields.get("for"):
            return []
        node = self.parsed("for", f"0 for {self.fields['for']}")
        if not isinstance(node, ast.GeneratorExp):
            raise self.wrong(
                "for", "is not of the form `x in invoice.things`", "hat nicht die Form `x in invoice.things`"
            )
        return node.generators

    def parsed(self, key: str, text: object) -> ast.expr:
        """A text of this entry as an expression."""
        if not isinstance(text, str):
            raise self.wrong(key, "is not a text", "ist kein Text")
        try:
            node = expression(text)
            substituted: ast.expr = _Substitution(self.parameters).visit(node)
            return substituted
        except SyntaxError as error:
            raise self.wrong(key, error.msg, f"ist kein Ausdruck der Regelsprache ({error.msg})") from None
        except Wrong as error:
            raise self.wrong(key, error) from None


@dataclass(frozen=True)
class Change:
    """What a file `changes.toml` of an installed release lays over an entry, key by key as a variant does."""

    path: Path
    table: Table
    lines: dict[str, int]

    def place(self, key: str) -> str:
        """The file and line of a key."""
        return f"{self.path}:{self.lines.get(key, self.lines.get('', 1))}"


def expression(text: str) -> ast.expr:
    """Text as an expression; it may run over several lines. Raises SyntaxError, or Wrong if it is too deep."""
    try:
        return ast.parse(f"({text})", mode="eval").body
    except (RecursionError, MemoryError, ValueError):
        raise Wrong("cannot be read", "ist nicht lesbar") from None


class _Substitution(ast.NodeTransformer):
    """Puts parameters in: a name becomes an expression, a part of a group another part, a text another text."""

    def __init__(self, parameters: dict[str, str]) -> None:
        self.parameters = parameters

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.parameters:
            return copy.deepcopy(expression(self.parameters[node.id]))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr not in self.parameters:
            return node
        inner = node.value
        for part in self.parameters[node.attr].split("."):
            if not part.isidentifier():
                said = f"{node.attr} = {self.parameters[node.attr]!r}"
                raise Wrong(f"{said} is not a name", f"{said} ist kein Name")
            inner = ast.Attribute(inner, part, ast.Load())
        return inner

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        return ast.Constant(_PARAMETER.sub(lambda found: self.parameters.get(found[0], found[0]), node.value))


def read_entries(path: Path, scope: Scope, changes: Mapping[str, Change] | None = None) -> Iterator[Entry]:
    """The entries of one file that apply in a scope, with what is laid over them. RulebookError with file:line."""
    text = path.read_text("utf-8")
    for id_, family, table, lines in members(text, path):
        if not isinstance(table, dict):
            raise RulebookError.at(
                f"{path}:{lines.get('', 1)}: {id_}",
                f"an entry is a table: [{id_}]",
                f"ein Eintrag ist eine Tabelle: [{id_}]",
            )
        entry = _entry(id_, path, family, table, lines, scope, (changes or {}).get(id_))
        if entry is not None:
            yield entry


def read_new(
    path: Path, scope: Scope, changes: Mapping[str, Change], chapters: Iterable[Path]
) -> Iterator[Entry]:
    """The entries of a file of changes that change none of the chapters beside it: new ones."""
    beside = [one for one in chapters if one.parent == path.parent and one != path]
    known = {id_ for one in beside for id_, _, _, _ in members(one.read_text("utf-8"), one)}
    for id_, change in changes.items():
        if id_ not in known:
            _all_used(path, id_, [change.table], change.lines)
            entry = _entry(id_, path, "", change.table, change.lines, scope, None)
            if entry is not None:
                yield entry


def _entry(
    id_: str,
    path: Path,
    family: str,
    stated: Table,
    lines: dict[str, int],
    scope: Scope,
    change: Change | None,
) -> Entry | None:
    line = lines.get("", 1)
    table = merged(stated, change.table) if change else stated
    if change:
        _all_used(change.path, id_, [table], change.lines)
    try:
        found = applicable(table, scope)
    except Wrong as error:
        place = change.place("") if change else f"{path}:{line}"
        raise RulebookError.at(f"{place}: {id_}", error) from None
    if found is None:
        return None
    parameters = {key: value for key, value in found.items() if _PARAMETER.fullmatch(key)}
    fields = {key: value for key, value in found.items() if key not in parameters}
    return Entry(id_, path, line, family, fields, parameters, lines, change)


def read_changes(path: Path) -> dict[str, Change]:
    """The entries of a file of changes, by id. Raises RulebookError with file:line."""
    found = {}
    for id_, family, table, lines in members(path.read_text("utf-8"), path, whole=False):
        if family or not isinstance(table, dict):
            raise RulebookError.at(
                f"{path}:{lines.get('', 1)}: {id_}",
                f"a change is a table: [{id_}]",
                f"eine Änderung ist eine Tabelle: [{id_}]",
            )
        found[id_] = Change(path, table, lines)
    return found


def members(text: str, path: Path, whole: bool = True) -> Iterator[tuple[str, str, Any, dict[str, int]]]:
    """Every rule of a file, variants and all: id, family or "", table, and the line of each key ("" = its own).

    whole: entries are complete, so that a named value nothing speaks of is a mistake.
    """
    try:
        tables, places = _parsed(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        place = f"{path}:{at[1] if at else 1}"
        raise RulebookError.at(place, str(error), f"ist kein gültiges TOML: {error}") from None
    for name, entry in tables.items():
        if name != "family":
            if whole:
                _all_used(path, name, [entry], places.get((name,), {}))
            yield name, "", entry, places.get((name,), {})
            continue
        for family, table in entry.items():
            common = {key: value for key, value in table.items() if key != "rules"}
            shared = places.get(("family", family), {})
            if not isinstance(table.get("rules"), dict):
                place = f"{path}:{shared.get('', 1)}: family {family}"
                raise RulebookError.at(place, "has no rules", "hat keine Regeln (rules)")
            row = places.get(("family", family, "rules"), {})
            _all_used(path, f"family {family}", [common, *table["rules"].values()], shared)
            for id_, member in table["rules"].items():
                own = places.get(("family", family, "rules", id_), {})
                line = own.get("", row.get(id_, shared.get("", 1)))
                yield id_, family, merged(common, member), {**shared, **own, "": line}


def _all_used(path: Path, name: str, tables: list[Any], lines: dict[str, int]) -> None:
    """A named value that nothing speaks of is a misspelt key."""
    spoken: dict[str, set[str]] = {}
    for table in tables:
        for key, text in _texts(table):
            spoken.setdefault(key, set()).update(re.findall(r"\w+", text))
    for key in spoken:
        value = key != "when" and key not in NOT_VALUES and not _PARAMETER.fullmatch(key)
        if value and not any(key in names for other, names in spoken.items() if other != key):
            place = f"{path}:{lines.get(key, lines.get('', 1))}: {name}: {key}"
            raise RulebookError.at(place, "nothing uses it", "nichts verwendet es")


def _texts(table: Any) -> Iterator[tuple[str, str]]:
    """Every key of a table and of its variants with its text."""
    for key, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict):
            yield from _texts(value)
        else:
            yield key, value if isinstance(value, str) else ""


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> tuple[dict[str, Any], dict[tuple[str, ...], dict[str, int]]]:
    """A file's tables and the places of their keys: read-only, since every syntax asks for them again."""
    return tomllib.loads(text), _places(text)


def _places(text: str) -> dict[tuple[str, ...], dict[str, int]]:
    """The line of each table's header (key "") and of each key in it. Variants count for their key as well."""
    places: dict[tuple[str, ...], dict[str, int]] = {}
    table: tuple[str, ...] = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if header := _HEADER.match(line):
            table = tuple(_dotted(header[1]))
            places.setdefault(table, {}).setdefault("", number)
        elif key := _KEY.match(line):
            places.setdefault(table, {}).setdefault(_dotted(key[1])[-1], number)
        for mark in ('"""', "'''"):
            if line.count(mark) == 1:
                fence = mark
    return places


def _dotted(text: str) -> list[str]:
    return [part.strip("'\" ") for part in re.findall(r"'[^']*'|\"[^\"]*\"|[^.]+", text)]
