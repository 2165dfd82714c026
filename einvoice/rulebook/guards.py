"""What an expression proves: the terms that are stated if it holds.

An official rule may calculate with what is absent (comparing it is false, as officially). Whoever writes a rule of
their own is asked to say what is meant: a number may be used where `when`, an `and`, an `if` or a comparison
has shown that it is there, or with `or 0`.
"""

import ast
from collections.abc import Iterator


def proved(node: ast.expr) -> frozenset[str]:
    """The terms (as text) that are stated wherever this condition holds."""
    return frozenset(_proved(node))


def _proved(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for part in node.values:
            yield from _proved(part)
    elif isinstance(node, ast.Attribute):
        yield ast.unparse(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "stated":
        yield from _proved(node.args[0])
    elif isinstance(node, ast.Compare) and not any(isinstance(op, ast.NotIn) for op in node.ops):
        for side in (node.left, *node.comparators):
            yield from _compared(side)


def _compared(node: ast.expr) -> Iterator[str]:
    """What a comparison that holds shows to be there: the terms it compares or calculates with."""
    if isinstance(node, ast.Attribute):
        yield ast.unparse(node)
    elif isinstance(node, ast.BinOp):
        yield from _compared(node.left)
        yield from _compared(node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield from _compared(node.operand)
