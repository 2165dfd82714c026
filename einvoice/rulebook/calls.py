"""Calls of the rule language: functions of the glossary, code lists, and folds over groups."""

import ast
import inspect
import typing
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from einvoice.rulebook import functions, gathers, keyed, patterns
from einvoice.rulebook.blocks import listing
from einvoice.rulebook.types import (
    BOOL,
    CODES,
    DOUBLE,
    NUMBER,
    TEXT,
    TEXTS,
    Code,
    Type,
    Variables,
    Wrong,
    likely,
    strict,
)

if TYPE_CHECKING:
    from einvoice.rulebook.expression import Compiler

GLOSSARY = {
    name: function
    for name, function in vars(functions).items()
    if inspect.isfunction(function) and function.__module__ == functions.__name__ and not name.startswith("_")
}
"""The functions a rule may call."""

_FOLDS = ("any", "all", "sum", "count", "double_sum", "distinct")
_TYPES: dict[object, Type] = {
    str: TEXT,
    functions.Texts: TEXTS,
    Decimal: NUMBER,
    float: DOUBLE,
    bool: BOOL,
    int: NUMBER,
    functions.Codes: CODES,
}
_PATTERN = functions.Pattern
_WRITTEN_OUT = {"stated": "any(map(trimmed, {}))", "matches": "({1}.fullmatch({0}) is not None)"}
"""Functions so short that calling them costs more than what they do."""


