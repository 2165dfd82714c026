"""Regular expressions of the rule language: only those that are matched in a time linear in the text.

Refused are look-around, back references, and a repetition of what is itself repeated without bound: the shapes
with which a text can make a backtracking matcher slow.
"""

import ast
import re
from typing import Any

from einvoice.rulebook.types import Wrong

_MOST = 1000


def checked(node: ast.expr) -> str:
    """The pattern that a node writes down. Raises Wrong if it is none, or not of the allowed shapes."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise Wrong("a pattern is a quoted text", node)
    pattern = node.value
    try:
        re.compile(pattern)
    except re.error as error:
        raise Wrong(f"{pattern!r} is no regular expression: {error}", node) from None
    if len(pattern) > _MOST:
        raise Wrong(f"a pattern has at most {_MOST} characters", node)
    return pattern


def parsed(pattern: str) -> Any:
    """The pattern as Python's own parser sees it."""
    from re import _parser  # type: ignore[attr-defined]

    return _parser.parse(pattern)
