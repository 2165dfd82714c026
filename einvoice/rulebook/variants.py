"""Which of an entry's keys hold: variants per syntax and version laid over what is common.

`cii.assert` replaces `assert` in CII; `cii.'1.3.16'.assert` does so from that version of the EN 16931 rules
on; `only`, `since` and `until` bound an entry, or a variant, as a whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from einvoice.rulebook.names import SCOPES
from einvoice.rulebook.types import Wrong

_SCOPES = frozenset(scope for scopes in SCOPES.values() for scope in scopes)
_VERSION = re.compile(r"(?:(?P<name>[a-z-]+) )?(?P<number>\d+(?:\.\d+)*)")

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a book is made for: a syntax, and the version of each artefact (`en16931`, `xrechnung`, …)."""

    syntax: str
    versions: Mapping[str, str]

    def since(self, text: str) -> bool:
        """Whether a version ("1.3.16", or "xrechnung 2.6.0") has come."""
        ours, theirs = self._both(text)
        return ours >= theirs

    def until(self, text: str) -> bool:
        """Whether a version is not yet past."""
        ours, theirs = self._both(text)
        return ours <= theirs

    def _both(self, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        found = _VERSION.fullmatch(text)
        name = (found["name"] or "en16931") if found else ""
        if not found or name not in self.versions:
            raise Wrong(
                f"{text!r} is no version (as in '1.3.16' or 'xrechnung 2.5.0')",
                f"{text!r} ist keine Version (wie '1.3.16' oder 'xrechnung 2.5.0')",
            )
        return version(self.versions[name]), version(found["number"])


def version(text: str) -> tuple[int, ...]:
    """A version as numbers that can be compared."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


def applicable(entry: Table, scope: Scope) -> Table | None:
    """The entry as it stands in this scope; None if it does not apply.

    Raises Wrong for a variant that no syntax or version answers to.
    """
    if not (scope.since(entry.get("since", "0")) and scope.until(entry.get("until", "999"))):
        return None
    only = entry.get("only", [])
    wanted = {only} if isinstance(only, str) else set(only)
    if not wanted <= _SCOPES:
        odd, known = sorted(wanted - _SCOPES), ", ".join(sorted(_SCOPES))
        raise Wrong(f"only: {odd} is none of {known}", f"only: {odd} ist nichts von {known}")
    if wanted and wanted.isdisjoint(SCOPES[scope.syntax]):
        return None
    plain = {key: value for key, value in entry.items() if not isinstance(value, dict)}
    for key, variant in sorted(entry.items(), key=lambda item: "-" in item[0]):  # ubl before ubl-invoice
        if isinstance(variant, dict) and _holds(key, scope):
            plain |= applicable(variant, scope) or {}
    return plain


def _holds(key: str, scope: Scope) -> bool:
    if key in _SCOPES:
        return key in SCOPES[scope.syntax]
    if _VERSION.fullmatch(key):
        return scope.since(key)
    known = "ubl, ubl-invoice, ubl-creditnote, cii"
    raise Wrong(
        f"unknown variant {key!r} ({known}, or a version)",
        f"unbekannte Variante {key!r} ({known} oder eine Version)",
    )


def merged(one: Table, two: Table) -> Table:
    """Two laid over one, variant by variant."""
    both = {
        key: merged(value, two[key])
        for key, value in one.items()
        if isinstance(value, dict) and isinstance(two.get(key), dict)
    }
    return {**one, **two, **both}
