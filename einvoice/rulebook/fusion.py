"""Fuses rules into Python: one function per loop, one per name and view in use, one per rule for its message."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from einvoice.rulebook import alike, gathers, stretches
from einvoice.rulebook.blocks import INDENT, Lines, Within, indented, nested
from einvoice.rulebook.bodies import body, opened
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.expression import Compiler
from einvoice.rulebook.filling import keeping, reading
from einvoice.rulebook.making import Attributes, make
from einvoice.rulebook.names import Name
from einvoice.rulebook.paths import translate
from einvoice.rulebook.showing import show
from einvoice.rulebook.types import Code, Gather, Used, Variables

_TERM = re.compile(r"\bB[TG]-(?:DEX-)?[0-9]+(?:-[0-9]+)?")


@dataclass(slots=True)
class Fused:
    """What a book is made of: Python source, and what has to be known to run it.

    `shows` is the source that gives messages their values: needed only for a document that breaks a rule.
    `attributes` are those that are made when first asked for, `gathers` those that gather what rules ask
    of the document as a whole: such tags again, and the numbers of what they gather; `terms` the terms of each rule.
    """

    source: str = ""
    shows: str = ""
    attributes: Attributes = field(default_factory=list)
    gathers: list[tuple[tuple[str, ...] | None, tuple[int, ...]]] = field(default_factory=list)
    terms: list[tuple[str, ...]] = field(default_factory=list)


def fuse(compiler: Compiler, entries: list[Entry]) -> Fused:
    """All rules of a book, by their position in `entries`. Raises RulebookError (file:line) for what is wrong."""
    fused, lines, shows = Fused(), list[str](), list[str]()
    late: set[int] = set()
    for index, entry in enumerate(entries):
        with compiler.noting() as noted:
            shows += show(compiler, index, entry)
        if _closure(compiler, noted).gathers:
            late.add(index)
        fused.terms.append(_terms(compiler, entry))
    lines += _checks(compiler, entries, late)
    every = _closure(compiler, compiler.used)
    for word in every.words:
        function = f"word_{'_'.join(word)}"
        lines += [f"def {function}(group):", *keeping(word[1], compiler.words[word].text)]
        fused.attributes.append((*word, function))
    for number, several in enumerate(_by_first_clause(compiler, every)):
        fused.gathers.append((several[0].tags, tuple(gather.number for gather in several)))
        lines += gathers.source(number, several)
    for (owner, attribute), text in compiler.derived.items():
        function = f"derived_{owner}_{attribute}"
        lines += [f"def {function}(group):", *keeping(attribute, text)]
        fused.attributes.append((owner, attribute, function))
    lines += make(compiler, every, fused.attributes)
    later = {attribute for _, attribute, _ in fused.attributes}
    fused.source, fused.shows = (reading("\n".join(one), later) for one in (lines, shows))
    return fused


def _by_loop(entries: list[Entry]) -> dict[str, list[tuple[int, Entry]]]:
    """Rules with the same loop, so that each loop runs once."""
    groups: dict[str, list[tuple[int, Entry]]] = {}
    for index, entry in enumerate(entries):
        text = " ".join(ast.unparse(loop) for loop in entry.loops())
        groups.setdefault(text, []).append((index, entry))
    return groups


def _checks(compiler: Compiler, entries: list[Entry], late: set[int]) -> Iterator[str]:
    """The functions that run all rules: `check_near` stretch by stretch, `check_far` once for the whole document.

    Rules that speak of what is gathered have to wait until it is; `late`: those whose messages do. Loops are not
    begun where no element has one of the tags without which they find nothing.
    """
    parts: dict[bool, list[Within]] = {True: [], False: []}
    for number, members in enumerate(_by_loop(entries).values()):
        loops = members[0][1].loops()
        clauses, names, variables = opened(compiler, members[0][1])
        with compiler.noting() as noted:
            judging = _bodies(compiler, members, names, variables)
        reads = _closure(compiler, noted)
        near = is_near = stretches.is_near(compiler, loops)
        near = near and not reads.gathers and all(index not in late for index, _ in members)
        if is_near and not compiler.careful:
            tags = stretches.needed(compiler, loops[0].iter)
            name = alike.listed(compiler, loops)
            key = alike.read(compiler, compiler.names[name].kind, reads) if name else None
            if name and key:
                yield from (f"def judge_{number}({variables[0].text}, found):", *indented(judging))
                clauses, judging = _judged_once(compiler, number, compiler.names[name], key)
            clauses = clauses if tags is None else [f"if not lacks({tags!r})", *clauses]
        parts[near].append((clauses, judging))
    known = ["doc, element = here._doc, here._element", "kids, said, lacks = doc.top, doc.said, doc.lacks"]
    for near, function in ((True, "check_near"), (False, "check_far")):
        yield f"def {function}(invoice, here, found):"
        yield from indented((*known, *nested(parts[near])))


def _judged_once(compiler: Compiler, number: int, name: Name, key: str) -> tuple[Lines, Lines]:
    """The clauses that lead to each of what a name stands for that is like none before, and what judges it."""
    fine = compiler.constant("fine", number)
    examine = f"examine(group_{name.kind}(x, doc), judge_{number}, {key}, {fine}, found)"
    return [f"for x in {translate(name.path).unordered}", f"if {key} not in {fine}"], [examine]


def _by_first_clause(compiler: Compiler, every: Used) -> Iterable[list[Gather]]:
    """What is gathered for somebody, by the loop it begins with."""
    found: dict[str, list[Gather]] = {}
    for gather in compiler.gathers.values():
        if gather.number in every.gathers:
            found.setdefault(gather.clauses[0], []).append(gather)
    return found.values()


def _bodies(
    compiler: Compiler, members: list[tuple[int, Entry]], names: Variables, variables: list[Code]
) -> list[str]:
    """The rules of one loop on the groups that its variables stand for; those with the same guard share it."""
    lines: list[str] = []
    guarded: dict[str, list[str]] = {}
    for index, entry in members:
        before, guard, inner = body(compiler, index, entry, names)
        call = f"found(({index}, {''.join(f'{v.text}, ' for v in variables)}))"
        inner = [*inner[:-1], f"if not {inner[-1]}:", f"{INDENT}{call}"]
        if not guard:
            lines += [*before, *inner]
        elif before:
            lines += [*before, f"if {guard}:", *(INDENT + line for line in inner)]
        else:
            guarded.setdefault(guard, []).extend(INDENT + line for line in inner)
    for guard, inner in guarded.items():
        lines += [f"if {guard}:", *inner]
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
    outer = compiler.used
    with compiler.noting() as noted:
        _, names, _ = opened(compiler, entry)
        body(compiler, 0, entry, names)
    read = _closure(compiler, noted).names
    compiler.used = outer
    return [term for term in dict.fromkeys(compiler.names[name].term for name in read) if term != "-"]


def _closure(compiler: Compiler, used: Used) -> Used:
    """What is used, with what the words used use in turn."""
    every = replace(used.with_more(Used()), words={})
    waiting = list(used.words)
    while waiting:
        word = waiting.pop()
        if word not in every.words:
            every.words[word] = None
            inner = compiler.word_used[word]
            every = replace(every.with_more(inner), words=every.words)
            waiting += inner.words
    return every
