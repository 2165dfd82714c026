"""What a change of release means: rules that are new, gone or changed, and codes added to or taken off the lists."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from einvoice.rulebook import codelists
from einvoice.rulebook.catalogue import Described, catalogue
from einvoice.rulebook.releases import Release
from einvoice.rulebook.syntax import SyntaxRule, syntax_rules
from einvoice.rulebook.variants import Scope

Kind = Literal["new", "gone", "changed", "list"]
_TABLES = ("ubl-invoice", "cii")


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule that two releases do not have alike.

    kind `list`: only the codes of a list it names are others. severities: before and after ("" = not there).
    syntaxes: where it computes differently; lists: the code lists that changed.
    """

    rule: str
    kind: Kind
    severities: tuple[str, str]
    syntaxes: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListDifference:
    """A code list that two releases do not have alike."""

    name: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a release says of a rule, to be compared."""

    severity: str
    severities: object
    by_syntax: tuple[tuple[str, str], ...]


def differences(old: Release, new: Release) -> list[Difference]:
    """The rules of the books and the syntax rules that differ, by id. Raises RulebookError as loading does."""
    before, after = _said(old), _said(new)
    lists = {one.name for one in list_differences(old, new)}
    found = []
    for rule in sorted(before.keys() | after.keys()):
        one, other = before.get(rule), after.get(rule)
        if one is None or other is None:
            kind: Kind = "new" if one is None else "gone"
            found.append(
                Difference(rule, kind, (one.severity if one else "", other.severity if other else ""))
            )
            continue
        ours, theirs = dict(one.by_syntax), dict(other.by_syntax)
        syntaxes = tuple(s for s in ours.keys() | theirs.keys() if ours.get(s) != theirs.get(s))
        named = tuple(sorted(name for name in lists if any(f"'{name}'" in text for text in theirs.values())))
        if syntaxes or named or one.severities != other.severities:
            changed = syntaxes or one.severities != other.severities
            pair = (one.severity, other.severity)
            found.append(
                Difference(rule, "changed" if changed else "list", pair, tuple(sorted(syntaxes)), named)
            )
    return found


def list_differences(old: Release, new: Release) -> list[ListDifference]:
    """The code lists that differ, by name; a list that only one of them has counts as empty in the other."""
    before, after = _lists(old), _lists(new)
    found = []
    for name in sorted(before.keys() | after.keys()):
        ours, theirs = before.get(name, frozenset()), after.get(name, frozenset())
        if ours != theirs:
            found.append(ListDifference(name, tuple(sorted(theirs - ours)), tuple(sorted(ours - theirs))))
    return found


def _said(release: Release) -> dict[str, _Said]:
    found = {rule: _of_book(one) for rule, one in catalogue(release).items()}
    for syntax in _TABLES:
        for row in syntax_rules(release.versions["en16931"], syntax, release.rules).rows:
            found[row.id] = _of_table(row, syntax)
    return found


def _of_book(one: Described) -> _Said:
    kinds = "/".join(sorted({*one.severities.values()}))
    return _Said(kinds, one.severities, tuple((syntax, repr(text)) for syntax, text in one.formulas.items()))


def _of_table(row: SyntaxRule, syntax: str) -> _Said:
    said = (row.kind, row.path, row.limit, row.exceptions, row.context)
    return _Said(row.severity, row.severity, ((syntax, repr(said)),))


def _lists(release: Release) -> dict[str, frozenset[str]]:
    folder: Path = release.rules / "codelists"
    return codelists.read(codelists.files(folder, Scope("cii", release.versions)))
