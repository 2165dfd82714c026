"""Files embedded in an invoice (BT-125): what is told of them, and how they are saved. They are never opened."""

import base64
import binascii
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from einvoice.model.content import Content, Value
from einvoice.render import words

_ENDINGS = """app bat cmd com cpl exe hta htm html inf ins iso jar js jse lnk mht msi msp pif ps1 reg scr sh svg url
vb vbe vbs wsf docm dotm xlsm xltm xlam pptm xll one chm dll img vhd"""
_ACTIVE = frozenset(_ENDINGS.split())
"""Endings of files that may run something when opened."""

_MAGIC = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.I)


@dataclass(frozen=True, slots=True)
class Embedded:
    """An embedded file as the invoice names it. `data` is None where the text is no base64."""

    name: str
    mime: str
    data: bytes | None

    @property
    def is_active(self) -> bool:
        """Whether it may run something when opened: by its ending, declared type or first bytes."""
        ending = self.name.rstrip(". ").rpartition(".")[2].lower()
        declared = any(
            word in self.mime.lower() for word in ("html", "script", "executable", "msdownload", "svg")
        )
        return ending in _ACTIVE or declared or (self.data or b"").startswith(_MAGIC)


def embedded(value: Value) -> Embedded:
    """The file in an occurrence of BT-125."""
    try:
        content = base64.b64decode(re.sub(r"[ \t\r\n]+", "", value.text), validate=True)
    except (binascii.Error, ValueError):
        content = None
    return Embedded(value.parts.get("BT-125-2", ""), value.parts.get("BT-125-1", ""), content)


def all_embedded(invoice: Content) -> Iterator[Embedded]:
    """The embedded files of an invoice in document order."""
    for group in invoice.groups.get("BG-24", []):
        for value in group.values.get("BT-125", []):
            yield embedded(value)


def described(file: Embedded, lang: str) -> tuple[str, tuple[str, ...]]:
    """What is told of a file, and notes: its SHA-256, and a warning where opening it may run something."""
    named = [part for part in (file.name, file.mime) if part]
    if file.data is None:
        why = "kein gültiges Base64, nicht lesbar" if lang == "de" else "not valid base64, cannot be read"
        return ", ".join([*named, why]), ()
    notes = [f"SHA-256 {hashlib.sha256(file.data).hexdigest()}"]
    if file.is_active:
        notes.insert(0, warning(lang))
    return ", ".join([*named, words.size(len(file.data), lang)]), tuple(notes)


def warning(lang: str) -> str:
    """The sentence about a file that may run something."""
    return {
        "de": "Vorsicht: Diese Datei kann beim Öffnen etwas ausführen. Nicht öffnen; beim Absender nachfragen.",
        "en": "Careful: this file may run something when opened. Do not open it; ask the sender.",
    }[lang]


def save(files: Iterable[Embedded], folder: Path) -> list[tuple[Embedded, Path | None]]:
    """Writes files into a folder (made if missing), never over an existing one, readable by the owner and group.

    None stands for a file without readable content. Raises OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [
        (file, None if file.data is None else _write(file.data, folder, safe_name(file.name)))
        for file in files
    ]


def _write(content: bytes, folder: Path, name: str) -> Path:
    stem, dot, ending = name.rpartition(".")
    for number in range(1, 10_000):
        path = folder / (
            name if number == 1 else f"{stem}-{number}{dot}{ending}" if dot else f"{name}-{number}"
        )
        try:
            descriptor = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o640
            )
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        return path
    raise OSError(f"{folder}: {name}")


def safe_name(name: str) -> str:
    """A file name that leads nowhere else and means nothing special to any system; its ending is kept."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(c if c.isalnum() or c in "-._ ()" else "_" for c in name).strip(". ")
    stem, dot, ending = name.rpartition(".")
    name = (
        stem.encode()[:150].decode("utf-8", "ignore") + dot + ending.encode()[:20].decode("utf-8", "ignore")
    ) or "anlage"
    return f"_{name}" if _RESERVED.match(name) or name.startswith("-") else name
