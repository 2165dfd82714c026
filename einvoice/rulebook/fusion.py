"""Fuses rules into Python: one function per loop, one per name and view in use, one per rule for its message."""

import ast
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from einvoice.rulebook import calls
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.filling import Filled, Filling, straight
from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import Way, translate
from einvoice.rulebook.types import Code, Type, Used, Variables, Wrong
from einvoice.rulebook.views import view_source

_INVOICE = Code("invoice", Type("group", "invoice"))
_INDENT = "    "
_AT_ONCE = ("texts", "first", "raw", "trim", "number")
"""Views that nearly every rule on a name needs: made with the group."""

_OF_FIRST = ("first", "number", "double", "written")
"""Views of the first occurrence: only for them does the order of a union matter."""


@dataclass(slots=True)
class Fused:
    """What a book is made of: Python source, and what has to be known to run it.

    `shows` is the source that gives messages their values: needed only for a document that breaks a rule.
    `attributes` says which function makes which attribute of which owner; `shown` the terms of each rule.
    """

    source: str = ""
    shows: str = ""
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    filled: tuple[str, ...] = ()
    checks: list[str] = field(default_factory=list)
    terms: list[tuple[str, ...]] = field(default_factory=list)


def fuse(compiler: Compiler, entries: list[Entry]) -> Fused:
    """All rules of a book, by their position in `entries`. Raises RulebookError (file:line) for what is wrong."""
    fused, lines, shows = Fused(), list[str](), list[str]()
    for number, members in enumerate(_by_loop(entries).values()):
        fused.checks.append(f"check_{number}")
        lines += _check(compiler, f"check_{number}", members)
    for index, entry in enumerate(entries):
        shows += _show(compiler, index, entry)
        fused.terms.append(_terms(compiler, entry))
    every = _closure(compiler, compiler.used)
    for word in every.words:
        function = f"word_{'_'.join(word)}"
        lines += [f"def {function}(group):", f"{_INDENT}return {compiler.words[word].text}"]
        fused.attributes.append((*word, function))
    lines += _names(compiler, every, fused)
    fused.source, fused.shows = "\n".join(lines), "\n".join(shows)
    return fused


def _by_loop(entries: list[Entry]) -> dict[str, list[tuple[int, Entry]]]:
    """Rules with the same loop, so that each loop runs once."""
    groups: dict[str, list[tuple[int, Entry]]] = {}
    for index, entry in enumerate(entries):
        text = " ".join(ast.unparse(loop) for loop in entry.loops())
        groups.setdefault(text, []).append((index, entry))
    return groups


def _check(compiler: Compiler, function: str, members: list[tuple[int, Entry]]) -> list[str]:
    """One function that runs all rules of one loop; what breaks one is handed to `found`."""
    lines, names, loops = _opened(compiler, members[0][1])
    lines = [f"def {function}(invoice, found):", *lines]
    indent = _INDENT * (1 + sum(1 + len(loop.ifs) for loop in members[0][1].loops()))
    guarded: dict[str, list[str]] = {}
    for index, entry in members:
        before, guard, inner = _body(compiler, index, entry, names)
        call = f"found(({index}, {''.join(f'{v.text}, ' for v in loops)}))"
        inner = [*inner[:-1], f"if not {inner[-1]}:", f"{_INDENT}{call}"]
        if not guard:
            lines += [indent + line for line in (*before, *inner)]
        elif before:
            lines += [
                indent + line for line in (*before, f"if {guard}:", *(_INDENT + line for line in inner))
            ]
        else:
            guarded.setdefault(guard, []).extend(_INDENT + line for line in inner)
    for guard, inner in guarded.items():
        lines += [indent + line for line in (f"if {guard}:", *inner)]
    return lines


def _opened(compiler: Compiler, entry: Entry) -> tuple[list[str], Variables, list[Code]]:
    """The lines that open the loops of an entry, the names known inside, and the loops' variables."""
    names: Variables = {"invoice": _INVOICE}
    lines: list[str] = []
    variables: list[Code] = []
    try:
        for loop in entry.loops():
            opening, names = calls.opened(compiler, loop, names)
            lines.append(f"{_INDENT * (1 + len(lines))}{opening.strip()}:")
            variables.append(names[loop.target.id])  # type: ignore[attr-defined]
            for place, test in enumerate(loop.ifs):
                with compiler.assuming(*loop.ifs[:place]):
                    guard = compiler.condition(compiler.compile(test, names), test)
                lines.append(f"{_INDENT * (1 + len(lines))}if {guard}:")
    except Wrong as error:
        raise entry.wrong("for", error) from None
    return lines, names, variables


