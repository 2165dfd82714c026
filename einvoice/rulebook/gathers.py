"""Folds over groups of the invoice that speak of these alone: `sum(line.net for line in invoice.lines)`.

What is added, counted or looked for is gathered once per document, stretch by stretch, so that no group has to stay
alive for it. Where terms of the groups must equal something (see keyed.py), the values are gathered by those terms.
So is what a term says anywhere in the document. One loop gathers all that begins with it.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from einvoice.rulebook import calls, stretches
from einvoice.rulebook.blocks import indented, nested
from einvoice.rulebook.paths import translate
from einvoice.rulebook.types import Code, Gather, Variables
from einvoice.rulebook.views import OF_ALL

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
    clauses, inner = calls.loops(compiler, node.generators, {"invoice": stretches.HERE})
    made = calls.folded(compiler, name, node, clauses, inner)
    each = f"v_{node.generators[0].target.id}"  # type: ignore[attr-defined]
    keyed, keys = _by_keys(compiler, [f"{each}.{view}" for view in views])
    tags = stretches.needed(compiler, node.generators[0].iter)
    number = _gathered(compiler, [*made.clauses, *keyed], f"{keys}.append({made.value})", tags)
    gathered = f"{base}._gathered[{number}]"
    if not views:
        return Code(made.outer.format(gathered), made.type)
    if name in ("any", "count"):
        return Code(gathered, made.type)
    kept = f"kept_{name}_{number}"
    folds = f"lambda found: {made.outer.format('found')}"
    compiler.derive("invoice", kept, f"Kept(group._gathered[{number}], {folds})")
    return Code(f"{base}.{kept}", made.type)


def _by_keys(compiler: "Compiler", views: list[str]) -> tuple[list[str], str]:
    """Clauses that run over all that views say, each once, and the keys that this makes. None equals nothing."""
    clauses, keys = list[str](), list[str]()
    for view in views:
        keys.append(compiler.temporary())
        clauses.append(f"for {keys[-1]} in ({view} if len({view}) < 2 else dict.fromkeys({view}))")
        if view.endswith("__numbers"):
            clauses.append(f"if {keys[-1]} is not None")
    return clauses, f"[{', '.join(keys)}]" if keys else ""


def everywhere(compiler: "Compiler", code: Code, view: str) -> str | None:
    """What all occurrences of a term say that the invoice has anywhere; None for other terms and views."""
    name = compiler.names[code.name or ("", "")]
    if view not in OF_ALL or name.owner != "invoice" or compiler.careful or "//" not in name.path:
        return None
    if not stretches.is_within(name.path):
        return None
    each = compiler.temporary()
    loop = f"for {each} in here.{name.name}__{view}"
    number = _gathered(compiler, [loop], f".append({each})", translate(name.path).tags)
    return f"{code.text.removesuffix(name.name)}_gathered[{number}]"


_VARIABLE = re.compile(r"\b(?:v_\w+|t\d+)\b")


def _gathered(compiler: "Compiler", clauses: Sequence[str], ending: str, tags: tuple[str, ...] | None) -> int:
    """The number of what is gathered: the same however rules call their variables."""
    new: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return new.setdefault(found[0], f"{found[0][0]}{len(new)}")

    *clauses, ending = (_VARIABLE.sub(renamed, text) for text in (*clauses, ending))
    return compiler.gather(tuple(clauses), ending, tags)


def source(number: int, gathers: list[Gather]) -> Iterator[str]:
    """The functions `gather_N(here, found)`, which adds to what was found, and `nothing_N()`, with which it begins.

    The gathers begin with the same loop.
    """
    nothing = (f"{one.number}: {'by_key(list)' if one.is_keyed else '[]'}" for one in gathers)
    yield from (f"def nothing_{number}():", *indented([f"return {{{', '.join(nothing)}}}"]))
    yield f"def gather_{number}(here, found):"
    yield from indented(f"g{one.number} = found[{one.number}]" for one in gathers)
    yield from indented(nested((one.clauses, [f"g{one.number}{one.ending}"]) for one in gathers))


def _is_alone(compiler: "Compiler", node: ast.GeneratorExp, names: Variables) -> bool:
    """Whether the groups are found stretch by stretch and nothing else is spoken of."""
    if not stretches.is_near(compiler, node.generators) or "invoice" not in names:
        return False
    first, *others = node.generators
    parts = [node.elt, *first.ifs, *(part for loop in others for part in (loop.iter, *loop.ifs))]
    spoken = {one.id for part in parts for one in ast.walk(part) if isinstance(one, ast.Name)}
    return not (spoken - {loop.target.id for loop in node.generators}) & set(names)  # type: ignore[attr-defined]
