"""The body of one rule as Python: its loops, its guard, its named values where they are first needed, its test."""

import ast
from collections.abc import Iterator

from einvoice.rulebook import calls, stretches
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.types import Code, Type, Variables, Wrong

_INVOICE = Code("invoice", Type("group", "invoice"))


def opened(compiler: Compiler, entry: Entry) -> tuple[list[str], Variables, list[Code]]:
    """The clauses that open the loops of an entry, the names known inside, and the loops' variables.

    The first loop of a rule that may be run stretch by stretch goes over `here`, the invoice as far as the stretch
    has it.
    """
    names: Variables = {"invoice": _INVOICE}
    near = {"invoice": stretches.HERE} if stretches.is_near(compiler, entry.loops()) else names
    clauses: list[str] = []
    variables: list[Code] = []
    try:
        for loop in entry.loops():
            opening, inner = calls.opened(compiler, loop, names if variables else near)
            names |= {loop.target.id: inner[loop.target.id]}  # type: ignore[attr-defined]
            clauses.append(opening)
            variables.append(names[loop.target.id])  # type: ignore[attr-defined]
            for place, test in enumerate(loop.ifs):
                with compiler.assuming(*loop.ifs[:place]):
                    guard = compiler.condition(compiler.compile(test, names), test)
                clauses.append(f"if {guard}")
    except Wrong as error:
        raise entry.wrong("for", error) from None
    return clauses, names, variables


def body(compiler: Compiler, index: int, entry: Entry, names: Variables) -> tuple[list[str], str, list[str]]:
    """The lines before the guard, the guard ("" if none), and the lines behind it, the last one the test."""
    values = Values(compiler, entry, index, names)
    before: list[str] = []
    inner: list[str] = []
    guard = ""
    if "when" in entry.fields:
        with compiler.assuming(*calls.tests(entry.loops())):
            guard = values.condition("when", before)
    with compiler.assuming(*known(entry)):
        test = values.condition("assert", inner)
    return before, guard, [*inner, test]


def known(entry: Entry) -> list[ast.expr]:
    """The conditions under which a rule's test is made."""
    return calls.tests(entry.loops()) + ([entry.expression("when")] if "when" in entry.fields else [])


class Values:
    """The named values of one rule, computed where they are first needed."""

    def __init__(self, compiler: Compiler, entry: Entry, index: int, names: Variables) -> None:
        self.compiler, self.entry, self.index, self.names = compiler, entry, index, dict(names)
        self.nodes = {key: entry.expression(key) for key in [*entry.values, "assert"] if key in entry.fields}
        self.open: list[str] = []
        for key in entry.values:
            if key in names and key != "when":
                raise entry.wrong(key, "is the name of a loop already", "ist schon der Name einer Schleife")
        if "assert" not in self.nodes:
            raise entry.wrong("assert", "is missing", "fehlt")

    def condition(self, key: str, lines: list[str]) -> str:
        """A condition; the values it needs are added to `lines`."""
        node = self.nodes[key]
        self.needed(node, lines, key)
        try:
            return self.compiler.condition(self.compiler.compile(node, self.names), node)
        except Wrong as error:
            raise self.entry.wrong(key, error) from None

    def needed(self, node: ast.expr, lines: list[str], key: str) -> None:
        """Computes the named values that an expression speaks of."""
        for name in _spoken(node):
            if name in self.nodes and name not in self.names:
                if name in (*self.open, "when", "assert"):
                    raise self.entry.wrong(
                        key, f"{name!r} speaks of itself", f"{name!r} spricht von sich selbst"
                    )
                self.open.append(name)
                self.value(name, lines)
                self.open.pop()

    def value(self, key: str, lines: list[str]) -> None:
        """Computes one named value."""
        self.needed(self.nodes[key], lines, key)
        try:
            code = self.compiler.compile(self.nodes[key], self.names)
        except Wrong as error:
            raise self.entry.wrong(key, error) from None
        if code.type.what in ("term", "group", "codes"):
            self.names[key] = code
            return
        local = f"n{self.index}_{key}"
        lines.append(f"{local} = {code.text}")
        self.names[key] = Code(local, code.type, code.name)


def _spoken(node: ast.AST, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names an expression speaks of; functions and the variables of its own loops are none."""
    if isinstance(node, ast.GeneratorExp):
        targets = (loop.target for loop in node.generators)
        bound |= {target.id for target in targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.Name) and node.id not in bound:
        yield node.id
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Call) and child is node.func):
            yield from _spoken(child, bound)
