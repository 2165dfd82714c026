"""Where results go: standard output or a file, always UTF-8."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from einvoice.errors import UsageError
from einvoice.interfaces.cli.session import say

if TYPE_CHECKING:
    from einvoice.validation.files import Found


@contextlib.contextmanager
def target(path: Path | None) -> Iterator[TextIO]:
    """The stream for results: `path`, or standard output for None. Raises UsageError where it cannot be written."""
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        stream = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise unwritable(path, error) from None
    with stream:
        yield stream


def apart(files: Iterable["Found"], output: Path | None) -> None:
    """Raises UsageError where the output would replace one of the files that are to be read."""
    if output is None or not output.is_file():
        return
    there = output.stat()
    for one in files:
        with contextlib.suppress(OSError):
            if os.path.samestat(one.path.stat(), there):
                raise UsageError(
                    f"{output}: is one of the files to read; name another place with -o.",
                    f"{output}: gehört zu den Dateien, die gelesen werden. Bitte mit -o einen anderen Ort nennen.",
                )


def unwritable(path: Path, error: OSError) -> UsageError:
    """The sentence about a file or folder that cannot be written."""
    why = error.strerror or str(error)
    return UsageError(
        f"{path}: cannot be written ({why}). Name another place with -o.",
        f"{path}: nicht beschreibbar ({why}). Bitte mit -o einen anderen Ort nennen.",
    )


def stem(name: str) -> str:
    """A file name made of what a document is called, without anything that could lead elsewhere."""
    return "".join(c if c.isalnum() or c in "-._" else "_" for c in name)[:100]


def nothing_found() -> UsageError:
    """The sentence for paths below which there is no file."""
    return UsageError(say("Nichts zu tun: keine Datei gefunden.", "Nothing to do: no file found."))
