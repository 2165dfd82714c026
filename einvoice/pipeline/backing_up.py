"""Makes a backup while everything goes on: the store at one moment, every object it names, and the proof of both.

A backup is a folder: `store.sqlite` (from PostgreSQL too), `archive/`, `einvoice.toml`, `backup.json` and
`SHA256SUMS`, which plain `sha256sum -c` reads. Objects that the backup before has are linked to it, never to the
living archive.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice.errors import StoreError
from einvoice.pipeline.workplace import CONFIGURATION, Opened
from einvoice.store import durable, heads, leases, people, times
from einvoice.store.archive import FolderArchive
from einvoice.store.backups import VERIFIED
from einvoice.store.differences import Difference
from einvoice.store.presence import present, side_by_side
from einvoice.store.snapshot import snapshot
from einvoice.store.steps import step_of
from einvoice.store.store import Store
from einvoice.store.verify import prove

PREFIX = "einvoice-backup-"
MANIFEST, STORE, ARCHIVE, SUMS = "backup.json", "store.sqlite", "archive", "SHA256SUMS"
_RENEW = 500
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: its folder, how many objects, how many of them linked, and what differs (none: proved)."""

    folder: Path
    objects: int
    linked: int
    differences: tuple[Difference, ...]


def back_up(place: Opened, into: Path, step: Callable[[int], None] = lambda count: None) -> Made:
    """Makes a proved backup in a new folder below `into` and records it, so that sources may let go.

    Raises StoreError if another backup is being made, or nothing can be written. A backup that does not prove itself
    is kept with `-unproved` at the end of its name, and not recorded.
    """
    holder = leases.new_holder()
    with durable.plainly(into):
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = times.utc_now()
    with _alone(place, holder):
        part = into / f".{PREFIX}{os.getpid()}.part"
        shutil.rmtree(part, ignore_errors=True)
        made = _copy(place, part, _before(place, into), holder, step)
        _describe(place, part, begun, made[0])
    store, archive = _opened(part)
    with contextlib.closing(store):
        differences = tuple(prove(store, archive).differences)
    _seal(part, store)
    folder = into / f"{PREFIX}{begun.replace(':', '').replace('-', '')}{'-unproved' if differences else ''}"
    with durable.plainly(folder):
        os.rename(part, folder)
        durable.sync(into)
    if not differences:
        with place.store.writing(people.SERVICE) as work:
            work.event(VERIFIED, f"backup/{begun}", {"folder": folder.name, "objects": made[0]})
    return Made(folder, made[0], made[1], differences)


def backups(into: Path) -> list[Path]:
    """The proved backups in a folder, oldest first."""
    found = into.glob(f"{PREFIX}*Z") if into.is_dir() else ()
    return sorted(path for path in found if (path / MANIFEST).is_file())


def keep(into: Path, most: int) -> list[Path]:
    """Removes all but the newest `most` backups; those removed."""
    gone = backups(into)[: -most or None]
    for path in gone:
        shutil.rmtree(path)
    return gone


def manifest(folder: Path) -> Mapping[str, Any]:
    """What a backup says of itself. Raises StoreError where it is none."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("kind") != "einvoice-backup":
        raise StoreError(f"{folder} is no backup of einvoice.", f"{folder} ist keine Sicherung von einvoice.")
    return found


@contextlib.contextmanager
def _alone(place: Opened, holder: str) -> Iterator[None]:
    with leases.taken(place.store, leases.BACKUP, holder, _HOUR) as ours:
        if not ours:
            raise StoreError(
                "Another backup is being made now.", "Es wird gerade schon eine Sicherung gemacht."
            )
        yield


def _before(place: Opened, into: Path) -> FolderArchive | None:
    """The archive of the newest backup of this installation."""
    with place.store.reading() as session:
        ours = people.installation(session).uuid
    for folder in reversed(backups(into)):
        if manifest(folder).get("installation") == ours:
            return FolderArchive(folder / ARCHIVE)
    return None


def _copy(
    place: Opened, part: Path, before: FolderArchive | None, holder: str, step: Callable[[int], None]
) -> tuple[int, int]:
    """The store, then the objects it names: nothing is unlinked meanwhile. How many, how many of them linked."""
    snapshot(place.store, part / STORE)
    target = FolderArchive(part / ARCHIVE)
    with place.store.reading() as session:
        target.create(people.installation(session).archive)

    def bring(one: tuple[str, str, int]) -> bool:
        area, digest, _ = one
        if before is not None and target.link(area, digest, before):
            return True
        with contextlib.suppress(StoreError):  # a damaged one is told by the proof
            target.put(area, place.archive.read(area, digest))
        return False

    count = linked = 0
    with contextlib.closing(Store(f"sqlite:///{part / STORE}")) as copied:
        for _, was_linked in side_by_side(bring, present(copied)):
            count, linked = count + 1, linked + was_linked
            step(1)
            if count % _RENEW == 0:
                leases.take(place.store, leases.BACKUP, holder, _HOUR)
    return count, linked


def _describe(place: Opened, part: Path, begun: str, count: int) -> None:
    with contextlib.closing(Store(f"sqlite:///{part / STORE}")) as copied, copied.reading() as session:
        said = {
            "kind": "einvoice-backup",
            "format": 1,
            "begun": begun,
            "installation": people.installation(session).uuid,
            "step": step_of(session.connection()),
            "objects": count,
            "head": heads.of(session),
        }
    durable.write(part / MANIFEST, (json.dumps(said, indent=2, sort_keys=True) + "\n").encode(), 0o600)
    if place.workplace.file.is_file():
        durable.write(part / CONFIGURATION, place.workplace.file.read_bytes(), 0o600)


def _opened(folder: Path) -> tuple[Store, FolderArchive]:
    return Store(f"sqlite:///{folder / STORE}"), FolderArchive(folder / ARCHIVE)


def _seal(part: Path, store: Store) -> None:
    """The file of the store as one file, and the sums of everything."""
    with contextlib.closing(sqlite3.connect(part / STORE)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    shutil.rmtree(part / ARCHIVE / ".tmp", ignore_errors=True)
    lines = []
    for folder, folders, files in os.walk(part):
        folders.sort()
        for name in sorted(files):
            path = Path(folder, name)
            with path.open("rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(part)}\n")
    durable.write(part / SUMS, "".join(lines).encode(), 0o600)