def call(compiler: "Compiler", node: ast.Call, names: Variables) -> Code:
    """One call."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if node.keywords or not node.args or any(isinstance(a, ast.Starred) for a in node.args):
        said = ast.unparse(node.func)
        raise Wrong(
            f"{said}(): arguments have no names, and there is at least one",
            f"{said}(): Argumente haben keine Namen, und eines muss es mindestens geben",
        )
    first = node.args[0]
    if name == "codes":
        return _codes(compiler, first)
    if name in _FOLDS and isinstance(first, ast.GeneratorExp):
        return _fold(compiler, name, first, names)
    if name == "count":
        return Code(f"len({_many(compiler, first, names)})", NUMBER)
    if name == "abs":
        inner = compiler.value(compiler.compile(first, names), first)
        return strict([inner], lambda t: f"abs({t[0]})", Type(inner.type.what), compiler.temporary)
    if name == "double":
        return compiler.value(compiler.compile(first, names), first, double=True)
    if name not in GLOSSARY or name == "double_sum":
        said, (en, de) = ast.unparse(node.func), likely(name, GLOSSARY)
        raise Wrong(f"unknown function {said!r}{en}", f"unbekannte Funktion {said!r}{de}")
    return _apply(compiler, name, node, names)


def loops(
    compiler: "Compiler", generators: list[ast.comprehension], names: Variables
) -> tuple[list[str], Variables]:
    """The clauses of a generator as Python (`for v_x in …`, `if …`), and the variables known inside."""
    clauses, names = list[str](), dict(names)
    known: list[ast.expr] = []
    for loop in generators:
        with compiler.assuming(*known):
            source, names = opened(compiler, loop, names)
            clauses.append(source)
            if loop.ifs:
                clauses.append(f"if {compiler.conjunction(loop.ifs, names).text}")
        known += loop.ifs
    return clauses, names


def opened(compiler: "Compiler", loop: ast.comprehension, names: Variables) -> tuple[str, Variables]:
    """One loop over groups as Python (`for v_x in …`), and the variables known inside."""
    source = compiler.compile(loop.iter, names)
    if source.type.what != "groups" or not isinstance(loop.target, ast.Name):
        raise Wrong.kind(loop.iter, source, ", not groups", ", keine Gruppen (groups)")
    variable = Code(f"v_{loop.target.id}", Type("group", source.type.of))
    text = f"spent({document(names)}, {source.text})" if compiler.counts else source.text
    return f"for {variable.text} in {text}", {**names, loop.target.id: variable}


def document(names: Variables) -> str:
    """Python for the document that is judged."""
    return next(f"{code.text}._doc" for code in names.values() if code.type.what == "group")


def tests(generators: list[ast.comprehension]) -> list[ast.expr]:
    """The conditions of loops."""
    return [test for loop in generators for test in loop.ifs]


def _codes(compiler: "Compiler", node: ast.expr) -> Code:
    listing = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(listing, str) or listing not in compiler.codes:
        en, de = likely(str(listing), compiler.codes)
        raise Wrong(f"unknown code list {listing!r}{en}", f"unbekannte Codeliste {listing!r}{de}")
    return Code(compiler.constant("codes", listing), CODES)


def _many(compiler: "Compiler", node: ast.expr, names: Variables) -> str:
    code = compiler.compile(node, names)
    if code.type.what not in ("term", "groups", "texts"):
        raise Wrong.kind(node, code, " and cannot be counted", " und lässt sich nicht zählen")
    return compiler.elements(code)


def _fold(compiler: "Compiler", name: str, node: ast.GeneratorExp, names: Variables) -> Code:
    made = keyed.fold(compiler, name, node, names) or gathers.fold(compiler, name, node, names)
    if made is not None:
        return made
    clauses, inner = loops(compiler, node.generators, names)
    with compiler.assuming(*tests(node.generators)):
        return folded(compiler, name, node, clauses, inner).of_list()


class Folded(NamedTuple):
    """A fold taken apart: what it looks at, in which loops under which conditions, and Python that folds a list."""

    value: str
    clauses: list[str]
    outer: str
    type: Type

    def of_list(self) -> Code:
        """The whole of it."""
        return Code(self.outer.format(listing(self.value, self.clauses)), self.type)


def folded(
    compiler: "Compiler", name: str, node: ast.GeneratorExp, clauses: list[str], names: Variables
) -> Folded:
    """A fold of a generator whose clauses are Python already, with the names known inside them."""
    item = compiler.compile(node.elt, names)
    if name == "any" and item.text == "True":
        return Folded("1", clauses, "bool({})", BOOL)
    if name == "any":
        return Folded("1", [*clauses, f"if {compiler.condition(item, node.elt)}"], "bool({})", BOOL)
    if name == "all":
        return Folded("1", [*clauses, f"if not {compiler.condition(item, node.elt)}"], "(not {})", BOOL)
    if name == "count":
        return Folded("1", clauses, "len({})", NUMBER)
    if name == "distinct":
        return Folded("x", [*clauses, f"for x in {compiler.texts(item, node.elt)}"], "distinct({})", BOOL)
    with compiler.unguarded():  # a sum leaves out what is absent
        item = compiler.value(item, node.elt, double=name == "double_sum")
    if (item.type.what == "double") != (name == "double_sum"):
        said = ast.unparse(node.elt)
        raise Wrong(
            f"{name}() of {said}, a {item.type}: sum() adds decimals, double_sum() binary",
            f"{name}() von {said}, Typ {item.type}: sum() addiert dezimal, double_sum() binär",
        )
    if item.type.optional:
        temporary = compiler.temporary()
        clauses = [*clauses, f"if ({temporary} := {item.text}) is not None"]
        item = Code(temporary, item.type)
    return Folded(item.text, clauses, f"{name}({{}})", Type(item.type.what))


def _apply(compiler: "Compiler", name: str, node: ast.Call, names: Variables) -> Code:
    hints = typing.get_type_hints(GLOSSARY[name])
    result = _TYPES[hints.pop("return")]
    if len(hints) != len(node.args):
        raise Wrong(
            f"{name}() takes {len(hints)} values, not {len(node.args)}",
            f"{name}() nimmt {len(hints)} Werte, nicht {len(node.args)}",
        )
    parts = []
    for argument, hint in zip(node.args, hints.values(), strict=True):
        if hint == _PATTERN:
            parts.append(Code(compiler.constant("pattern", patterns.checked(argument)), TEXT))
        else:
            parts.append(_argument(compiler, compiler.compile(argument, names), _TYPES[hint], argument))
    if name in _WRITTEN_OUT:
        return strict(parts, lambda t: _WRITTEN_OUT[name].format(*t), result, compiler.temporary)
    return strict(parts, lambda t: f"{name}({', '.join(t)})", result, compiler.temporary)


def _argument(compiler: "Compiler", code: Code, want: Type, node: ast.expr) -> Code:
    if want == TEXT and code.type.what == "term":
        return Code(compiler.view(code, "first"), TEXT)
    if want == TEXT and code.type.what == "texts":
        return Code(f"next(iter({code.text}), '')", TEXT)
    if want == TEXTS and code.type.what == "term":
        return Code(compiler.view(code, "raw" if code.type.of == "number" else "texts"), TEXTS)
    if want == TEXTS and code.type.what == "text":
        return Code(f"({code.text},)", TEXTS)
    if want.what in ("number", "double"):
        code = compiler.value(code, node, want.what == "double")
    if code.type.what != want.what:
        raise Wrong.kind(node, code, f", not a {want}", f", nicht {want}")
    return code
