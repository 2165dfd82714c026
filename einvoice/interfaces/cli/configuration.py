"""Which einvoice.toml a command uses: --config, EINVOICE_CONFIG, the nearest upward, /etc/einvoice (CONTRACT)."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from einvoice.errors import ConfigurationError
from einvoice.interfaces.cli.session import session
from einvoice.pipeline.workplace import CONFIGURATION, Opened, Workplace, opened, read_workplace

SYSTEM = Path("/etc/einvoice") / CONFIGURATION


def workplace() -> Workplace:
    """The workplace of this call. Raises ConfigurationError if there is none."""
    if session.config is not None:
        file = session.config / CONFIGURATION if session.config.is_dir() else session.config
        return read_workplace(file)
    found = None if session.isolated else next(_upward(), None)
    if found is None:
        raise ConfigurationError(
            f"No {CONFIGURATION} here or above: `einvoice init DIR` makes a workplace, --config names one.",
            f"Hier und darüber gibt es keine {CONFIGURATION}: `einvoice init ORDNER` legt einen Arbeitsplatz an, "
            "--config nennt einen.",
        )
    return read_workplace(found)


@contextlib.contextmanager
def place() -> Iterator[Opened]:
    """The workplace of this call, opened."""
    with opened(workplace()) as found:
        yield found


def _upward() -> Iterator[Path]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        file = folder / CONFIGURATION
        if file.is_file():
            _trusted(file)
            yield file
    if SYSTEM.is_file():
        yield SYSTEM


def _trusted(file: Path) -> None:
    """A file found by walking upward belongs to the caller or root, and nobody else can write it or its folder."""
    for path in (file, file.parent):
        state = path.stat()
        if state.st_uid not in (os.getuid(), 0) or state.st_mode & (stat.S_IWOTH | stat.S_IWGRP):
            raise ConfigurationError(
                f"{path} can be written by others or belongs to somebody else: name the file with --config.",
                f"{path} ist für andere schreibbar oder gehört jemand anderem: bitte mit --config nennen.",
            )
