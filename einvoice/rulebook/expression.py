"""Rule expressions: a checked subset of Python expressions over the table of names, compiled to Python.

A term stands for all its occurrences. As a condition it means: the invoice states it. `==` and `in` hold if any
occurrence fits, `!=` if any differs. In arithmetic it is the first occurrence's number. What is absent makes
arithmetic absent and every comparison false; `or 0` gives it a value. Whatever is not on the list of nodes
below, unknown, or of the wrong type is refused (Wrong).
"""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from einvoice.rulebook import blocks, calls, comparisons, gathers
from einvoice.rulebook.guards import proved
from einvoice.rulebook.names import KINDS, Names
from einvoice.rulebook.types import (
    BOOL,
    CODES,
    NUMBER,
    TEXT,
    TEXTS,
    Code,
    Gather,
    Temporaries,
    Type,
    Used,
    Variables,
    Wrong,
    likely,
    strict,
)

Constant = tuple[str, object]
"""What a constant of the generated Python is made of: ("codes", name), ("set", …), ("decimal", …), ("pattern", …)."""

_NUMBERS = Type("term", "number")
_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class Compiler:
    """Turns expressions into Python source, and keeps account of what they use.

    `words` gives the derived names: each is looked up as (owner, word) and compiled when first met. With
    `trusted` (the words of the official rules) all else is compiled with care: see guards.py and `spent`.
    """

    def __init__(
        self,
        names: Names,
        codes: Mapping[str, frozenset[str]],
        words: Mapping[tuple[str, str], ast.expr],
        trusted: Collection[tuple[str, str]] | None = None,
    ):
        self.names, self.codes, self.word_nodes = names, codes, words
        self.owners = {owner for owner, _ in names}
        self.constants: dict[Constant, str] = {}
        self.words: dict[tuple[str, str], Code] = {}
        self.word_used: dict[tuple[str, str], Used] = {}
        self.used = Used()
        self.temporaries = Temporaries()
        self.derived: dict[tuple[str, str], str] = {}
        self.listed: dict[tuple[str, str], None] = {}
        self.gathers: dict[tuple[tuple[str, ...], str], Gather] = {}
        self.trusted = trusted
        self.proved: frozenset[str] | None = None if trusted is None else frozenset()
        self._open: list[tuple[str, str]] = []

    @property
    def counts(self) -> bool:
        """Whether every step of a loop is counted."""
        return self.trusted is not None and not (self._open and self._open[-1] in self.trusted)

    @property
    def careful(self) -> bool:
        """Whether absence has to be guarded, or steps are counted."""
        return self.counts or self.proved is not None

    @contextmanager
    def assuming(self, *conditions: ast.expr) -> Iterator[None]:
        """Inside, what these conditions prove to be stated may be calculated with."""
        outer = self.proved
        if self.proved is not None:
            self.proved = self.proved.union(*map(proved, conditions))
        try:
            yield
        finally:
            self.proved = outer

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Inside, what is absent has a meaning: nothing need be guarded."""
        outer, self.proved = self.proved, None
        try:
            yield
        finally:
            self.proved = outer

    def guarded(self, node: ast.expr) -> None:
        """Raises Wrong where a number may be absent and the author has not said what is meant then."""
        if self.proved is not None and ast.unparse(node) not in self.proved:
            said = ast.unparse(node)
            raise Wrong(
                f"{said} may be absent here: guard it with `when`, or say `or 0`",
                f"{said} kann hier fehlen: mit `when` absichern oder `or 0` schreiben",
            )

    def constant(self, *value: object) -> str:
        """The name under which generated Python finds a constant."""
        kind, what = value
        return self.constants.setdefault((str(kind), what), f"K{len(self.constants)}")

    def temporary(self) -> str:
        """A fresh variable of generated Python."""
        return self.temporaries.new()

    def derive(self, owner: str, attribute: str, text: str) -> None:
        """Gives the groups of an owner an attribute that is made, as `text` says, when first asked for."""
        self.derived.setdefault((owner, attribute), text)

    @contextmanager
    def noting(self) -> Iterator[Used]:
        """What is used inside, which is added to what is used outside."""
        outer, self.used = self.used, Used()
        noted = self.used
        try:
            yield noted
        finally:
            self.used = outer.with_more(noted)

    def gather(self, clauses: tuple[str, ...], ending: str, tags: tuple[str, ...] | None) -> int:
        """The number under which what they gather is found, the same whenever the same is said; see `Gather`."""
        gather = self.gathers.setdefault((clauses, ending), Gather(len(self.gathers), clauses, ending, tags))
        self.used.gathers[gather.number] = None
        return gather.number

    def elements(self, code: Code) -> str:
        """Python for something that is there, and as often, where what is asked of is: groups need not be made."""
        if code.type.what == "term" and code.name:
            self.used.bare[code.name] = None
        if (
            code.type.what == "groups"
            and code.name in self.names
            and code.name[0] == "invoice"
            and self.trusted is None
        ):
            self.listed[code.name] = None
            return f"{code.text}__elements"
        return code.text

    def compile(self, node: ast.expr, names: Variables) -> Code:
        """An expression as Python source with its type."""
        method = _NODES.get(type(node))
        if method is None:
            raise _foreign(type(node).__name__)
        return method(self, node, names)

    # Names

    def on_name(self, node: ast.Name, names: Variables) -> Code:
        if node.id not in names:
            raise Wrong(f"unknown name {node.id!r}", f"unbekannter Name {node.id!r}")
        return names[node.id]

    def on_constant(self, node: ast.Constant, names: Variables) -> Code:
        value = node.value
        if value is None:
            return Code("None", replace(NUMBER, optional=True))
        if isinstance(value, bool):
            return Code(repr(value), BOOL)
        if isinstance(value, int):
            return Code(repr(value), NUMBER)
        if isinstance(value, float):
            return Code(self.constant("decimal", ast.unparse(node)), NUMBER)
        if isinstance(value, str):
            return Code(repr(value), TEXT)
        raise _foreign(repr(value))

    def on_tuple(self, node: ast.Tuple, names: Variables) -> Code:
        texts = [
            item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)
        ]
        if len(texts) < len(node.elts):
            said = ast.unparse(node)
            raise Wrong(
                f"{said} is not a list of codes (texts)", f"{said} ist keine Liste von Codes (Texten)"
            )
        return Code(self.constant("set", tuple(sorted(set(texts)))), CODES)

    def on_attribute(self, node: ast.Attribute, names: Variables) -> Code:
        owner = self.compile(node.value, names)
        if owner.type.what == "term" and node.attr in ("raw", "trim"):
            return Code(self.view(owner, node.attr), TEXTS)
        if owner.type.what not in ("group", "groups"):
            raise Wrong.kind(node.value, owner, " and has no parts", " und hat keine Teile")
        if node.attr == "parent":
            return Code(f"{owner.text}._doc.whole.invoice", Type("group", "invoice"))
        if owner.type.what == "group":
            return self.part(owner, node)
        each = self.temporary()
        part = self.part(Code(each, Type("group", owner.type.of)), node)
        if part.type.what not in ("term", "texts", "groups"):
            of, said = owner.type.of, ast.unparse(node)
            raise Wrong(f"{said}: say of which {of}", f"{said}: bitte sagen, von welchem ({of})")
        what, text = part.type, part.text
        if what == _NUMBERS:
            what, text = Type("texts", "number"), self.view(part, "raw")
        elif what.what == "term":
            what, text = TEXTS, self.texts(part, node)
        if owner.name and owner.name[0] == "invoice" and self.trusted is None:
            base, _, groups = owner.text.rpartition(".")
            every = f"{groups}__each__{node.attr}"
            loops = [f"for {each} in group.{groups}", f"for x in {text}"]
            self.derive("invoice", every, blocks.listing("x", loops))
            return Code(f"{base}.{every}", what, part.name)
        return Code(blocks.listing("x", [f"for {each} in {owner.text}", f"for x in {text}"]), what, part.name)

    def part(self, owner: Code, node: ast.Attribute) -> Code:
        """A name or word of one group."""
        key = (owner.type.of, node.attr)
        if key in self.word_nodes:
            return self.word(key, owner, node)
        name = self.names.get(key)
        if name is None:
            of, (en, de) = owner.type.of, likely(node.attr, self.parts_of(owner.type.of))
            raise Wrong(f"{of} has no {node.attr!r}{en}", f"{of} hat kein {node.attr!r}{de}")
        self.used.names[key] = None
        kind = Type("term", name.kind) if name.kind in KINDS else Type("groups", name.kind)
        return Code(f"{owner.text}.{node.attr}", kind, key)

    def parts_of(self, owner: str) -> list[str]:
        """Every name and word of an owner."""
        return [name for group, name in (*self.names, *self.word_nodes) if group == owner]

    def word(self, key: tuple[str, str], owner: Code, node: ast.Attribute) -> Code:
        """A derived name: made once per group, but one that only renames a term stands for that term."""
        known = self.words.get(key) or self.define(key, node)
        if known.type.what == "term":
            return self.compile(self.word_nodes[key], {key[0]: owner})
        self.used.words[key] = None
        return Code(f"{owner.text}.{key[1]}", known.type, key)

    def define(self, key: tuple[str, str], node: ast.AST | None = None) -> Code:
        """Compiles a word; what it uses is kept apart (`word_used`)."""
        if key in self._open:
            raise Wrong(f"{'.'.join(key)} speaks of itself", f"{'.'.join(key)} spricht von sich selbst")
        self._open.append(key)
        outer, self.used = self.used, Used()
        before = self.proved
        if self.trusted is not None:
            self.proved = None if key in self.trusted else frozenset()
        try:
            names = {key[0]: Code("group", Type("group", key[0]))}
            body = self.word_nodes[key]
            if isinstance(body, ast.GeneratorExp):
                clauses, inner = calls.loops(self, body.generators, names)
                item = self.compile(body.elt, inner)
                if item.type.what != "group":
                    raise Wrong.kind(body.elt, item, ", not a group", ", keine Gruppe (group)")
                code = Code(blocks.listing(item.text, clauses), Type("groups", item.type.of))
            else:
                code = self.compile(body, names)
            self.words[key], self.word_used[key] = code, self.used
        finally:
            self.used, self.proved = outer, before
            self._open.pop()
        return code

    # Seen as ...

    def view(self, code: Code, view: str) -> str:
        """A view of a term, noted so that only views in use are made."""
        assert code.name is not None
        self.used.views[(*code.name, view)] = None
        return gathers.everywhere(self, code, view) or f"{code.text}__{view}"

    def condition(self, code: Code, node: ast.expr) -> str:
        """Python that is true if the expression holds, or what it stands for is stated."""
        if code.type.what in ("bool", "term", "groups", "texts"):
            return self.elements(code)
        raise Wrong.kind(node, code, ", not a condition", ", keine Bedingung")

    def texts(self, code: Code, node: ast.expr) -> str:
        """Python for every text."""
        if code.type.what == "term" and code.type.of != "number":
            return self.view(code, "texts")
        if code.type == TEXTS:
            return code.text
        if code.type.what == "text":
            return f"({code.text},)"
        raise Wrong.kind(node, code, ", not text", ", kein Text")

    def value(self, code: Code, node: ast.expr, double: bool = False) -> Code:
        """As one number; a term becomes its first occurrence's."""
        if code.type == _NUMBERS:
            self.guarded(node)
            kind = "double" if double else "number"
            return Code(self.view(code, kind), Type(kind, optional=True))
        if code.type.what not in ("number", "double"):
            raise Wrong.kind(node, code, ", not a number", ", keine Zahl")
        return code

    # Operators

    def on_binop(self, node: ast.BinOp, names: Variables) -> Code:
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            raise Wrong("only + - * / are part of the rule language", "zur Regelsprache gehören nur + - * /")
        left, right = comparisons.pair(self, node.left, node.right, names)
        if sign == "/":
            by = comparisons.literal(node.right)
            if not by:
                raise Wrong(
                    "division is by a constant that is not zero; else use ratio()",
                    "geteilt wird durch eine feste Zahl, die nicht 0 ist; sonst ratio() verwenden",
                )
            if left.type.what == "number":
                sign, right = "*", Code(self.constant("decimal", comparisons.inverse(by)), NUMBER)
        return strict(
            [left, right], lambda t: f"({t[0]} {sign} {t[1]})", Type(left.type.what), self.temporary
        )

    def on_unaryop(self, node: ast.UnaryOp, names: Variables) -> Code:
        inner = self.compile(node.operand, names)
        if isinstance(node.op, ast.Not):
            return Code(f"(not {self.condition(inner, node.operand)})", BOOL)
        if not isinstance(node.op, ast.USub):
            raise Wrong(
                "only `not` and - are part of the rule language", "zur Regelsprache gehören nur `not` und -"
            )
        inner = self.value(inner, node.operand)
        return strict([inner], lambda t: f"(-{t[0]})", Type(inner.type.what), self.temporary)

    def on_boolop(self, node: ast.BoolOp, names: Variables) -> Code:
        if isinstance(node.op, ast.And):
            return self.conjunction(node.values, names)
        parts = [self.compile(value, names) for value in node.values]
        if parts[-1].type.what in ("number", "double"):
            doubles = any(part.type.what == "double" for part in parts)
            with self.unguarded():
                values = [
                    comparisons.sided(self, part, value, doubles)
                    for part, value in zip(parts, node.values, strict=True)
                ]
            return Code(f"({' or '.join(v.text for v in values)})", values[-1].type)
        conditions = [self.condition(part, value) for part, value in zip(parts, node.values, strict=True)]
        return Code(f"({' or '.join(conditions)})", BOOL)

    def conjunction(self, nodes: list[ast.expr], names: Variables) -> Code:
        """Conditions of which each may rely on those before it."""
        texts = []
        for place, node in enumerate(nodes):
            with self.assuming(*nodes[:place]):
                texts.append(self.condition(self.compile(node, names), node))
        return Code(f"({' and '.join(texts)})", BOOL)

    def on_ifexp(self, node: ast.IfExp, names: Variables) -> Code:
        test = self.condition(self.compile(node.test, names), node.test)
        with self.assuming(node.test):
            return self.choice(node, test, names)

    def choice(self, node: ast.IfExp, test: str, names: Variables) -> Code:
        """One of two values; the first may rely on the test."""
        one, two = self.compile(node.body, names), self.compile(node.orelse, names)
        if one.type == TEXT == two.type:
            return Code(f"({one.text} if {test} else {two.text})", TEXT)
        if BOOL in (one.type, two.type):
            texts = self.condition(one, node.body), self.condition(two, node.orelse)
            return Code(f"({texts[0]} if {test} else {texts[1]})", BOOL)
        doubles = "double" in (one.type.what, two.type.what)
        one = comparisons.sided(self, one, node.body, doubles)
        two = comparisons.sided(self, two, node.orelse, doubles)
        optional = one.type.optional or two.type.optional
        return Code(f"({one.text} if {test} else {two.text})", Type(one.type.what, optional=optional))


def _foreign(what: str) -> Wrong:
    return Wrong(f"{what} is not part of the rule language", f"{what} gehört nicht zur Regelsprache")


_NODES: dict[type[ast.expr], Callable[[Compiler, ast.expr, Variables], Code]] = {
    ast.Name: Compiler.on_name,  # type: ignore[dict-item]
    ast.Constant: Compiler.on_constant,  # type: ignore[dict-item]
    ast.Tuple: Compiler.on_tuple,  # type: ignore[dict-item]
    ast.Attribute: Compiler.on_attribute,  # type: ignore[dict-item]
    ast.BinOp: Compiler.on_binop,  # type: ignore[dict-item]
    ast.UnaryOp: Compiler.on_unaryop,  # type: ignore[dict-item]
    ast.BoolOp: Compiler.on_boolop,  # type: ignore[dict-item]
    ast.IfExp: Compiler.on_ifexp,  # type: ignore[dict-item]
    ast.Compare: comparisons.compare,  # type: ignore[dict-item]
    ast.Call: calls.call,  # type: ignore[dict-item]
}
"""Every kind of node the rule language has (generators stand inside calls only)."""