def _body(compiler: Compiler, index: int, entry: Entry, names: Variables) -> tuple[list[str], str, list[str]]:
    """The lines before the guard, the guard ("" if none), and the lines behind it, the last one the test."""
    values = _Values(compiler, entry, index, names)
    before: list[str] = []
    inner: list[str] = []
    guard = ""
    if "when" in entry.fields:
        with compiler.assuming(*calls.tests(entry.loops())):
            guard = values.condition("when", before)
    with compiler.assuming(*_known(entry)):
        test = values.condition("assert", inner)
    return before, guard, [*inner, test]


def _known(entry: Entry) -> list[ast.expr]:
    """The conditions under which a rule's test is made."""
    return calls.tests(entry.loops()) + ([entry.expression("when")] if "when" in entry.fields else [])


class _Values:
    """The named values of one rule, computed where they are first needed."""

    def __init__(self, compiler: Compiler, entry: Entry, index: int, names: Variables) -> None:
        self.compiler, self.entry, self.index, self.names = compiler, entry, index, dict(names)
        self.nodes = {key: entry.expression(key) for key in [*entry.values, "assert"] if key in entry.fields}
        self.open: list[str] = []
        for key in entry.values:
            if key in names and key != "when":
                raise entry.wrong(key, "is the name of a loop already")
        if "assert" not in self.nodes:
            raise entry.wrong("assert", "is missing")

    def condition(self, key: str, lines: list[str]) -> str:
        """A condition; the values it needs are added to `lines`."""
        node = self.nodes[key]
        self.needed(node, lines, key)
        try:
            return self.compiler.condition(self.compiler.compile(node, self.names), node)
        except Wrong as error:
            raise self.entry.wrong(key, error) from None

    def needed(self, node: ast.expr, lines: list[str], key: str) -> None:
        """Computes the named values that an expression speaks of."""
        for name in _spoken(node):
            if name in self.nodes and name not in self.names:
                if name in (*self.open, "when", "assert"):
                    raise self.entry.wrong(key, f"{name!r} speaks of itself")
                self.open.append(name)
                self.value(name, lines)
                self.open.pop()

    def value(self, key: str, lines: list[str]) -> None:
        """Computes one named value."""
        self.needed(self.nodes[key], lines, key)
        try:
            code = self.compiler.compile(self.nodes[key], self.names)
        except Wrong as error:
            raise self.entry.wrong(key, error) from None
        if code.type.what in ("term", "group", "codes"):
            self.names[key] = code
            return
        local = f"n{self.index}_{key}"
        lines.append(f"{local} = {code.text}")
        self.names[key] = Code(local, code.type, code.name)


