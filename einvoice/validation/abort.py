"""Documents on which an official stylesheet aborts: a repeated element where it computes with one (EI-ABORT).

KoSIT's validator then has no result and its written report may still say "accept"; we reject and say why.
The table is schemas/aborts.toml.
"""

import functools
import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from lxml import etree

from einvoice.formats.walk.names import clark
from einvoice.model.lexical import trim
from einvoice.model.listing import ByTag
from einvoice.model.location import line_of, name_of, place
from einvoice.model.namespaces import xpath
from einvoice.model.problem import Problem
from einvoice.rulebook import Sources
from einvoice.rulebook.document import Everywhere
from einvoice.rulebook.variants import Scope

_PREDICATE = re.compile(r"\[[^\[\]]*\]")
_DOWN = re.compile(r"(?:descendant::)?(\w+:\w+(?:/\w+:\w+)*)")
_DISCOUNT = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")


@dataclass(frozen=True, slots=True)
class _Abort:
    """A row of the table, its paths compiled.

    ends: the elements that `at` leads to; None if they may have any name.
    steps: the elements of which one must be repeated for the row to find anything, side by side or `anywhere`; None
    if that cannot be said.
    """

    ends: frozenset[str] | None
    steps: frozenset[str] | None
    anywhere: bool
    at: etree.XPath
    once: tuple[etree.XPath, ...]
    needed: tuple[etree.XPath, ...]
    split: tuple[etree.XPath, ...]
    discount: bool

    def may_find(
        self, repeated: Collection[str] | None, by_tag: ByTag | None, anywhere: ByTag | Everywhere
    ) -> bool:
        """Whether it can find anything in a document with these elements, as far as they are known."""
        if by_tag is not None and self.ends is not None and by_tag.keys().isdisjoint(self.ends):
            return False
        if self.steps is None:
            return True
        if self.anywhere:
            return any(len(anywhere.get(tag, ())) > 1 for tag in self.steps)
        return repeated is None or not self.steps.isdisjoint(repeated)


class _Table:
    """The rows of a scenario; `others` are those that may find something although none of `steps` is repeated."""

    def __init__(self, rows: tuple[_Abort, ...]) -> None:
        self.rows = rows
        self.others = tuple(row for row in rows if row.steps is None or row.anywhere)
        self.steps = frozenset(step for row in rows if row not in self.others for step in row.steps or ())


def aborts(
    root: etree._Element,
    syntax: str,
    sources: Sources,
    version: str,
    profile: str,
    whole: etree._Element | None = None,
    valid: bool = True,
    repeated: Collection[str] | None = None,
    by_tag: ByTag | None = None,
) -> list[Problem]:
    """The repeated or missing elements (EI-ABORT) for which an official stylesheet of the profile would abort.

    `profile` is en16931, xrechnung, xrechnung-extension or xrechnung-cvd; `version` that of EN 16931.
    In `whole`, the tree with its comments if there are such, also the values that a comment splits in two.
    `valid`: its schema allows the document, so that repeated elements stand side by side.
    `repeated`: the tags of which some element has several children, and `by_tag`: all elements, if that is known.
    """
    found: dict[etree._Element, Problem] = {}
    table = _table(syntax, sources, version, profile)
    anywhere = Everywhere(root) if by_tag is None else by_tag
    plain = valid and repeated is not None and table.steps.isdisjoint(repeated)
    for row in table.others if plain else table.rows:
        if not row.may_find(repeated if valid else None, by_tag, anywhere):
            continue
        for context in _nodes(row.at, root):
            for path in row.once:
                several = _nodes(path, context)
                if len(several) > 1 and (not row.discount or _states_discount(several)):
                    found.setdefault(several[1], _problem(several))
            for path in row.needed:
                if not _nodes(path, context):
                    found.setdefault(context, _missing(context, path))
    if whole is not None and whole is not root:
        return [*found.values(), *_splits(whole, table.rows)]
    return list(found.values())


def _splits(whole: etree._Element, rows: tuple[_Abort, ...]) -> Iterator[Problem]:
    for row in rows:
        for context in _nodes(row.at, whole) if row.split else ():
            for element in (one for path in row.split for one in _nodes(path, context)):
                if len(cast("list[str]", element.xpath("text()"))) > 1:
                    values = {"why": "split", "element": name_of(element), "path": place(element)}
                    yield Problem("EI-ABORT", values, place(element), line_of(element))


@functools.cache
def _table(syntax: str, sources: Sources, version: str, profile: str) -> _Table:
    """The rows of a scenario."""
    table = tomllib.loads((sources.schemas / "aborts.toml").read_text("utf-8"))["abort"]
    scope = Scope(syntax, {"en16931": version})
    rows = tuple(
        _Abort(
            _ends(row["at"]),
            _steps(row),
            any("descendant::" in path for path in row.get("once", ())),
            xpath(row["at"]),
            _paths(row, "once"),
            _paths(row, "needed"),
            _paths(row, "split"),
            row.get("finds") == "discount terms",
        )
        for row in table
        if syntax in row["syntax"]
        and scope.until(row.get("until", "9999"))
        and profile in row.get("profiles", (profile,))
        and not (profile == "en16931" and row["rules"] == "xrechnung")
    )
    return _Table(rows)


def _steps(row: dict[str, Any]) -> frozenset[str] | None:
    """The elements that a row's paths go down by; None where a path is no plain way down, or something is needed."""
    ways = [_DOWN.fullmatch(_plain(path)) for path in row.get("once", ())]
    if row.get("needed") or not all(ways):
        return None
    return frozenset(clark(step) for way in ways if way for step in way[1].split("/"))


def _ends(at: str) -> frozenset[str] | None:
    """The elements that a path leads to; None if they may have any name."""
    ends = [path.strip().rpartition("/")[2] for path in _plain(at).split("|")]
    return None if "*" in ends else frozenset(map(clark, ends))


def _plain(path: str) -> str:
    """A path without its predicates, which may lie within each other."""
    while (shorter := _PREDICATE.sub("", path)) != path:
        path = shorter
    return path


def _paths(row: dict[str, Any], key: str) -> tuple[etree.XPath, ...]:
    return tuple(map(xpath, row.get(key, ())))


def _nodes(path: etree.XPath, context: etree._Element) -> list[etree._Element]:
    return cast("list[etree._Element]", path(context))


def _problem(several: list[etree._Element]) -> Problem:
    second = several[1]
    values = {"element": name_of(second), "count": str(len(several)), "path": place(second)}
    return Problem("EI-ABORT", values, place(second), line_of(second))


def _missing(context: etree._Element, path: etree.XPath) -> Problem:
    values = {"why": "missing", "element": name_of(context), "part": path.path, "path": place(context)}
    return Problem("EI-ABORT", values, place(context), line_of(context))


def _states_discount(terms: list[etree._Element]) -> bool:
    """Whether the first line that begins with # states a discount (BR-DE-18 only then looks further)."""
    lines = (trim(line) for term in terms for line in re.split(r"\r?\n", str(term.text or "")))
    first = next((line for line in lines if line.startswith("#")), None)
    return first is not None and _DISCOUNT.fullmatch(first) is not None
