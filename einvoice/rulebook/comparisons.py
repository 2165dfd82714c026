"""Comparisons of the rule language, and how two numbers of different sorts meet."""

import ast
from decimal import Decimal
from typing import TYPE_CHECKING

from einvoice.rulebook import calls
from einvoice.rulebook.paths import siblings_before
from einvoice.rulebook.types import BOOL, DOUBLE, TEXT, Code, Type, Variables, Wrong, strict

if TYPE_CHECKING:
    from einvoice.rulebook.expression import Compiler

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_NUMBER_TERM = Type("term", "number")


def literal(node: ast.expr) -> int | float | None:
    """The number a node writes down, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = literal(node.operand)
        return None if inner is None else -inner
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        return node.value
    return None


def inverse(by: float | int) -> str:
    """1/by, exactly: division itself would be as long as the precision allows."""
    inverse = 1 / Decimal(repr(by))
    if inverse * Decimal(repr(by)) != 1:
        raise Wrong(
            "division is by 2, 4, 5, 10, 100 …, whose inverse is a decimal; else use ratio()",
            "geteilt wird durch 2, 4, 5, 10, 100 …, deren Kehrwert dezimal ist; sonst ratio() verwenden",
        )
    return str(inverse)


def pair(compiler: "Compiler", left: ast.expr, right: ast.expr, names: Variables) -> tuple[Code, Code]:
    """Two numbers of one sort: a term follows the other side, a constant fits both, all else must agree."""
    one, two = compiler.compile(left, names), compiler.compile(right, names)
    doubles = "double" in (one.type.what, two.type.what)
    try:
        return sided(compiler, one, left, doubles), sided(compiler, two, right, doubles)
    except Wrong as error:
        if "decimal" in str(error):
            both = ast.unparse(left), ast.unparse(right)
            raise Wrong(
                f"{both[0]} and {both[1]} mix decimal and binary numbers",
                f"{both[0]} und {both[1]} mischen dezimale und binäre Zahlen",
            ) from None
        raise


def sided(compiler: "Compiler", code: Code, node: ast.expr, double: bool) -> Code:
    """A number as decimal or, if the other side is binary, as binary."""
    value = compiler.value(code, node, double)
    if not double or value.type.what == "double":
        return value
    number = literal(node)
    if number is None:
        raise Wrong(
            f"{ast.unparse(node)} is decimal, the other side binary",
            f"{ast.unparse(node)} ist dezimal, die andere Seite binär",
        )
    return Code(repr(float(number)), DOUBLE)


def compare(compiler: "Compiler", node: ast.Compare, names: Variables) -> Code:
    """A comparison or a chain of them."""
    sides = [node.left, *node.comparators]
    parts = [
        _single(compiler, left, sign, right, names)
        for left, sign, right in zip(sides, node.ops, sides[1:], strict=False)
    ]
    return Code(parts[0] if len(parts) == 1 else f"({' and '.join(parts)})", BOOL)


def _single(compiler: "Compiler", left: ast.expr, op: ast.cmpop, right: ast.expr, names: Variables) -> str:
    one, two = compiler.compile(left, names), compiler.compile(right, names)
    if isinstance(op, ast.In | ast.NotIn):
        found = _listed(compiler, one, left, two, right)
        return f"(not {found})" if isinstance(op, ast.NotIn) else found
    sign = _SIGNS.get(type(op))
    if sign is None:
        raise Wrong(
            "`is` is not part of the rule language: a term alone says that it is stated",
            "`is` gehört nicht zur Regelsprache: ein Begriff allein sagt, dass er angegeben ist",
        )
    if one.type == BOOL == two.type:
        if sign not in ("==", "!="):
            raise Wrong("conditions have no order", "Bedingungen haben keine Reihenfolge")
        return f"(bool({one.text}) {sign} bool({two.text}))"
    if not _textual(one, two):
        return _numbers(compiler, left, one, sign, right, two, names)
    if one.type == TEXT == two.type:
        return f"({one.text} {sign} {two.text})"
    if sign == "==" and TEXT in (one.type, two.type):
        many, single, node = (two, one, right) if one.type == TEXT else (one, two, left)
        return f"({single.text} in {compiler.texts(many, node)})"
    if sign == "!=":
        compiler.guarded(left if one.type.what in ("term", "texts") else right)
    if sign == "==" and not compiler.counts and _is_of_siblings(compiler, two):
        return f"any([x in {compiler.view(two, 'earlier')} for x in {compiler.texts(one, left)}])"
    texts = compiler.texts(one, left), compiler.texts(two, right)
    if compiler.counts:
        return f"any([x {sign} y for x, y in pairs({calls.document(names)}, {texts[0]}, {texts[1]})])"
    if sign == "==":
        return f"(not set({texts[0]}).isdisjoint({texts[1]}))"
    return f"any([x {sign} y for x in {texts[0]} for y in {texts[1]}])"


def _is_of_siblings(compiler: "Compiler", code: Code) -> bool:
    """Whether a term is what the siblings before a group say."""
    return code.name in compiler.names and siblings_before(compiler.names[code.name].path) is not None


def _listed(compiler: "Compiler", one: Code, left: ast.expr, two: Code, right: ast.expr) -> str:
    if two.type.what != "codes":
        raise Wrong(
            f"{ast.unparse(right)} is not a list of codes", f"{ast.unparse(right)} ist keine Liste von Codes"
        )
    if one.type == TEXT:
        return f"({one.text} in {two.text})"
    return f"(not {two.text}.isdisjoint({compiler.texts(one, left)}))"


def _textual(one: Code, two: Code) -> bool:
    kinds = {one.type.what, two.type.what}
    if one.type == BOOL or two.type == BOOL or kinds & {"text", "texts"}:
        return True
    return kinds == {"term"} and one.type.of != "number"


def _numbers(
    compiler: "Compiler", left: ast.expr, one: Code, sign: str, right: ast.expr, two: Code, names: Variables
) -> str:
    """Numbers: `==` with a term holds if any of its occurrences fits; all else looks at first ones."""
    if (
        sign == "=="
        and "double" not in (one.type.what, two.type.what)
        and _NUMBER_TERM in (one.type, two.type)
    ):
        if one.type != _NUMBER_TERM:
            one, two, left, right = two, one, right, left
        compiler.guarded(left)
        every = compiler.view(one, "numbers")
        value = compiler.value(two, right)
        return strict([value], lambda t: f"{t[0]} in {every}", BOOL, compiler.temporary).text
    first, second = pair(compiler, left, right, names)
    return strict([first, second], lambda t: f"{t[0]} {sign} {t[1]}", BOOL, compiler.temporary).text
