"""Brings a backup back into an empty place, proves it, says what is newer than it, and asks the sources again."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import delete, select

from einvoice.errors import ConfigurationError, EinvoiceError, StoreError
from einvoice.pipeline.backing_up import ARCHIVE, MANIFEST, STORE, SUMS, manifest
from einvoice.pipeline.publishing import RESTORED, newest
from einvoice.pipeline.rescanning import rescan
from einvoice.pipeline.workplace import CONFIGURATION, Opened, archive_of, opened, read_workplace
from einvoice.store import heads, people
from einvoice.store.archive import Archive, FolderArchive
from einvoice.store.differences import Difference
from einvoice.store.migrate import migrate, ready
from einvoice.store.presence import present, side_by_side
from einvoice.store.snapshot import copy_store
from einvoice.store.store import Store
from einvoice.store.tables import Export, Lease
from einvoice.store.verify import prove


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. differences: from the backup's own head (none: proved). lost: published heads newer than the
    backup. exports: files handed over after it. rescanned: deliveries the sources still had;
    problems: sources that could not be asked.
    """

    file: Path
    begun: str
    differences: tuple[Difference, ...]
    lost: tuple[Path, ...]
    exports: tuple[Path, ...]
    rescanned: int
    problems: tuple[EinvoiceError, ...]


def restore(
    backup: Path, folder: Path, url: str | None = None, step: Callable[[int], None] = lambda count: None
) -> Restored:
    """Makes a workplace in an empty folder from a backup. url: of an empty store, if not the one its settings name.

    Raises StoreError or ConfigurationError where the backup is damaged, or something is there already.
    """
    said = manifest(backup)
    _whole(backup)
    file = folder / CONFIGURATION
    if file.exists():
        raise ConfigurationError(f"{file} is there already.", f"{file} gibt es schon.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / (CONFIGURATION + ".tmp")
    draft.write_text(_settings(backup, url), "utf-8")
    draft.chmod(0o600)
    workplace = read_workplace(draft)
    archive = archive_of(workplace)
    _bring_store(backup, workplace.store_url)
    with contextlib.closing(Store(workplace.store_url)) as store:
        _bring_objects(backup, store, archive, step)
        differences = tuple(prove(store, archive, [said["head"]]).differences)
        migrate(store, workplace.backups)
    for made in (workplace.reports, workplace.exports):
        made.mkdir(mode=0o750, parents=True, exist_ok=True)
    with opened(workplace) as place:
        lost, exports = _newer(place, said["begun"])
        rescanned, problems = rescan(place)
    os.replace(draft, file)
    return Restored(file, said["begun"], differences, lost, exports, rescanned, tuple(problems))


def _whole(backup: Path) -> None:
    """Raises StoreError unless the small files of a backup are what they were; objects prove themselves later."""
    try:
        lines = (backup / SUMS).read_text("utf-8").splitlines()
        sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        for name in (STORE, MANIFEST):
            with (backup / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sums.get(name):
                    raise StoreError(
                        f"{backup / name} is damaged: take another backup.",
                        f"{backup / name} ist beschädigt: bitte eine andere Sicherung nehmen.",
                    )
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}.") from None


def _settings(backup: Path, url: str | None) -> str:
    """The settings of the backup, with another store if wanted."""
    try:
        text = (backup / CONFIGURATION).read_text("utf-8")
    except FileNotFoundError:
        text = '[store]\nurl = "sqlite:///data/einvoice.sqlite"\n'
    if url is None:
        return text
    changed, count = re.subn(
        r"(?ms)^(\[store\][^\[]*?^url\s*=\s*)[^\n]*", lambda m: m[1] + json.dumps(url), text
    )
    return changed if count else f"[store]\nurl = {json.dumps(url)}\n\n{text}"


def _bring_store(backup: Path, url: str) -> None:
    """Copies the rows into a new store; what the backup's file holds besides stays behind."""
    with contextlib.closing(Store(url)) as target, tempfile.TemporaryDirectory() as working:
        if target.file is not None:
            if target.file.exists():
                raise StoreError(
                    f"{target.file} is there already: restore into an empty place.",
                    f"{target.file} gibt es schon: bitte in einen leeren Ordner wiederherstellen.",
                )
            target.file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        copy = Path(shutil.copyfile(backup / STORE, Path(working) / STORE))  # opening it writes to it
        with contextlib.closing(Store(f"sqlite:///{copy}")) as source:
            copy_store(source, target)
        with target.writing(people.SERVICE) as work:
            work.session.exec(delete(Lease))


def _bring_objects(backup: Path, store: Store, archive: Archive, step: Callable[[int], None]) -> None:
    source = FolderArchive(backup / ARCHIVE)
    with store.reading() as session:
        mark = people.installation(session).archive
    if any(True for _ in archive.objects()):
        raise StoreError("The archive is not empty.", "Das Archiv ist nicht leer.")
    archive.create(mark)

    def bring(one: tuple[str, str, int]) -> None:
        with contextlib.suppress(StoreError):  # what is damaged is told by the proof
            archive.put(one[0], source.read(one[0], one[1]))

    for _ in side_by_side(bring, present(store)):
        step(1)


def _newer(place: Opened, begun: str) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Published heads and exports that the backup knows nothing of; recorded, so that all see it."""
    ready(place.store)
    with place.store.reading() as session:
        known = set(session.exec(select(Export.sha256)))
        lost = [(file, head) for file, head in newest(place) if any(heads.compared(session, head))]
    exports = tuple(
        path
        for path in sorted(place.workplace.exports.rglob("*"))
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() not in known
    )
    with place.store.writing(people.SERVICE) as work:
        work.event(
            RESTORED,
            f"backup/{begun}",
            {"heads": [head["root"] for _, head in lost], "exports": [path.name for path in exports]},
        )
    return tuple(file for file, _ in lost), exports
