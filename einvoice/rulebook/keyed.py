"""Folds that ask for groups by what a term says: `sum(line.net for line in invoice.lines if line.category == 'S')`.

The groups of the invoice are sorted once by those terms, and what is asked of the same terms is computed once, so
that nine categories times many lines, or many VAT rows times many lines, cost no more than the lines.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from einvoice.rulebook import calls
from einvoice.rulebook.types import BOOL, NUMBER, TEXT, Code, Type, Variables

if TYPE_CHECKING:
    from einvoice.rulebook.expression import Compiler

_FOLDS = ("any", "sum", "count", "double_sum")
_EACH = "v"
"""The variable of a fold's own loop."""


class Key(NamedTuple):
    """A term of the groups that must be equal to something: its view, and Python for the value."""

    view: str
    value: str


def fold(compiler: "Compiler", name: str, node: ast.GeneratorExp, names: Variables) -> Code | None:
    """A fold over groups of the invoice, some of whose terms must equal a value; None for any other fold."""
    loop = node.generators[0]
    if (
        name not in _FOLDS
        or len(node.generators) > 1
        or compiler.careful
        or not isinstance(loop.target, ast.Name)
    ):
        return None
    source = compiler.compile(loop.iter, names)
    if source.type.what != "groups" or source.name is None or source.name[0] != "invoice":
        return None
    each = Code(_EACH, Type("group", source.type.of))
    conditions = list(_conjuncts([*loop.ifs, node.elt] if name == "any" else loop.ifs))
    found = {
        index: key
        for index, test in enumerate(conditions)
        if (key := _key(compiler, test, loop.target.id, each, names))
    }
    if not found:
        return None
    base, _, groups = source.text.rpartition(".")
    attribute = f"{groups}__by__" + "__".join(key.view for key in found.values())
    views = ", ".join(repr(key.view) for key in found.values())
    compiler.derive("invoice", attribute, f"sorted_by(group.{groups}, {views})")
    values = [key.value for key in found.values()]
    value = values[0] if len(values) == 1 else f"({', '.join(values)})"
    rest = [test for index, test in enumerate(conditions) if index not in found]
    if not rest and name in ("any", "count"):
        text = (
            f"({value} in {base}.{attribute})"
            if name == "any"
            else f"len({base}.{attribute}.get({value}, NONE))"
        )
        return Code(text, BOOL if name == "any" else NUMBER)
    return _of_rest(compiler, name, node, rest, {**names, loop.target.id: each}, (base, attribute, value))


def _of_rest(
    compiler: "Compiler",
    name: str,
    node: ast.GeneratorExp,
    rest: list[ast.expr],
    names: Variables,
    at: tuple[str, str, str],
) -> Code:
    """What is asked of the groups with that key; kept for each key where it depends on the groups alone."""
    base, attribute, value = at
    target = node.generators[0].target
    element = ast.BoolOp(ast.And(), rest) if name == "any" else node.elt
    tests = [] if name == "any" else rest
    spoken = {one.id for part in [*tests, element] for one in ast.walk(part) if isinstance(one, ast.Name)}
    alone = not (spoken - {target.id}) & set(names)  # type: ignore[attr-defined]
    guard = f" if {compiler.conjunction(tests, names).text}" if tests else ""
    source = "found" if alone else f"{base}.{attribute}.get({value}, NONE)"
    made = calls.folded(
        compiler, name, ast.GeneratorExp(element, node.generators), f" for {_EACH} in {source}{guard}", names
    )
    if not alone:
        return made
    said = f"{attribute} {name} {ast.unparse(element)} if {[ast.unparse(test) for test in tests]} {target.id}"  # type: ignore[attr-defined]
    kept = compiler.derived_name(said)
    compiler.derive("invoice", kept, f"Kept(group.{attribute}, lambda found: {made.text})")
    return Code(f"{base}.{kept}[{value}]", made.type)


def _conjuncts(nodes: list[ast.expr]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            yield from _conjuncts(node.values)
        else:
            yield node


def _key(compiler: "Compiler", test: ast.expr, target: str, each: Code, names: Variables) -> Key | None:
    """The key of `each.term == value`, either way round, where the value does not depend on the group."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq) or len(test.ops) > 1:
        return None
    for term, value in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
        if _is_term_of(term, target) and not _speaks_of(value, target):
            return _equal(
                compiler, compiler.compile(term, {target: each}), term, compiler.compile(value, names), value
            )
    return None


def _equal(compiler: "Compiler", one: Code, term: ast.expr, two: Code, value: ast.expr) -> Key | None:
    if one.type.what not in ("term", "texts"):
        return None
    if one.type == Type("term", "number"):
        if two.type.what != "number":
            return None
        return Key(compiler.view(one, "numbers").removeprefix(f"{_EACH}."), compiler.value(two, value).text)
    if two.type != TEXT:
        return None
    view = compiler.texts(one, term).removeprefix(f"{_EACH}.")
    return Key(view, two.text) if view.isidentifier() else None


def _is_term_of(node: ast.expr, target: str) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id == target


def _speaks_of(node: ast.expr, target: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == target for one in ast.walk(node))
