"""Folds over groups of the invoice that speak of these alone: `sum(line.net for line in invoice.lines)`.

What is added, counted or looked for is gathered once per document, stretch by stretch, so that no group has to stay
alive for it. Where terms of the groups must equal something (see keyed.py), the values are gathered by those terms.
"""

import ast
import re
from typing import TYPE_CHECKING

from einvoice.rulebook import calls, stretches
from einvoice.rulebook.types import Code, Variables

if TYPE_CHECKING:
    from einvoice.rulebook.expression import Compiler


def fold(
    compiler: "Compiler", name: str, node: ast.GeneratorExp, names: Variables, views: tuple[str, ...] = ()
) -> Code | None:
    """The fold of what is gathered; None where that depends on more than the groups.

    views: those by which the values are gathered; the code then stands for what has them, or for the folds, by key.
    """
    if compiler.careful or not _is_alone(compiler, node, names):
        return None
    base = compiler.compile(node.generators[0].iter.value, names).text  # type: ignore[attr-defined]
    text, inner = calls.loops(compiler, node.generators, {"invoice": stretches.HERE})
    made = calls.folded(compiler, name, node, text, inner)
    listing = f"[{made.value}{made.clauses}]"
    if views:
        each = f"v_{node.generators[0].target.id}"  # type: ignore[attr-defined]
        keys = "".join(f"{each}.{view}, " for view in views)
        listing = f"by_keys([(({keys}), {made.value}){made.clauses}])"
        if len(views) == 1:
            listing = f"by_key([({each}.{views[0]}, {made.value}){made.clauses}])"
    said = _said(listing, [loop.target.id for loop in node.generators])  # type: ignore[attr-defined]
    number = compiler.gather(said, listing, stretches.needed(compiler, node.generators[0].iter))
    gathered = f"{base}._gathered[{number}]"
    if not views:
        return Code(made.outer.format(gathered), made.type)
    if name in ("any", "count"):
        return Code(gathered, made.type)
    kept = f"kept_{name}_{number}"
    folds = f"lambda found: {made.outer.format('found')}"
    compiler.derive("invoice", kept, f"Kept(group._gathered[{number}], {folds})")
    return Code(f"{base}.{kept}", made.type)


def _said(listing: str, variables: list[str]) -> str:
    """What is gathered, however rules call their variables."""
    for place, name in enumerate(variables):
        listing = re.sub(rf"\bv_{name}\b", f"v{place}", listing)
    return re.sub(r"\bt\d+\b", "t", listing)


def _is_alone(compiler: "Compiler", node: ast.GeneratorExp, names: Variables) -> bool:
    """Whether the groups are found stretch by stretch and nothing else is spoken of."""
    if not stretches.is_near(compiler, node.generators) or "invoice" not in names:
        return False
    first, *others = node.generators
    parts = [node.elt, *first.ifs, *(part for loop in others for part in (loop.iter, *loop.ifs))]
    spoken = {one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)}
    return not (spoken - {loop.target.id for loop in node.generators}) & set(names)  # type: ignore[attr-defined]
