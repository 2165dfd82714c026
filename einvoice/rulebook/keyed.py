"""Folds that ask for groups by what a term says: `sum(line.net for line in invoice.lines if line.category == 'S')`.

What is asked of them is gathered by those terms (gathers.py), or, where it depends on more than the groups, these
are sorted by them: nine categories times many lines, or many VAT rows times many lines, cost no more than the lines.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from einvoice.rulebook import calls, gathers
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
    views = tuple(key.view for key in found.values())
    values = [key.value for key in found.values()]
    value = values[0] if len(values) == 1 else f"({', '.join(values)})"
    rest = [test for index, test in enumerate(conditions) if index not in found]
    if (gathered := gathers.fold(compiler, name, _without_keys(name, node, rest), names, views)) is not None:
        return _looked_up(name, gathered, value)
    attribute = f"{groups}__by__" + "__".join(views)
    compiler.derive("invoice", attribute, f"sorted_by(group.{groups}, {', '.join(map(repr, views))})")
    if not rest and name in ("any", "count"):
        return _looked_up(name, Code(f"{base}.{attribute}", BOOL if name == "any" else NUMBER), value)
    clauses = [f"for {_EACH} in {base}.{attribute}.get({value}, NONE)"]
    inner = {**names, loop.target.id: each}
    if name != "any" and rest:
        clauses.append(f"if {compiler.conjunction(rest, inner).text}")
    return calls.folded(compiler, name, _without_keys(name, node, rest), clauses, inner).of_list()


def _without_keys(name: str, node: ast.GeneratorExp, rest: list[ast.expr]) -> ast.GeneratorExp:
    """The same fold without the conditions that are keys."""
    loop = node.generators[0]
    if name != "any":
        return ast.GeneratorExp(node.elt, [ast.comprehension(loop.target, loop.iter, rest, 0)])
    element = ast.BoolOp(ast.And(), rest) if rest else ast.Constant(True)
    return ast.GeneratorExp(element, [ast.comprehension(loop.target, loop.iter, [], 0)])


def _looked_up(name: str, by_key: Code, value: str) -> Code:
    """What a table of folds, or of what is there, says of a key."""
    if name == "any":
        return Code(f"({value} in {by_key.text})", by_key.type)
    if name == "count":
        return Code(f"len({by_key.text}.get({value}, NONE))", by_key.type)
    return Code(f"{by_key.text}[{value}]", by_key.type)


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
                compiler,
                compiler.compile(term, {target: each}),
                term,
                compiler.compile(value, names),
                value,
                term is test.left,
            )
    return None


def _equal(
    compiler: "Compiler", one: Code, term: ast.expr, two: Code, value: ast.expr, left: bool
) -> Key | None:
    """`left`: the term of the groups stands first: any occurrence of it is compared with the first of the other."""
    if one.type.what not in ("term", "texts"):
        return None
    if one.type == Type("term", "number"):
        if two.type.what != "number" and not (two.type == one.type and left):
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
