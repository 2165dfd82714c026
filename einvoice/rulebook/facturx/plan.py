"""The rows of a profile (rules/factur-x/PROFILE.tsv), read and compiled once, when first asked for."""

import csv
import functools
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path as File

from einvoice.data import folder
from einvoice.errors import RulebookError
from einvoice.rulebook import official
from einvoice.rulebook.facturx import codes
from einvoice.rulebook.facturx.checks import KINDS
from einvoice.rulebook.facturx.conditions import named
from einvoice.rulebook.facturx.paths import Path, Test, parse
from einvoice.rulebook.facturx.states import Automaton, Check, Context, Row

PROFILES = ("minimum", "basicwl", "basic", "en16931", "extended")
VERSION = "1.09"
"""Of Factur-X: the version the tables are of."""

_FIRST_LINE = 3
"""Of the data: a comment and the names of the columns come before."""

_plans: dict[str, Automaton] = {}
_lock = threading.Lock()


def plan(profile: str) -> Automaton:
    """The compiled rows of a profile. Raises RulebookError for an unknown profile or a row without sense."""
    found = _plans.get(profile)
    if found is None:
        with _lock:
            found = _plans.get(profile) or _compile(profile)
            _plans[profile] = found
    return found


def rows(profile: str) -> list[Row]:
    """The rows of a profile's table, in its order."""
    path = table(profile)
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(
            (line for line in file if line[0] != "#"), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        return [_row(line, path, number) for number, line in enumerate(lines, _FIRST_LINE)]


def table(profile: str) -> File:
    """The file of a profile's rows."""
    if profile not in PROFILES:
        known = ", ".join(PROFILES)
        raise RulebookError(
            f"{profile} is no Factur-X profile: it is one of {known}",
            f"{profile} ist kein Factur-X-Profil: es gibt {known}",
        )
    return folder("rules") / "factur-x" / f"{profile}.tsv"


@functools.cache
def digest(profile: str) -> str:
    """SHA-256 (hex) of the data that judge a profile: its rows, the conditions, the code lists they name."""
    lists = sorted({row.limit for row in rows(profile) if row.kind.endswith("in_list")})
    total = hashlib.sha256()
    for path in (table(profile), folder("rules") / "factur-x" / "conditions.toml", *map(codes.file, lists)):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _row(line: dict[str, str], path: File, number: int) -> Row:
    try:
        return Row(
            rule=line["id"],
            severity=line["severity"],
            norm=line["norm"],
            pattern=int(line["pattern"]),
            rank=int(line["rank"]),
            context=line["context"],
            kind=line["kind"],
            path=line["path"],
            limit=line["limit"],
            skips_below=line["below"] == "skipped",
            fires=line["fires"] != "no",
            line=number,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RulebookError.at(
            f"{path}:{number}",
            f"not a row of nine columns and two marks ({error})",
            f"keine Zeile aus neun Spalten und zwei Marken ({error})",
        ) from error


def _compile(profile: str) -> Automaton:
    ranks: dict[tuple[int, int], list[Row]] = {}
    for row in rows(profile):
        ranks.setdefault((row.pattern, row.rank), []).append(row)
    file = table(profile)
    made = Automaton([_context(pattern, rank, same, file) for (pattern, rank), same in sorted(ranks.items())])
    official.check(folder("rules"), [f"factur-x {profile}"], {"factur-x": VERSION}, file)
    return made


def _context(pattern: int, rank: int, same: list[Row], file: File) -> Context:
    """The rows of one rank share their context."""
    path = _parsed(same, file)
    return Context(
        pattern=pattern,
        rank=rank,
        anywhere=path.start == "//",
        names=tuple(step.name for step in path.steps),
        guards=tuple(_guards(path)),
        checks=tuple((row, _check(row, file)) for row in same if row.kind != "never"),
        skips_below=same[0].skips_below,
    )


def _parsed(same: list[Row], file: File) -> Path:
    if len({row.context for row in same}) > 1:
        raise RulebookError.at(
            f"{file}:{same[0].line}",
            "rows of one rank have different contexts",
            "Zeilen eines Rangs haben verschiedene Kontexte",
        )
    path = parse(same[0].context)
    if not path.start:
        raise RulebookError.at(
            f"{file}:{same[0].line}", "a context begins with / or //", "ein Kontext beginnt mit / oder //"
        )
    return path


def _guards(path: Path) -> Iterator[tuple[int, Test]]:
    for up, step in enumerate(reversed(path.steps)):
        if step.words:
            yield up, named(step.words)


def _check(row: Row, file: File) -> Check:
    if row.kind not in KINDS:
        raise RulebookError.at(
            f"{file}:{row.line}", f"unknown kind {row.kind}", f"unbekannte Art (kind) {row.kind}"
        )
    try:
        return KINDS[row.kind](row.path, row.limit)
    except (RulebookError, ValueError, KeyError) as error:
        raise RulebookError.at(f"{file}:{row.line}", error) from error
