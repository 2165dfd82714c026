"""Rules that look at nothing but the text and the attributes of one element, as those on code lists do.

What they say of an element they say of every element alike, in any document: what is fine is remembered, and most
elements of most documents then cost one look.
"""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from einvoice.rulebook.filling import straight
from einvoice.rulebook.types import Used
from einvoice.rulebook.views import TEXT

if TYPE_CHECKING:
    from einvoice.rulebook.expression import Compiler

MANY = 10_000
"""How many different elements the rules of a loop remember before they begin anew."""

LONG = 60
"""Longer texts are not remembered."""

Key = str | None | tuple[str | None, ...]
"""What the rules of a loop read of an element."""
Found = Callable[[tuple[Any, ...]], None]


def examine(
    group: object, judge: Callable[[Any, Found], None], key: Key, fine: set[Key], found: Found
) -> None:
    """Judges a group that is like none before, and remembers it if nothing is wrong."""
    broken: list[tuple[Any, ...]] = []
    judge(group, broken.append)
    for one in broken:
        found(one)
    texts = key if isinstance(key, tuple) else (key,)
    if not broken and sum(len(text) for text in texts if text) <= LONG:
        if len(fine) >= MANY:
            fine.clear()
        fine.add(key)


def listed(compiler: "Compiler", loops: list[ast.comprehension]) -> tuple[str, str] | None:
    """The name of the invoice that a single loop without conditions goes over; None for other loops and words."""
    if len(loops) != 1 or loops[0].ifs or not isinstance(loops[0].iter, ast.Attribute):
        return None
    key = ("invoice", loops[0].iter.attr)
    return key if key in compiler.names else None


def read(compiler: "Compiler", owner: str, used: Used) -> str | None:
    """Python for all that rules read of the element `x` if they use these names; None if they look beyond it."""
    parts = set()
    for key in used.names:
        branches = straight(compiler.names[key].path) if key[0] == owner else None
        if branches is None or compiler.names[key].is_group or any(tags for tags, _ in branches):
            return None
        parts |= {TEXT.format("x") if name is None else f"x.get({name!r})" for _, name in branches}
    every = sorted(parts)
    return every[0] if len(every) == 1 else f"({', '.join(every)})"
