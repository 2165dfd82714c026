"""The examples of the rules as documents: each `fails` and `passes`, in every syntax it applies to."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model.bases import example
from einvoice.rulebook import Described, catalogue, load
from einvoice.rulebook.names import SCOPES

PROFILES = ("en16931", "xrechnung", "xrechnung-extension", "xrechnung-cvd")
_OF_BASE = {"extension": "xrechnung-extension", "cvd": "xrechnung-cvd"}


@dataclass(frozen=True)
class Case:
    """One example in one syntax: whether the rule fires."""

    rule: str
    number: int
    fires: bool
    syntax: str
    release: str
    profile: str
    changes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.rule}-{'fails' if self.fires else 'passes'}-{self.number}-{self.syntax}-{self.release[:5]}"

    def fired(self) -> bool:
        """Whether the rule really fires."""
        root = parse(write(example(self.changes, self.syntax), self.syntax).data)
        found = load(self.release, self.profile, self.syntax).judge(root)
        return self.rule in {breach.rule.id for breach in found}


@functools.cache
def described(release: str) -> dict[str, Described]:
    """The catalogue of a release."""
    return catalogue(release)


def cases(release: str) -> Iterator[Case]:
    """Every example of every rule of a release."""
    for rule in described(release).values():
        for fires, examples in ((True, rule.fails), (False, rule.passes)):
            for number, changes in enumerate(examples):
                yield from _in_syntaxes(rule, release, fires, number, changes)


def _in_syntaxes(
    rule: Described, release: str, fires: bool, number: int, changes: Mapping[str, Any]
) -> Iterator[Case]:
    only = changes.get("only", "")
    for syntax in rule.syntaxes:
        if only and only not in SCOPES[syntax]:
            continue
        if fires and syntax in rule.unreachable:
            continue
        profile = _profile(rule, syntax, changes)
        if profile:
            yield Case(rule.id, number, fires, syntax, release, profile, changes)


def _profile(rule: Described, syntax: str, changes: Mapping[str, Any]) -> str | None:
    """The profile that judges an example: its own, its base's, else the first that has the rule."""
    judging = [profile for profile in PROFILES if (profile, syntax) in rule.severities]
    wanted = changes.get("profile") or _OF_BASE.get(changes.get("base", ""))
    if wanted in judging:
        return wanted
    return judging[0] if judging else None
