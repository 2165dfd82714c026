"""Rule releases: which versions of the official rules go together, and since when (rules/releases/NAME.toml)."""

import functools
import time
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from einvoice import data
from einvoice.errors import RulebookError, UsageError

_BERLIN = ZoneInfo("Europe/Berlin")
_QUARTER = 900
"""Seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """A release of the rules, named as its publisher names it.

    `versions` gives the version of each artefact (`en16931`, `xrechnung`, `factur-x`). In force from `since` to
    `until` (inclusive); a release without `since` is used by name only.
    """

    name: str
    versions: Mapping[str, str]
    since: date | None
    until: date | None
    de: str
    en: str
    path: Path
    rules: Path

    def in_force(self, day: date) -> bool:
        """Whether receivers judge by it on that day."""
        return self.since is not None and self.since <= day and (self.until is None or day <= self.until)


def releases(rules: Path | None = None, installed: Iterable[Path] = ()) -> dict[str, Release]:
    """Every release by name, the oldest first; those by name only at the end.

    installed: trees of rules beside the shipped one (validation/rulesets); a shipped release of the same name goes
    first.
    """
    trees = [*installed, rules or data.folder("rules")]
    found = [_read(path) for tree in trees for path in sorted((tree / "releases").glob("*.toml"))]
    found.sort(key=lambda release: (release.since is None, release.since or date.max, release.name))
    return {release.name: release for release in found}


def release(
    name: str | None = None,
    day: date | None = None,
    rules: Path | None = None,
    installed: Iterable[Path] = (),
) -> Release:
    """The release of that name, or the one in force on a day (default: today in Germany).

    Raises UsageError if there is none.
    """
    known = releases(rules, installed)
    names = ", ".join(known)
    if name is not None:
        if name not in known:
            raise UsageError(
                f"unknown rule release {name!r}: use one of {names}",
                f"Die Regelausgabe {name!r} gibt es nicht. Bekannt: {names}",
            )
        return known[name]
    day = day or today()
    fitting = [one for one in known.values() if one.in_force(day)]
    if not fitting:
        raise UsageError(
            f"no rule release is in force on {day}: name one of {names}",
            f"Am {day} ist keine Regelausgabe in Kraft. Bitte eine nennen: {names}",
        )
    return fitting[-1]


def first_day(rules: Path | None = None, installed: Iterable[Path] = ()) -> date:
    """The first day on which any release is in force."""
    return min(one.since for one in releases(rules, installed).values() if one.since)


def today() -> date:
    """The day in Germany."""
    return _day_of(int(time.time()) // _QUARTER)


@functools.lru_cache(maxsize=1)
def _day_of(quarter: int) -> date:
    """The day in Germany in a quarter of an hour since 1970: a new one never begins within."""
    return datetime.fromtimestamp(quarter * _QUARTER, _BERLIN).date()


def _read(path: Path) -> Release:
    state = path.stat()
    return _read_once(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=50)
def _read_once(path: Path, _changed: int, _size: int) -> Release:
    """A release as its file is now: it is asked for with every few documents."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        versions = table["versions"]
        since, until = _day(table, "since"), _day(table, "until")
        tree = path.parent.parent
        found = Release(path.stem, versions, since, until, table["de"], table["en"], path, tree)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise RulebookError.at(
            f"{path}:1",
            f"a release needs de, en and [versions]: {error}",
            f"eine Ausgabe braucht de, en und [versions]: {error}",
        ) from None
    if not all(isinstance(version, str) for version in versions.values()) or "en16931" not in versions:
        raise RulebookError.at(
            f"{path}:1",
            "[versions] names a version of en16931 at least, each as a text",
            "[versions] nennt mindestens eine Version von en16931, jede als Text",
        )
    return found


def _day(table: Mapping[str, Any], key: str) -> date | None:
    day = table.get(key)
    if day is not None and type(day) is not date:
        raise TypeError(f"{key} is not a day (2026-01-31)")
    return day
