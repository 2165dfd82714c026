"""Files that workers need besides the software: installed releases, house rules, KoSIT's configuration.

They are sent once to each worker, and lie there under their digest.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from einvoice.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Carried:
    """A file or folder as it is sent: the path it has here, and its files by their path below it ("." for a file)."""

    path: str
    digest: str
    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """What it is called in a worker's folder: the digest, and a file's own name, whose ending may matter."""
        return f"{self.digest}/{Path(self.path).name}"


def carried(path: str) -> Carried:
    """A file or folder, read whole. Raises ConfigurationError where it cannot be read."""
    root = Path(path)
    try:
        kept = [root] if root.is_file() else sorted(one for one in root.rglob("*") if one.is_file())
        files = {one.relative_to(root).as_posix(): one.read_bytes() for one in kept}
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigurationError(
            f"{path}: cannot be read ({why}).", f"{path}: nicht lesbar ({why})."
        ) from None
    if not files:
        raise ConfigurationError(f"{path}: there is nothing.", f"{path}: dort ist nichts.")
    whole = hashlib.sha256(root.name.encode("utf-8", "surrogateescape"))
    for name, content in files.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    return Carried(path, whole.hexdigest()[:32], files)


def lay_down(one: Carried, home: Path) -> None:
    """Writes it below `home`, whole or not at all; does nothing where it lies there already."""
    place = home / one.name
    if place.exists():
        return
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as draft:
        made = Path(draft) / one.digest
        for name, content in one.files.items():
            file = made / place.name / name if name != "." else made / place.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        if not place.exists():
            os.replace(made, home / one.digest)


def moved(value: Any, where: Mapping[str, str]) -> Any:
    """The same plain value, each text that is a path of `where` replaced by what it is there."""
    if isinstance(value, str):
        return where.get(value, value)
    if isinstance(value, dict):
        return {name: moved(one, where) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [moved(one, where) for one in value]
    return value
