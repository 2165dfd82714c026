"""Which rules judge a document: the table rules/scenarios.toml (CONTRACT, "Which rules judge a document")."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice import data
from einvoice.model.lexical import trim


@dataclass(frozen=True, slots=True)
class Scenario:
    """What judges a document. `book` or `facturx` names the rules; `judges` is False where none is official."""

    profile: str
    book: str | None = None
    facturx: str | None = None
    judges: bool = True
    in_pdf: bool | None = None
    syntax: tuple[str, ...] = ()
    exactly: tuple[str, ...] = ()
    trimmed: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    any: bool = False

    def fits(self, syntax: str, specification: str, in_pdf: bool) -> bool:
        """Whether a document of this syntax and BT-24 (as written) is judged by this scenario."""
        if syntax not in self.syntax or self.in_pdf not in (None, in_pdf):
            return False
        return (
            self.any
            or specification in self.exactly
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


def choose(syntax: str, specification: str | None, in_pdf: bool, rules: Path | None = None) -> Scenario:
    """The scenario of a document whose root is known."""
    return next(s for s in scenarios(rules) if s.fits(syntax, specification or "", in_pdf))
