"""A rule set as it is handed over: a folder, a zip or a single TOML file, read into texts by name.

A release is a part of a tree of rules: what it holds stands in place of the shipped file of that name, and it holds
`releases/NAME.toml`. House rules are TOML files without folders; `ruleset.toml` may give them a name and a day.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from einvoice.errors import UsageError
from einvoice.formats import zipped
from einvoice.formats.delivery import Budget, Limits, TooMuch
from einvoice.rulebook.house import HEAD

Kind = Literal["release", "house"]
FILES, BYTES = 400, 8_000_000
"""What a rule set may hold at most."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_INNER = re.compile(r"(?:[a-z0-9-]+/){0,2}[A-Za-z0-9_.-]+\.(?:toml|tsv|txt)")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set: its kind, name, files (path within it → text), and the day from which it is in force."""

    kind: Kind
    name: str
    files: Mapping[str, str]
    since: date | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of kind, name and files."""
        said = json.dumps([self.kind, self.name, dict(self.files)], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def read_ruleset(path: Path) -> RuleSet:
    """The rule set in a folder, zip or TOML file. Raises UsageError, naming the file and what to do."""
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder", f"{path}: Datei oder Ordner nicht gefunden")
    try:
        files = dict(_texts(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})", f"{path}: nicht lesbar ({error})") from None
    except TooMuch as error:
        raise UsageError(f"{path}: too large: {error}", f"{path}: zu groß: {error}") from None
    files = _unfolded(files)
    for name in files:
        if not _INNER.fullmatch(name):
            raise UsageError(
                f"{path}: {name}: a rule set holds .toml, .tsv and .txt files only, at most two folders deep",
                f"{path}: {name}: ein Regelsatz enthält nur .toml, .tsv und .txt, höchstens zwei Ordner tief",
            )
    return _release(path, files) if any(n.startswith("releases/") for n in files) else _house(path, files)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    budget = Budget(Limits(entries=FILES, bytes_out=BYTES))
    if path.is_dir():
        for inner in sorted(path.rglob("*")):
            if inner.is_file() and not inner.is_symlink() and not inner.name.startswith("."):
                budget.take(inner.stat().st_size)
                yield inner.relative_to(path).as_posix(), inner.read_text("utf-8")
    elif path.suffix == ".toml":
        budget.take(path.stat().st_size)
        yield path.name, path.read_text("utf-8")
    else:
        for entry in zipped.entries(path.read_bytes(), budget):
            if entry.data is None:
                raise OSError("no readable zip")
            yield entry.name, entry.data.decode("utf-8")


def _unfolded(files: dict[str, str]) -> dict[str, str]:
    """Without the one folder that everything in a zip may lie in."""
    tops = {PurePosixPath(name).parts[0] for name in files if "/" in name}
    deep = any(name.count("/") >= 2 for name in files) or not any(
        name.startswith("releases/") for name in files
    )
    if len(tops) == 1 and deep and all("/" in name for name in files):
        return {name.partition("/")[2]: text for name, text in files.items()}
    return files


def _release(path: Path, files: Mapping[str, str]) -> RuleSet:
    named = [name for name in files if name.startswith("releases/")]
    if len(named) != 1:
        raise UsageError(
            f"{path}: a rule set holds one release, this one {len(named)}: {', '.join(named)}",
            f"{path}: ein Regelsatz enthält eine Ausgabe, dieser {len(named)}: {', '.join(named)}",
        )
    head = _head(path, named[0], files[named[0]])
    return RuleSet("release", _named(path, PurePosixPath(named[0]).stem), files, _day(path, head))


def _house(path: Path, files: Mapping[str, str]) -> RuleSet:
    if inner := [name for name in files if "/" in name or not name.endswith(".toml")]:
        raise UsageError(
            f"{path}: {inner[0]}: house rules are TOML files without folders; a release holds releases/NAME.toml",
            f"{path}: {inner[0]}: Hausregeln sind TOML-Dateien ohne Ordner; eine Ausgabe enthält releases/NAME.toml",
        )
    head = _head(path, HEAD, files[HEAD]) if HEAD in files else {}
    return RuleSet("house", _named(path, str(head.get("name", path.stem)).lower()), files, _day(path, head))


def _head(path: Path, name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path}: {name}: no valid TOML: {error}", f"{path}: {name}: kein gültiges TOML: {error}"
        ) from None


def _named(path: Path, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{path}: {name!r} is no name for a rule set: a-z, 0-9, - and . only; {HEAD} may give another",
            f"{path}: {name!r} ist kein Name für einen Regelsatz: nur a-z, 0-9, - und .; {HEAD} kann einen nennen",
        )
    return name


def _day(path: Path, head: Mapping[str, Any]) -> date | None:
    day = head.get("since")
    if day is not None and type(day) is not date:
        raise UsageError(
            f"{path}: since is not a day (2027-01-31)", f"{path}: since ist kein Tag (2027-01-31)"
        )
    return day
