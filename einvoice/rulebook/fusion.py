"""Fuses rules into Python: one function per loop, one per name and view in use, one per rule for its message."""

import ast
import re
from dataclasses import dataclass, field

from einvoice.rulebook.bodies import INDENT, body, opened
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.filling import Filled
from einvoice.rulebook.making import Attributes, make
from einvoice.rulebook.showing import show
from einvoice.rulebook.types import Used

_TERM = re.compile(r"\bB[TG]-(?:DEX-)?[0-9]+(?:-[0-9]+)?")


@dataclass(slots=True)
class Fused:
    """What a book is made of: Python source, and what has to be known to run it.

    `shows` is the source that gives messages their values: needed only for a document that breaks a rule.
    `filled` names the owners with a function of their own, `terms` the terms of each rule.
    """

    source: str = ""
    shows: str = ""
    attributes: Attributes = field(default_factory=list)
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
        shows += show(compiler, index, entry)
        fused.terms.append(_terms(compiler, entry))
    every = _closure(compiler, compiler.used)
    for word in every.words:
        function = f"word_{'_'.join(word)}"
        lines += [f"def {function}(group):", f"{INDENT}return {compiler.words[word].text}"]
        fused.attributes.append((*word, function))
    for (owner, attribute), text in compiler.derived.items():
        function = f"derived_{owner}_{attribute}"
        lines += [f"def {function}(group):", f"{INDENT}return {text}"]
        fused.attributes.append((owner, attribute, function))
    filled: dict[str, list[Filled]] = {}
    lines += make(compiler, every, fused.attributes, filled)
    fused.filled = tuple(filled)
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
    lines, names, loops = opened(compiler, members[0][1])
    lines = [f"def {function}(invoice, found):", *lines]
    indent = INDENT * (1 + sum(1 + len(loop.ifs) for loop in members[0][1].loops()))
    guarded: dict[str, list[str]] = {}
    for index, entry in members:
        before, guard, inner = body(compiler, index, entry, names)
        call = f"found(({index}, {''.join(f'{v.text}, ' for v in loops)}))"
        inner = [*inner[:-1], f"if not {inner[-1]}:", f"{INDENT}{call}"]
        if not guard:
            lines += [indent + line for line in (*before, *inner)]
        elif before:
            lines += [indent + line for line in (*before, f"if {guard}:", *(INDENT + line for line in inner))]
        else:
            guarded.setdefault(guard, []).extend(INDENT + line for line in inner)
    for guard, inner in guarded.items():
        lines += [indent + line for line in (f"if {guard}:", *inner)]
    return lines


def _terms(compiler: Compiler, entry: Entry) -> tuple[str, ...]:
    """The terms a rule speaks of: those it states, else those its message names, else those it reads, in that order;
    groups only if no term. What it reads comes last, as one name may be read for several terms (views)."""
    if stated := entry.terms():
        return stated
    found = list(dict.fromkeys(_TERM.findall(entry.text("en")))) or _read(compiler, entry)
    terms = [term for term in found if term.startswith("BT-")]
    return tuple(terms or found)


def _read(compiler: Compiler, entry: Entry) -> list[str]:
    """The terms and groups whose names a rule reads."""
    outer, compiler.used = compiler.used, Used()
    _, names, _ = opened(compiler, entry)
    body(compiler, 0, entry, names)
    read = _closure(compiler, compiler.used).names
    compiler.used = outer
    return [term for term in dict.fromkeys(compiler.names[name].term for name in read) if term != "-"]


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
