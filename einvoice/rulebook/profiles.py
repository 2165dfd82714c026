"""Profiles: which chapters judge a document, and whose severities they change (rules/profiles.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice import data
from einvoice.errors import RulebookError, UsageError
from einvoice.rulebook.names import SYNTAXES
from einvoice.rulebook.rule import Severity
from einvoice.rulebook.types import Wrong

_LEVELS: tuple[Severity, ...] = ("error", "warning", "information")


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile: the folders of its chapters, the syntaxes it exists in, and the severities that it changes.

    Severities belong to profile and syntax together, as KoSIT's customLevel belongs to a scenario.
    """

    name: str
    chapters: tuple[str, ...]
    syntaxes: tuple[str, ...]
    changes: Mapping[str, Mapping[str, Severity]]

    def severities(self, syntax: str) -> Mapping[str, Severity]:
        """The changed severity by rule id, in one syntax; syntax rules (UBL-CR, CII-SR …) among them."""
        return self.changes[syntax]


def profiles(rules: Path | None = None) -> dict[str, Profile]:
    """Every profile that a book can be made for. Raises RulebookError."""
    path = (rules or data.folder("rules")) / "profiles.toml"
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        return {name: _profile(name, table) for name, table in tables.items()}
    except Wrong as error:
        raise RulebookError.at(f"{path}:1", error) from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise RulebookError.at(f"{path}:1", str(error), f"ist nicht lesbar ({error})") from None


def profile(name: str, rules: Path | None = None) -> Profile:
    """One profile. Raises UsageError if there is none of that name."""
    known = profiles(rules)
    if name not in known:
        raise UsageError(
            f"unknown profile {name!r}: use one of {', '.join(known)}",
            f"Das Profil {name!r} gibt es nicht. Bekannt: {', '.join(known)}",
        )
    return known[name]


def _profile(name: str, table: Mapping[str, Any]) -> Profile:
    syntaxes = tuple(table.get("syntaxes", SYNTAXES))
    if not set(syntaxes) <= set(SYNTAXES):
        known = ", ".join(SYNTAXES)
        raise Wrong(f"{name}: syntaxes are of {known}", f"{name}: Syntaxen (syntaxes) gibt es diese: {known}")
    common = table.get("severity", {})
    changes = {
        syntax: {**_levels(name, common), **_levels(name, common.get(syntax, {}))} for syntax in syntaxes
    }
    return Profile(name, tuple(table["chapters"]), syntaxes, changes)


def _levels(name: str, table: Mapping[str, Any]) -> dict[str, Severity]:
    unknown = set(table) - {*_LEVELS, *SYNTAXES}
    if unknown:
        place = f"{name}.severity: {sorted(unknown)}"
        raise Wrong(f"{place} is neither a severity nor a syntax", f"{place} ist weder Schwere noch Syntax")
    return {rule: level for level in _LEVELS for rule in table.get(level, ())}
