"""Code lists: rules/codelists/NAME.tsv, one code a line below a head that says whose they are.

`NAME_1.3.15.tsv` is the list NAME for releases with EN 16931 up to 1.3.15.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from einvoice.errors import RulebookError
from einvoice.rulebook.variants import Scope

_DATED = re.compile(r"(.+)_(\d+(?:\.\d+)+)")


def files(folder: Path, scope: Scope) -> dict[str, Path]:
    """The file of each list that is in force in a scope, by the list's name."""
    chosen: dict[str, tuple[tuple[int, ...], Path]] = {}
    for path in sorted(folder.glob("*.tsv")):
        dated = _DATED.fullmatch(path.stem)
        name, until = (dated[1], dated[2]) if dated else (path.stem, "9999")
        bound = tuple(int(part) for part in until.split("."))
        if scope.until(until) and (name not in chosen or bound < chosen[name][0]):
            chosen[name] = bound, path
    return {name: path for name, (_, path) in chosen.items()}


def read(paths: Mapping[str, Path]) -> dict[str, frozenset[str]]:
    """The codes of each list. Raises RulebookError for one that is empty or says a code twice."""
    return {name: frozenset(_codes(path)) for name, path in paths.items()}


def _codes(path: Path) -> Iterable[str]:
    seen: set[str] = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        code = line.split("\t")[0]
        if code.startswith("#") or not code:
            continue
        if code in seen:
            raise RulebookError.at(f"{path}:{number}", f"{code!r} stands twice", f"{code!r} steht zweimal da")
        seen.add(code)
    if not seen:
        raise RulebookError.at(f"{path}:1", "has no codes", "enthält keine Codes")
    return seen
