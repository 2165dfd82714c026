"""Folders, archive, backups, and what was exported: whether what must last is kept as it must be."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import col, select

from einvoice.exports.places import FolderPlace
from einvoice.intake.settings import FolderSettings
from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.workplace import Opened, Workplace
from einvoice.store.backups import newest_verified_backup
from einvoice.store.probing import probed
from einvoice.store.tables import Export
from einvoice.store.times import moment

_SPACE = 1_000_000_000
"""Bytes that should be free for the archive."""

_LOOKED_AT = 500
"""So many of the newest delivered files are looked at."""


def folders(workplace: Workplace) -> Iterator[Finding]:
    """Sources must be readable and writable (files are moved on), the others writable."""
    named = {one.name: one.folder for one in workplace.sources if isinstance(one, FolderSettings)}
    for name, path in {**named, "reports": workplace.reports, "exports": workplace.exports}.items():
        where = f"{path} ({name})"
        if not path.is_dir():
            yield Finding(False, f"{where} fehlt.", f"{where} is missing.")
        elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield Finding(
                False, f"{where} ist nicht les- und beschreibbar.", f"{where} cannot be read and written."
            )
        else:
            yield Finding(True, f"{where} ist beschreibbar.", f"{where} can be written.")
    if workplace.archive.is_dir() and (free := shutil.disk_usage(workplace.archive).free) < _SPACE:
        megabytes = free // 1_000_000
        yield Finding(
            False, f"Für das Archiv sind nur {megabytes} MB frei.", f"Only {megabytes} MB are free."
        )


def archive(here: Opened) -> Iterator[Finding]:
    """The archive's door does what it promises, tried out; and the head is kept somewhere."""
    for ok, de, en in probed(here.archive, shared=here.store.postgres):
        yield Finding(ok, de, en)
    if not (here.workplace.head_folders or here.workplace.head_mails):
        yield Finding(
            None,
            "Der Kopf der Ketten wird nirgends sonst aufbewahrt: [heads] in einvoice.toml (docs/archive.md).",
            "The head of the chains is kept nowhere else: [heads] in einvoice.toml (docs/archive.md).",
        )
    for folder in here.workplace.head_folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            yield Finding(
                False,
                f"{folder} (Köpfe) fehlt oder ist nicht beschreibbar.",
                f"{folder} (heads) is missing or cannot be written.",
            )


def backup(here: Opened) -> Iterator[Finding]:
    """There is a proved backup, and it is not old."""
    last = newest_verified_backup(here.store)
    if last is None:
        yield Finding(
            None,
            "Es gibt noch keine bewiesene Sicherung: einvoice backup.",
            "No proved backup yet: einvoice backup.",
        )
    elif datetime.now(UTC) - moment(last) > timedelta(days=8):
        day = last[:10]
        yield Finding(None, f"Die letzte Sicherung ist vom {day}.", f"The last backup is of {day}.")


def exported(here: Opened) -> Iterator[Finding]:
    """Folders that exports go to are closed to others, files there are 0640 or less."""
    with here.store.reading() as reading:
        newest = select(Export).where(Export.state == "delivered").order_by(col(Export.id).desc())
        made = list(reading.exec(newest.limit(_LOOKED_AT)))
    targets = _folders(here) | {Path(one.target) for one in made if one.target.startswith("/")}
    for folder in sorted(targets):
        if folder.is_dir() and (mode := folder.stat().st_mode & 0o777) & 0o007:
            yield Finding(
                False,
                f"{folder} (Exporte) steht jedem offen ({mode:04o}): chmod 750.",
                f"{folder} (exports) is open to everybody ({mode:04o}): chmod 750.",
            )
    wrong = [file for one in made for file in _files(one.name, targets) if file.stat().st_mode & 0o137]
    for file in sorted(set(wrong))[:20]:
        mode = file.stat().st_mode & 0o777
        yield Finding(
            False,
            f"{file} ist {mode:04o}, soll 0640 sein: chmod 640.",
            f"{file} is {mode:04o}, not 0640: chmod 640.",
        )


def _folders(here: Opened) -> set[Path]:
    named = {Path(one.address) for one in here.workplace.places.values() if isinstance(one, FolderPlace)}
    return named | {here.workplace.exports}


def _files(name: str, folders: set[Path]) -> Iterator[Path]:
    yield from (folder / name for folder in folders if (folder / name).is_file())