def _spoken(node: ast.AST, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names an expression speaks of; functions and the variables of its own loops are none."""
    if isinstance(node, ast.GeneratorExp):
        targets = (loop.target for loop in node.generators)
        bound |= {target.id for target in targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.Name) and node.id not in bound:
        yield node.id
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.Call) and child is node.func):
            yield from _spoken(child, bound)


def _show(compiler: Compiler, index: int, entry: Entry) -> list[str]:
    """A function that gives the actual values for a rule's messages: (placeholder, is a number, value)."""
    for language in ("en", "de"):
        if not entry.text(language).strip():
            raise entry.wrong(language, "is missing: every rule speaks German and English")
    _, names, loops = _opened(compiler, entry)
    values = _Values(compiler, entry, index, names)
    lines: list[str] = []
    shown = []
    for key, placeholder in _placeholders(entry):
        node = entry.parsed(key, placeholder)
        with compiler.assuming(*_known(entry)):
            values.needed(node, lines, key)
        try:
            is_number, text = _shown(compiler, compiler.compile(node, values.names), node)
        except Wrong as error:
            raise entry.wrong(key, f"{{{placeholder}}}: {error}") from None
        shown.append(f"({placeholder!r}, {is_number}, {text})")
    head = f"def show_{index}(invoice, {''.join(f'{v.text}, ' for v in loops)}):"
    return [head, *(_INDENT + line for line in lines), f"{_INDENT}return [{', '.join(shown)}]"]


def _placeholders(entry: Entry) -> Iterator[tuple[str, str]]:
    seen = set()
    for key in ("en", "de", "hint_en", "hint_de"):
        try:
            fields = [
                field for _, field, _, _ in string.Formatter().parse(entry.text(key)) if field is not None
            ]
        except ValueError as error:
            raise entry.wrong(key, error) from None
        for text in fields:
            if text not in seen:
                seen.add(text)
                yield key, text


def _shown(compiler: Compiler, code: Code, node: ast.expr) -> tuple[bool, str]:
    what = code.type.what
    if what == "term":
        return code.type.of == "number", compiler.view(code, "written")
    if what == "texts":
        return code.type.of == "number", f"next(iter({code.text}), None)"
    if what in ("text", "number", "double"):
        return what != "text", code.text
    raise Wrong(f"{ast.unparse(node)} is a {code.type} and cannot be shown", node)


def _terms(compiler: Compiler, entry: Entry) -> tuple[str, ...]:
    """The terms a rule speaks of: those it states, else those it reads, in that order; groups only if no term."""
    if "terms" in entry.fields:
        return tuple(entry.fields["terms"])
    outer, compiler.used = compiler.used, Used()
    _, names, _ = _opened(compiler, entry)
    _body(compiler, 0, entry, names)
    read = _closure(compiler, compiler.used).names
    compiler.used = outer
    found = list(dict.fromkeys(compiler.names[name].term for name in read))
    terms = [term for term in found if term.startswith("BT-")]
    return tuple(terms or [term for term in found if term != "-"])


def _closure(compiler: Compiler, used: Used) -> Used:
    """What is used, with what the words used use in turn."""
    every = Used(dict(used.names), dict(used.views), {})
    waiting = list(used.words)
    while waiting:
        word = waiting.pop()
        if word not in every.words:
            every.words[word] = None
            inner = compiler.word_used[word]
            every.names.update(inner.names)
            every.views.update(inner.views)
            waiting += inner.words
    return every


def _names(compiler: Compiler, used: Used, fused: Fused) -> Iterable[str]:
    """Functions that make the names and views in use."""
    filled: dict[str, list[Filled]] = {}
    for key in used.names:
        name = compiler.names[key]
        views = [view for *of, view in used.views if tuple(of) == key]
        branches = straight(name.path)
        if branches is not None:
            at_once = [view for view in views if view in _AT_ONCE]
            filled.setdefault(name.owner, []).append((name, branches, at_once))
            views = [view for view in views if view not in _AT_ONCE]
        if branches is None or name.is_group:
            ordered = any(view in _OF_FIRST for view in views)
            yield from _name(compiler, name, translate(name.path), ordered)
            fused.attributes.append((*key, f"name_{name.owner}_{name.name}"))
        attribute = name.path.rpartition("/")[2].startswith("@")
        for view in views:
            yield f"def view_{name.owner}_{name.name}__{view}(group):"
            yield f"{_INDENT}found = group.{name.name}"
            yield f"{_INDENT}return {view_source(name.kind, view, attribute, 'found')}"
            fused.attributes.append(
                (name.owner, f"{name.name}__{view}", f"view_{name.owner}_{name.name}__{view}")
            )
    for owner, names in filled.items():
        yield from Filling().source(owner, names)
    fused.filled = tuple(filled)


def _name(compiler: Compiler, name: Name, way: Way, ordered: bool) -> Iterator[str]:
    """A function that finds what a name stands for in a group."""
    source = way.source if ordered else way.source.replace("merged(doc, ", "joined(")
    if way.xpath is not None:
        source = source.replace("XPATH", compiler.constant("xpath", way.xpath))
    yield f"def name_{name.owner}_{name.name}(group):"
    yield f"{_INDENT}element, doc = group._element, group._doc"
    yield f"{_INDENT}kids = doc.kids"
    if name.is_group:
        yield f"{_INDENT}pool = doc.pools[{name.kind!r}]"
        source = f"[pool[x] for x in {source}]"
    yield f"{_INDENT}return {source}"
