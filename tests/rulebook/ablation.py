"""Ablation: each variant key of the book, taken back alone, has to change a verdict somewhere, or be listed."""

import contextlib
import copy
import functools
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from lxml import etree

from einvoice import data
from einvoice.errors import RulebookError
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.formats.examples import document
from einvoice.formats.xml import Refused, parse
from einvoice.rulebook import Book, Breach, codelists, entries, releases
from einvoice.rulebook.building import build
from einvoice.rulebook.names import SCOPES, SYNTAXES
from einvoice.rulebook.variants import Scope
from tests.conformance import seeds
from tests.conformance.mutants import mutants
from tests.rulebook.examples import described

CHAPTERS = ("en16931", "xrechnung", "xrechnung-extension", "xrechnung-cvd")
SAID = {"en", "de", "hint_en", "hint_de", "why", "why_de", "fails", "passes", "terms", "unreachable"}
"""Keys that decide nothing: what is said, and examples."""

MUTANTS = 30
"""Of each example, where it is asked for in depth."""

RULES = data.folder("rules")


@dataclass(frozen=True)
class Variant:
    """One variant key: its chapter, the table it stands in, and where in it (`("cii", "assert")`)."""

    chapter: Path
    table: tuple[str, ...]
    key: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table[-1]}: {'.'.join(self.key)}"

    def rules(self) -> list[str]:
        """The ids of the rules it is about."""
        if self.table[0] == "family" and len(self.table) == 2:
            tables, _ = entries._parsed(self.chapter.read_text("utf-8"))
            return list(tables["family"][self.table[1]]["rules"])
        return [self.table[-1]]


def variants() -> Iterator[Variant]:
    """Every variant key that computes something."""
    for chapter in (path for name in CHAPTERS for path in sorted((RULES / name).glob("*.toml"))):
        tables, _ = entries._parsed(chapter.read_text("utf-8"))
        for name, entry in tables.items():
            if name != "family":
                yield from _keys(chapter, (name,), entry)
                continue
            for family, common in entry.items():
                shared = {key: value for key, value in common.items() if key != "rules"}
                yield from _keys(chapter, ("family", family), shared)
                for rule, member in common["rules"].items():
                    yield from _keys(chapter, ("family", family, "rules", rule), member)


def _keys(chapter: Path, table: tuple[str, ...], entry: Mapping[str, Any]) -> Iterator[Variant]:
    def below(path: tuple[str, ...], what: Mapping[str, Any]) -> Iterator[Variant]:
        for key, value in what.items():
            if isinstance(value, dict):
                yield from below((*path, key), value)
            elif path and key not in SAID:
                yield Variant(chapter, table, (*path, key))

    yield from below((), entry)


def taken_back(variant: Variant, deep: bool = False) -> str:
    """What happens without it: `changes` a verdict, `says` something else, does not `compile`, or `nothing`.

    deep: not only the examples of its rules are judged, but mutants of them and the corpus as well.
    """
    text = variant.chapter.read_text("utf-8")
    whole, places = entries._parsed(text)
    less = copy.deepcopy(whole)
    inner: Any = less
    for step in (*variant.table, *variant.key[:-1]):
        inner = inner[step]
    del inner[variant.key[-1]]
    differs = "nothing"
    try:
        for before, after in _judged(variant, (less, places), deep):
            if _verdict(before) != _verdict(after):
                return "changes"
            if _said(before) != _said(after):
                differs = "says"
    except RulebookError:
        return "compile"
    return differs


def _judged(variant: Variant, less: Any, deep: bool) -> Iterator[tuple[list[Breach], list[Breach]]]:
    for release, syntax in itertools.product(releases(), SYNTAXES):
        if variant.key[0] in SCOPES[syntax]:
            before = _book(variant.chapter, release, syntax)
            with mock.patch.object(entries, "_parsed", return_value=less):
                after = _built(variant.chapter, release, syntax)
            for root in _documents(variant.rules(), release, syntax, deep):
                yield before.judge(root), after.judge(root)


def _verdict(breaches: list[Breach]) -> set[tuple[str, str]]:
    return {(breach.rule.id, breach.rule.severity) for breach in breaches}


def _said(breaches: list[Breach]) -> list[tuple[str, object]]:
    """What people are told: each breach with the values that its message shows."""
    return [(breach.rule.id, breach.values) for breach in breaches]


@functools.cache
def _book(chapter: Path, release: str, syntax: str) -> Book:
    return _built(chapter, release, syntax)


def _built(chapter: Path, release: str, syntax: str) -> Book:
    chosen = releases()[release]
    scope = Scope(syntax, chosen.versions)
    codes = codelists.read(codelists.files(RULES / "codelists", scope))
    names = data.folder("schemas") / "names.txt"
    plan = build(scope, names, [RULES / "words.toml"], [chapter], codes, {})
    return Book(plan, "ablation", syntax, chosen, {})


def _documents(rules: list[str], release: str, syntax: str, deep: bool) -> Iterator[etree._Element]:
    """The examples of some rules, whatever syntax they say they are for: a variant is what makes them differ."""
    written = []
    for rule in rules:
        known = described(release).get(rule)
        for changes in (*known.fails, *known.passes) if known else ():
            with contextlib.suppress(KeyError, ValueError):
                written.append(document(changes, syntax))
    yield from map(parse, written)
    if deep:
        for number, data in enumerate(written):
            yield from map(parse, mutants(data, number, MUTANTS, syntax))
        yield from _corpus(syntax)


@functools.cache
def _corpus(syntax: str) -> list[etree._Element]:
    found = []
    for source in seeds.corpus():
        with contextlib.suppress(Refused):
            root = parse(source.data)
            if KNOWN_ROOTS.get(root.tag) == syntax:
                found.append(root)
    return found
