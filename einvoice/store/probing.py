"""Tries out whether an archive does what it promises: durable, write-once, names kept apart, closed to others."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from einvoice.errors import StoreError
from einvoice.store.archive import ARRIVALS, Archive, Damaged, FolderArchive
from einvoice.store.place import network_filesystem
from einvoice.store.seals import sha256

Said = tuple[bool | None, str, str]
"""Whether it is so (None: worth knowing), in German, in English."""


def probed(archive: Archive, *, shared: bool) -> Iterator[Said]:
    """What was found. shared: workers on several hosts may use it."""
    if isinstance(archive, FolderArchive):
        yield from _folder(archive.root, shared)
    try:
        yield from _write_once(archive)
    except StoreError as error:
        yield False, error.said("de"), str(error)


def _write_once(archive: Archive) -> Iterator[Said]:
    """An object is written, read back, written again, and taken out."""
    data = b"einvoice doctor " + secrets.token_bytes(16)
    digest = sha256(data)
    try:
        archive.put(ARRIVALS, data)
        archive.put(ARRIVALS, data)
        whole = archive.read(ARRIVALS, digest) == data
    except Damaged:
        whole = False
    archive.remove(ARRIVALS, digest)
    if whole and not archive.has(ARRIVALS, digest):
        yield (
            True,
            "Das Archiv schreibt, liest zurück und entfernt.",
            "The archive writes, reads back and removes.",
        )
    else:
        yield (
            False,
            "Das Archiv gibt nicht zurück, was es bekam.",
            "The archive does not give back what it got.",
        )


def _folder(root: Path, shared: bool) -> Iterator[Said]:
    state = root.stat()
    if state.st_mode & 0o022:
        yield (
            False,
            f"{root} ist für andere beschreibbar (chmod go-w).",
            f"{root} can be written by others (chmod go-w).",
        )
    yield from _names(root)
    kind = network_filesystem(root)
    if shared and kind is None:
        yield (
            None,
            f"{root} liegt auf diesem Rechner: Arbeiter auf anderen Rechnern brauchen denselben Ordner (ein "
            "Netzlaufwerk) oder einen Objektspeicher.",
            f"{root} lies on this host: workers on other hosts need the same folder (a mount) or an object store.",
        )
    elif kind is not None:
        yield None, f"{root} liegt auf einem Netzlaufwerk ({kind}).", f"{root} lies on a mount ({kind})."


def _names(root: Path) -> Iterator[Said]:
    """Upper and lower case are two names, and a name can be made durable."""
    name = secrets.token_hex(8)
    low, up = root / ".tmp" / f"a{name}", root / ".tmp" / f"A{name}"
    try:
        low.write_bytes(b"")
        apart = not up.exists()
        handle = os.open(low.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        low.unlink()
    except OSError as error:
        yield (
            False,
            f"{low.parent}: {error.strerror}: hier hält nichts sicher.",
            f"{low.parent}: {error.strerror}: nothing is safe here.",
        )
        return
    if not apart:
        yield (
            None,
            f"{root} unterscheidet Groß- und Kleinschreibung nicht; das Archiv kommt damit aus.",
            f"{root} does not tell upper from lower case; the archive can do with it.",
        )
