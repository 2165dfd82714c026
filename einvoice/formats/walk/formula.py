"""Formulas over counts, as the tables of rules/syntax write them: `a == 0 or b > 0`.

Letters are counts, numbers are small; `and`, `or`, brackets, `==`, `<=`, `>`. Read with ast and turned into
closures: nothing is ever executed as Python.
"""

import ast
from collections.abc import Callable, Sequence

from einvoice.formats.walk.marks import ENOUGH

Formula = Callable[[Sequence[int]], bool]


def formula(text: str, first: int = 0) -> Formula:
    """A function of the counts; `a` stands for the count at index `first`. Raises ValueError for anything else."""
    try:
        return _truth(ast.parse(text, mode="eval").body, first)
    except SyntaxError as error:
        raise ValueError(f"formula {text!r}: {error.msg}") from error


def _truth(node: ast.expr, first: int) -> Formula:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            conjuncts = [_truth(part, first) for part in parts]
            return lambda counts: all(part(counts) for part in conjuncts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            disjuncts = [_truth(part, first) for part in parts]
            return lambda counts: any(part(counts) for part in disjuncts)
        case ast.Compare(
            left=ast.Name(id=letter), ops=[operator], comparators=[ast.Constant(value=int(limit))]
        ):
            return _comparison(letter, operator, limit, first)
    raise ValueError(f"{ast.unparse(node)!r} has no place in a formula over counts")


def _comparison(letter: str, operator: ast.cmpop, limit: int, first: int) -> Formula:
    if len(letter) != 1 or not "a" <= letter <= "z" or not 0 <= limit < ENOUGH:
        raise ValueError(f"a formula compares letters with numbers below {ENOUGH}, not {letter} with {limit}")
    slot = first + ord(letter) - ord("a")
    match operator:
        case ast.LtE():
            return lambda counts: counts[slot] <= limit
        case ast.Eq():
            return lambda counts: counts[slot] == limit
        case ast.Gt():
            return lambda counts: counts[slot] > limit
    raise ValueError("a formula knows ==, <= and >")
