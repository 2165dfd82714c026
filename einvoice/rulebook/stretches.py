"""Which rules may be run on one stretch of a long document after the other (see document.py).

Those whose first loop goes over groups of the invoice that each lie in one stretch: `for line in invoice.lines`.
Words that only choose among such groups will do as well. What else a rule asks of the invoice is asked of the whole.
"""

import ast
from typing import TYPE_CHECKING

from einvoice.rulebook.names import TRADE, Name
from einvoice.rulebook.paths import translate
from einvoice.rulebook.types import Code, Type

if TYPE_CHECKING:
    from einvoice.rulebook.expression import Compiler


HERE = Code("here", Type("group", "invoice"))
"""The invoice as far as a stretch has it."""


def is_near(compiler: "Compiler", loops: list[ast.comprehension]) -> bool:
    """Whether a rule with these loops may be run stretch by stretch."""
    return bool(loops) and _lies_near(compiler, loops[0].iter)


def _lies_near(compiler: "Compiler", source: ast.expr) -> bool:
    if not (isinstance(source, ast.Attribute) and _is_invoice(source.value)):
        return False
    key = ("invoice", source.attr)
    if (word := compiler.word_nodes.get(key)) is not None:
        return _chooses(compiler, word)
    return key in compiler.names and _found_within(compiler.names[key])


def needed(compiler: "Compiler", source: ast.expr) -> tuple[str, ...] | None:
    """The tags of which one is in every stretch where a near loop finds anything; None if that is not known."""
    assert isinstance(source, ast.Attribute)
    word = compiler.word_nodes.get(("invoice", source.attr))
    if isinstance(word, ast.GeneratorExp):
        return needed(compiler, word.generators[0].iter)
    return translate(compiler.names["invoice", source.attr].path).tags


def _chooses(compiler: "Compiler", word: ast.expr) -> bool:
    """Whether a word only chooses among groups, by what they themselves say, or leads on from them."""
    if not isinstance(word, ast.GeneratorExp):
        return False
    first, *others = word.generators
    parts = [word.elt, *first.ifs, *(part for loop in others for part in (loop.iter, *loop.ifs))]
    spoken = [one for part in parts for one in ast.walk(part) if _is_invoice(one)]
    return not spoken and _lies_near(compiler, first.iter)


def _is_invoice(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "invoice"


def _found_within(name: Name) -> bool:
    """Whether a name stands for groups that are looked for downwards, each of which is wholly in one stretch."""
    return name.is_group and is_within(name.path)


def is_within(path: str) -> bool:
    """Whether a path only leads downwards, to elements each of which is wholly in one stretch."""
    if translate(path).xpath is not None:
        return False
    return not any(
        part in (".", "-", TRADE) or ".." in part or "[1]" in part for part in map(str.strip, path.split("|"))
    )
