"""The official syntax rules (UBL-CR/SR/DT, CII-SR/DT): loads rules/syntax, picks a version, words what is broken.

What the columns mean stands in rules/syntax/README.md. Finding what breaks the rules is einvoice.formats.walk's.
"""

import csv
import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from einvoice import data
from einvoice.errors import RulebookError
from einvoice.model.location import prefixed
from einvoice.rulebook.releases import releases

KINDS = {
    "absent",
    "at_most",
    "exactly",
    "present",
    "counts",
    "distinct",
    "values",
    "decimals",
    "shape",
    "special",
}
LONGEST_TEXT = 60
"""Characters of a document's own text that a message repeats."""

_HEADER = ["id", "severity", "context", "kind", "path", "limit", "except", "since", "until"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class SyntaxRule:
    """One row of a table; `source` is its file:line."""

    id: str
    severity: Severity
    context: str
    kind: str
    path: str
    limit: str
    exceptions: str
    since: str
    until: str
    source: str

    def holds_in(self, version: str) -> bool:
        """Whether that version of EN 16931 has the row."""
        number = _number(version)
        return (not self.since or _number(self.since) <= number) and (
            not self.until or number <= _number(self.until)
        )


@dataclass(frozen=True, eq=False, slots=True)
class SyntaxRules:
    """The rules of one syntax in one version: what the walk needs (`contexts`, `rows`, `conditions`), and words."""

    version: str
    contexts: tuple[str, ...]
    rows: tuple[SyntaxRule, ...]
    conditions: Mapping[str, Mapping[str, object]]
    words: Mapping[str, Any]
    by_id: Mapping[str, SyntaxRule] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {row.id: row for row in self.rows})

    def severity(self, rule: str) -> Severity:
        """Its severity before a profile's changes. KeyError for an id this version does not have."""
        return self.by_id[rule].severity

    def message(self, lang: str, rule: str, element: etree._Element) -> str:
        """What is wrong, in one sentence ("de" or "en"), about the element that the walk found."""
        sentence = str(self._sentences(rule)[lang])
        return sentence.format_map(self._values(rule, element, with_text="{text" in sentence))

    def hint(self, lang: str, rule: str) -> str:
        """What to do about it, in one sentence."""
        return str(self._sentences(rule)[f"hint_{lang}"])

    def _sentences(self, rule: str) -> Mapping[str, str]:
        row = self.by_id[rule]
        own: Mapping[str, str] | None = self.words["rule"].get(rule)
        if own is not None:
            return own
        kind: Mapping[str, Any] = self.words[row.kind]
        return kind["attribute" if "@" in row.path else "element"] if row.kind == "absent" else kind

    def _values(self, rule: str, element: etree._Element, with_text: bool) -> dict[str, str]:
        row = self.by_id[rule]
        text = "".join(map(str, element.itertext())) if with_text else ""
        return {
            "element": prefixed(element.tag),
            "attribute": row.path.rpartition("@")[2],
            "path": re.sub(r"\[[^]]*]", "", row.path.removeprefix("//")),
            "limit": row.limit,
            "text": text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…",
        }


def versions(rules: Path | None = None) -> tuple[str, ...]:
    """The versions of EN 16931 that the releases of a tree of rules (default: the shipped one) are made of."""
    return tuple(sorted({one.versions["en16931"] for one in releases(rules).values()}, key=_number))


@functools.cache
def syntax_rules(version: str, syntax: str, rules: Path | None = None) -> SyntaxRules:
    """The rules of a version of EN 16931 ("1.3.15", "1.3.16") for "ubl-invoice", "ubl-creditnote" or "cii".

    `rules`: the tree they lie in, by default the shipped one.
    Raises RulebookError for a version no release is made of, and, with file:line, for a row that makes no sense.
    """
    known = versions(rules)
    if version not in known:
        every = ", ".join(known)
        raise RulebookError.at(
            f"rules/syntax: {version}",
            f"is no version of EN 16931 here: {every}",
            f"ist hier keine Version der EN 16931: {every}",
        )
    return _of_table(version, "cii" if syntax == "cii" else "ubl", rules or data.folder("rules"))


