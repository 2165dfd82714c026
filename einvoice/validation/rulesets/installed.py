"""What a workplace has installed, as files: the index that `einvoice rules` writes and everything that judges reads.

The store says what is installed; this folder repeats it, so that nobody has to open the store to validate.
"""

import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from einvoice.errors import ConfigurationError
from einvoice.rulebook.releases import today

if TYPE_CHECKING:
    from einvoice.validation.rulesets.package import Kind

INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed rule set. In force from `since` (None: by name only) to the day before `until` (exclusive).

    tenant: the town whose house rules they are; folder: where its rules lie; removed: only to repeat past verdicts.
    """

    kind: "Kind"
    name: str
    digest: str
    folder: str
    tenant: str | None = None
    since: date | None = None
    until: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it judges what is received on a day."""
        return self.since is not None and self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Index:
    """All rule sets of a workplace, and which release it was told to use from which day on."""

    sets: tuple[Installed, ...] = ()
    uses: tuple[tuple[str, date], ...] = ()

    def used(self, day: date) -> str | None:
        """The release that `einvoice rules use` named for a day; None: the one in force."""
        return next((name for name, since in reversed(self.uses) if since <= day), None)

    def trees(self, named: str | None = None, day: date | None = None) -> tuple[str, ...]:
        """The trees of the releases that may judge on a day (default: today): those not removed, and the one named.

        Of several of one name it is the one in force that day, else the last installed.
        """
        day, found = day or today(), dict[str, Installed]()
        for one in (one for one in self.sets if one.kind == "release"):
            known = found.get(one.name)
            may = one.until is None or day < one.until or one.name == named
            if may and (known is None or one.in_force(day) or not known.in_force(day)):
                found[one.name] = one
        return tuple(one.folder for one in found.values())

    def house(self, day: date, tenant: str) -> tuple[Installed, ...]:
        """The house rules of a town in force on a day."""
        return tuple(
            one for one in self.sets if one.kind == "house" and one.tenant == tenant and one.in_force(day)
        )

    def house_named(self, name: str) -> Installed | None:
        """House rules by name: the last installed."""
        return next((one for one in reversed(self.sets) if one.kind == "house" and one.name == name), None)


def read_index(home: Path) -> Index:
    """The index of a workplace; an empty one where nothing was installed.

    Raises ConfigurationError for one that others could have written, or that cannot be read.
    """
    path = home / INDEX
    if not path.is_file():
        return Index()
    for one in (path, home):
        found = one.stat()
        if found.st_uid not in (os.geteuid(), 0) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigurationError(
                f"{one} can be written by others or belongs to somebody else: its rules are not used.",
                f"{one} ist für andere schreibbar oder gehört jemand anderem: die Regeln darin gelten nicht.",
            )
    try:
        said = json.loads(path.read_text("utf-8"))
        return Index(
            tuple(_installed(one, home) for one in said["sets"]),
            tuple((name, date.fromisoformat(since)) for name, since in said["uses"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error}): delete the folder, the next `einvoice rules list` makes it anew.",
            f"{path}: nicht lesbar ({error}): bitte den Ordner löschen, `einvoice rules list` legt ihn neu an.",
        ) from None


def write_index(home: Path, sets: Iterable[Installed], uses: Iterable[tuple[str, date]]) -> None:
    """Writes the index, all or nothing. Folders of the sets are names below `home`."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = {"sets": [_plain(one) for one in sets], "uses": [(name, day.isoformat()) for name, day in uses]}
    draft = home / f".{INDEX}.{os.getpid()}"
    draft.write_text(json.dumps(said, indent=1), "utf-8")
    os.chmod(draft, 0o600)
    os.replace(draft, home / INDEX)


def _plain(one: Installed) -> dict[str, Any]:
    days = {
        name: day.isoformat() if day else None for name, day in (("since", one.since), ("until", one.until))
    }
    kept = {"kind": one.kind, "name": one.name, "digest": one.digest, "tenant": one.tenant}
    return {**kept, **days, "folder": f"{Path(one.folder).parent.name}/rules"}


def _installed(plain: Mapping[str, Any], home: Path) -> Installed:
    days = {key: date.fromisoformat(plain[key]) if plain[key] else None for key in ("since", "until")}
    return Installed(
        plain["kind"], plain["name"], plain["digest"], str(home / plain["folder"]), plain["tenant"], **days
    )
