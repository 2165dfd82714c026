"""The examples of the rules as documents: each `fails` and `passes`, in every syntax it applies to."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from einvoice.formats.examples import document
from einvoice.formats.xml import parse
from einvoice.rulebook import Described, load, releases
from einvoice.rulebook.catalogue import catalogue
from einvoice.rulebook.names import SCOPES

PROFILES = ("en16931", "xrechnung", "xrechnung-extension", "xrechnung-cvd")
_OF_BASE = {"extension": "xrechnung-extension", "cvd": "xrechnung-cvd"}


@dataclass(frozen=True)
class Case:
    """One example in one syntax, for every release that has it: whether the rule fires."""

    rule: str
    number: int
    fires: bool
    syntax: str
    profile: str
    releases: tuple[str, ...]
    changes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.rule}-{'fails' if self.fires else 'passes'}-{self.number}-{self.syntax}"

    def fired(self) -> dict[str, bool]:
        """Whether the rule really fires, by release."""
        root = parse(document(self.changes, self.syntax))
        return {
            release: self.rule in {b.rule.id for b in load(release, self.profile, self.syntax).judge(root)}
            for release in self.releases
        }


@functools.cache
def described(release: str) -> dict[str, Described]:
    """The catalogue of a release."""
    return catalogue(release)


def cases() -> Iterator[Case]:
    """Every example of every rule."""
    found: dict[str, Case] = {}
    for release in releases():
        for rule in described(release).values():
            for case in _of_rule(rule):
                key = f"{case} {case.profile} {case.changes}"
                known = found.get(key, case)
                found[key] = replace(known, releases=(*known.releases, release))
    yield from found.values()


def _of_rule(rule: Described) -> Iterator[Case]:
    for fires, by_syntax in ((True, rule.fails_in), (False, rule.passes_in)):
        for syntax, examples in by_syntax.items():
            for number, changes in enumerate(examples):
                profile = _profile(rule, syntax, changes)
                if profile and changes.get("only", syntax) in (*SCOPES[syntax], syntax):
                    yield Case(rule.id, number, fires, syntax, profile, (), changes)


def _profile(rule: Described, syntax: str, changes: Mapping[str, Any]) -> str | None:
    """The profile that judges an example: its own, its base's, else the first that has the rule."""
    judging = [profile for profile in PROFILES if (profile, syntax) in rule.severities]
    wanted = changes.get("profile") or _OF_BASE.get(changes.get("base", ""))
    if wanted in judging:
        return wanted
    return judging[0] if judging else None
