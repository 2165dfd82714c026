"""`einvoice doctor`: what was exported is not open to everybody, where it lies and as it lies."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from einvoice.interfaces.cli.session import say

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened

_LOOKED_AT = 500
"""So many of the newest delivered files are looked at."""


def exports(here: "Opened") -> Iterator[str]:
    """What is wrong: folders that exports go to are closed to others, files there are 0640 or less."""
    from sqlmodel import col, select

    from einvoice.store.tables import Export

    with here.store.reading() as reading:
        newest = select(Export).where(Export.state == "delivered").order_by(col(Export.id).desc())
        made = list(reading.exec(newest.limit(_LOOKED_AT)))
    folders = _folders(here) | {Path(one.target) for one in made if one.target.startswith("/")}
    for folder in sorted(folders):
        if folder.is_dir() and (mode := folder.stat().st_mode & 0o777) & 0o007:
            yield say(
                f"{folder} (Exporte) steht jedem offen ({mode:04o}): chmod 750.",
                f"{folder} (exports) is open to everybody ({mode:04o}): chmod 750.",
            )
    wrong = [file for one in made for file in _files(one.name, folders) if file.stat().st_mode & 0o137]
    for file in sorted(set(wrong))[:20]:
        mode = file.stat().st_mode & 0o777
        yield say(
            f"{file} ist {mode:04o}, soll 0640 sein: chmod 640.",
            f"{file} is {mode:04o}, not 0640: chmod 640.",
        )


def _folders(here: "Opened") -> set[Path]:
    from einvoice.exports.places import FolderPlace

    named = {Path(one.address) for one in here.workplace.places.values() if isinstance(one, FolderPlace)}
    return named | {here.workplace.exports}


def _files(name: str, folders: set[Path]) -> Iterator[Path]:
    yield from (folder / name for folder in folders if (folder / name).is_file())
