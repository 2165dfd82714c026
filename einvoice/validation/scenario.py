"""Which rules judge a document: the table rules/scenarios.toml (CONTRACT, "Which rules judge a document")."""

import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from einvoice import data
from einvoice.model.lexical import trim


@dataclass(frozen=True, slots=True)
class Scenario:
    """What judges a document. `book` or `facturx` names the rules; `judges` is False where none is official.

    `whole`: the syntaxes in which `exactly` is compared with BT-24 as a whole, not with each of its text nodes.
    """

    profile: str
    book: str | None = None
    facturx: str | None = None
    judges: bool = True
    in_pdf: bool | None = None
    syntax: tuple[str, ...] = ()
    exactly: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    trimmed: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    any: bool = False

    def fits(self, syntax: str, specification: str, in_pdf: bool, nodes: Sequence[str] = ()) -> bool:
        """Whether a document of this syntax and BT-24 (as written) is judged by this scenario.

        `nodes`: the text nodes of BT-24, where they are more or others than its whole text.
        """
        if syntax not in self.syntax or self.in_pdf not in (None, in_pdf):
            return False
        compared = (specification,) if syntax in self.whole or not nodes else nodes
        return (
            self.any
            or any(text in self.exactly for text in compared)
            or trim(specification) in self.trimmed
            or (bool(self.begins) and specification.startswith(self.begins))
        )


@functools.cache
def scenarios(rules: Path | None = None) -> tuple[Scenario, ...]:
    """The rows of scenarios.toml in a tree of rules (default: the shipped one), first match first."""
    path = (rules or data.folder("rules")) / "scenarios.toml"
    rows = tomllib.loads(path.read_text("utf-8"))["scenario"]
    return tuple(map(_scenario, rows))


def _scenario(row: dict[str, Any]) -> Scenario:
    values: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in row.items()}
    return Scenario(**values)


def choose(
    syntax: str, specification: str | None, in_pdf: bool, rules: Path | None = None, nodes: Sequence[str] = ()
) -> Scenario:
    """The scenario of a document whose root is known."""
    known = _listed(rules).get((syntax, specification or "", in_pdf)) if len(nodes) < 2 else None
    return known or _fitting(syntax, specification or "", in_pdf, rules, nodes)


def _fitting(
    syntax: str, specification: str, in_pdf: bool, rules: Path | None, nodes: Sequence[str] = ()
) -> Scenario:
    return next(s for s in scenarios(rules) if s.fits(syntax, specification, in_pdf, nodes))


@functools.cache
def _listed(rules: Path | None) -> dict[tuple[str, str, bool], Scenario]:
    """What fits the identifiers of the table as they are listed: nearly all that invoices state."""
    return {
        (syntax, text, in_pdf): _fitting(syntax, text, in_pdf, rules)
        for row in scenarios(rules)
        for syntax in row.syntax
        for text in (*row.exactly, *row.trimmed)
        for in_pdf in (False, True)
    }


def scenario_of(
    found: Sequence[etree._Element], syntax: str, in_pdf: bool, rules: Path | None = None
) -> Scenario:
    """The scenario of a document, by the elements of BT-24 in its tree as `whole_texts.read` gives it.

    Most of KoSIT's scenarios compare each text node of BT-24: a comment within it makes two of one.
    """
    texts = [_texts(element) for element in found]
    nodes = [text for one in texts for text in one]
    return choose(syntax, "".join(texts[0]) if texts else None, in_pdf, rules, nodes)


def _texts(element: etree._Element) -> list[str]:
    """The text nodes of an element: before, between and after what stands in it."""
    texts = [element.text, *(child.tail for child in element)] if len(element) else [element.text]
    return [text for text in texts if text]
