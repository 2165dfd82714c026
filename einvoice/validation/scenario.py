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

    def fits(self, syntax: str, specification: str, nodes: Sequence[str] = ()) -> bool:
        """Whether BT-24 (as written) of a document of this syntax is what this scenario asks for.

        `nodes`: the text nodes of BT-24, where they are more or others than its whole text.
        """
        compared = (specification,) if syntax in self.whole or not nodes else nodes
        return (
            self.any
            or any(text in self.exactly for text in compared)
            or (bool(self.trimmed) and trim(specification) in self.trimmed)
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
    return next(s for s in _of(syntax, in_pdf, rules) if s.fits(syntax, specification or "", nodes))


@functools.cache
def _of(syntax: str, in_pdf: bool, rules: Path | None) -> tuple[Scenario, ...]:
    """The scenarios of documents of that syntax, in a PDF or not."""
    return tuple(s for s in scenarios(rules) if syntax in s.syntax and s.in_pdf in (None, in_pdf))


def scenario_of(
    found: Sequence[etree._Element], syntax: str, in_pdf: bool, rules: Path | None = None
) -> Scenario:
    """The scenario of a document, by the elements of BT-24 in its tree as `whole_texts.read` gives it.

    Most of KoSIT's scenarios compare each text node of BT-24: a comment within it makes two of one.
    """
    nodes = [text for element in found for text in _texts(element)]
    return choose(syntax, "".join(_texts(found[0])) if found else None, in_pdf, rules, nodes)


def _texts(element: etree._Element) -> list[str]:
    """The text nodes of an element: before, between and after what stands in it."""
    return [text for text in (element.text, *(child.tail for child in element)) if text]
