"""Expressions of the rule language over records (a batch, its rows, their postings) instead of a document.

The language is that of the rules, with a table of names of its own: what is unknown, of the wrong type or not on the
list of nodes is refused, numbers that may be absent have to be guarded, patterns take linear time, and loops cost
steps.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from einvoice.rulebook import calls, texts
from einvoice.rulebook.book import SHARED, constant
from einvoice.rulebook.entries import expression
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.functions import EXACT
from einvoice.rulebook.names import Names
from einvoice.rulebook.types import Code, Type, Variables, Wrong

STEPS = 20_000_000
"""What the loops of one file may look at."""

Answer = str | Decimal | bool | None
"""What an expression says of some records; None or "" where nothing is stated."""

_SPELLED: dict[str, Callable[[str], str]] = {
    "code": texts.trimmed,
    "upper": texts.upper,
    "capitals": str.upper,
    "flag": texts.flag,
}


class Spent:
    """What all records of one file share: the table of names, and the steps their loops may still take."""

    def __init__(self, names: Names, steps: int = STEPS) -> None:
        self.names, self.steps = names, steps


class Record:
    """One group of values. `find` gives the occurrences of a name: texts, or records where the name is a group."""

    def __init__(self, owner: str, doc: Spent, find: Callable[[str], Sequence[Any]]) -> None:
        self._owner, self._doc, self._find = owner, doc, find

    def __getattr__(self, name: str) -> Any:
        """A name, or a view of one (`amount__number`), kept once made."""
        base, _, view = name.partition("__")
        if (self._owner, base) not in self._doc.names:
            raise AttributeError(name)
        value = self._view(base, view) if view else self._find(base)
        self.__dict__[name] = value
        return value

    def _view(self, base: str, view: str) -> object:
        found: Sequence[str] = getattr(self, base)
        spell = _SPELLED.get(self._doc.names[self._owner, base].kind, str)
        if view == "texts":
            return [spell(one) for one in found]
        if view == "raw":
            return found
        if view == "trim":
            return [texts.trimmed(one) for one in found]
        if view == "numbers":
            return [texts.number(one) for one in found]
        if not found:
            return "" if view == "first" else None
        views: dict[str, Callable[[str], object]] = {
            "first": spell,
            "number": texts.number,
            "double": texts.double,
            "written": str,
        }
        return views[view](found[0])


@dataclass(frozen=True, slots=True)
class Said:
    """An expression ready to be asked. `kind`: text, number or bool."""

    kind: str
    run: Callable[..., Any]
    variables: tuple[str, ...]

    def of(self, records: Mapping[str, Any]) -> Any:
        """What it says of these records, by variable. Raises Unchecked where its loops take too many steps."""
        with localcontext(EXACT):
            return self.run(*(records[name] for name in self.variables))


def value(text: str, names: Names, known: Mapping[str, str]) -> Said:
    """An expression that yields one text, number or truth; `known`: owner by variable. Raises Wrong, SyntaxError."""
    compiler, variables = _begun(names, known)
    node = _parsed(text)
    return _ready(compiler, known, *_plain(compiler, compiler.compile(node, variables), node))


def condition(text: str, names: Names, known: Mapping[str, str]) -> Said:
    """An expression that holds or not. Raises Wrong, SyntaxError."""
    compiler, variables = _begun(names, known)
    node = _parsed(text)
    return _ready(
        compiler, known, "bool", f"bool({compiler.condition(compiler.compile(node, variables), node)})"
    )


def loop(text: str, names: Names, known: Mapping[str, str]) -> tuple[str, str, Said]:
    """`x in batch.rows if …`: the variable, the owner of what it runs over, and what gives those records.

    Raises Wrong, SyntaxError.
    """
    compiler, variables = _begun(names, known)
    node = _parsed(f"0 for {text}")
    if not isinstance(node, ast.GeneratorExp) or len(node.generators) > 1:
        raise Wrong("is not of the form `x in batch.rows`", "hat nicht die Form `x in batch.rows`")
    clauses, inner = calls.loops(compiler, node.generators, variables)
    target: Any = node.generators[0].target
    made = inner[target.id]
    return target.id, made.type.of, _ready(compiler, known, "groups", f"[{made.text} {' '.join(clauses)}]")


def _parsed(text: str) -> ast.expr:
    node = expression(text)
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and one.attr == "parent":
            raise Wrong(
                "parent is not known here: name the record",
                "parent ist hier nicht bekannt: bitte den Datensatz nennen",
            )
    return node


def _begun(names: Names, known: Mapping[str, str]) -> tuple[Compiler, Variables]:
    """A compiler that trusts nothing, and the variables as Python names them."""
    compiler = Compiler(names, {}, {}, trusted=())
    return compiler, {name: Code(f"v_{name}", Type("group", owner)) for name, owner in known.items()}


def _plain(compiler: Compiler, code: Code, node: ast.expr) -> tuple[str, str]:
    """The kind and the Python of what a field can hold."""
    what = code.type.what
    if what == "term":
        number = code.type.of == "number"
        return ("number", compiler.view(code, "number")) if number else ("text", compiler.view(code, "first"))
    if what == "texts":
        return "text", f"next(iter({code.text}), '')"
    if what in ("text", "number", "bool"):
        return what, code.text
    raise Wrong.kind(
        node, code, ": a field holds one text or number", ": ein Feld fasst einen Text oder eine Zahl"
    )


def _ready(compiler: Compiler, known: Mapping[str, str], kind: str, source: str) -> Said:
    scope: dict[str, Any] = dict(SHARED)
    for (sort, what), name in compiler.constants.items():
        scope[name] = frozenset(what) if sort == "set" else constant(sort, what)  # type: ignore[call-overload]
    variables = tuple(known)
    exec(f"def said({', '.join(f'v_{name}' for name in variables)}):\n    return {source}", scope)
    return Said(kind, scope["said"], variables)