@functools.cache
def _of_table(version: str, table: str, rules: Path) -> SyntaxRules:
    folder = rules / "syntax"
    conditions = _toml(folder / "conditions.toml")
    rows = tuple(_rows(rules, table, conditions))
    return SyntaxRules(
        version,
        tuple(dict.fromkeys(row.context for row in rows)),
        _unique(row for row in rows if row.holds_in(version)),
        conditions,
        _toml(folder / "messages.toml"),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError.at(f"{path}:1", str(error), f"ist kein gültiges TOML: {error}") from error


def _rows(rules: Path, table: str, conditions: Mapping[str, object]) -> Iterator[SyntaxRule]:
    """The rows of a table; those of `TABLE-changes.tsv` (an installed release's) stand in place of theirs."""
    folder, known = rules / "syntax", frozenset(("", *versions(rules)))
    changes = folder / f"{table}-changes.tsv"
    changed = list(_read(changes, conditions, known)) if changes.is_file() else []
    gone = {row.id for row in changed}
    yield from (row for row in _read(folder / f"{table}.tsv", conditions, known) if row.id not in gone)
    yield from changed


def _read(path: Path, conditions: Mapping[str, object], known: frozenset[str]) -> Iterator[SyntaxRule]:
    with path.open(encoding="utf-8", newline="") as file:
        header: list[str] = []
        for number, cells in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if cells[0].startswith("#"):
                continue
            if not header:
                header = cells
                if header != _HEADER:
                    columns = " ".join(_HEADER)
                    raise RulebookError.at(
                        f"{path}:{number}", f"the columns are {columns}", f"die Spalten sind {columns}"
                    )
                continue
            yield _checked(cells, f"{path}:{number}", conditions, known)


def _checked(
    cells: list[str], source: str, conditions: Mapping[str, object], known: frozenset[str]
) -> SyntaxRule:
    if fault := _fault(cells, conditions, known):
        raise RulebookError.at(source, *fault)
    rule, severity, context, kind, path, limit, exceptions, since, until = cells
    return SyntaxRule(
        rule, "error" if severity == "error" else "warning",
        context, kind, path, limit, exceptions, since, until, source,
    )  # fmt: skip


def _fault(
    cells: list[str], conditions: Mapping[str, object], known: frozenset[str]
) -> tuple[str, str] | None:
    """What is wrong with a row, in English and German; None if nothing is."""
    if len(cells) != len(_HEADER):
        few, many = len(cells), len(_HEADER)
        return f"{few} columns instead of {many}", f"{few} Spalten statt {many}"
    _, severity, context, kind, path, limit, exceptions, since, until = cells
    if severity not in ("error", "warning"):
        return "severity is error or warning", "severity ist error oder warning"
    if kind not in KINDS:
        return f"kind {kind} is not known", f"die Art (kind) {kind} ist unbekannt"
    for name in re.findall(r"\[([^]]*)]", context + path + exceptions):
        if name not in conditions:
            return f"condition [{name}] is not in conditions.toml", f"[{name}] fehlt in conditions.toml"
    if kind in ("at_most", "exactly", "decimals") and not limit.isdigit():
        return "a number is needed as limit", "als Grenze (limit) wird eine Zahl gebraucht"
    if not {since, until} <= known:
        return "since and until are versions of EN 16931", "since und until sind Versionen der EN 16931"
    return None


def _unique(rows: Iterator[SyntaxRule]) -> tuple[SyntaxRule, ...]:
    found: dict[str, SyntaxRule] = {}
    for row in rows:
        if row.id in found:
            other = found[row.id].source
            raise RulebookError.at(
                f"{row.source}: {row.id}", f"stands in {other} as well", f"steht auch in {other}"
            )
        found[row.id] = row
    return tuple(found.values())


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
