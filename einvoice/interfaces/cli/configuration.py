"""Which einvoice.toml a command uses: --config, EINVOICE_CONFIG, the nearest upward, /etc/einvoice (CONTRACT)."""

import contextlib
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from einvoice.errors import ConfigurationError
from einvoice.interfaces.cli.session import note, say, session

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened, Workplace
    from einvoice.validation.rulesets.installed import Index

NAME = "einvoice.toml"
SYSTEM = Path("/etc/einvoice") / NAME


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration file. given: named by the caller or kept in /etc, so that its settings may run commands."""

    file: Path
    given: bool


def find(start: Path | None = None) -> Configuration | None:
    """The configuration of this call; None if there is none.

    Raises ConfigurationError for a named file that is not there, and for one found upward (from `start`, by default
    the working folder) that others could have written.
    """
    if session.config is not None:
        file = session.config / NAME if session.config.is_dir() else session.config
        if not file.is_file():
            raise ConfigurationError(
                f"{file}: there is no such configuration file.",
                f"{file}: Diese Konfigurationsdatei gibt es nicht.",
            )
        return Configuration(file, given=True)
    if session.isolated:
        return None
    here = start or Path.cwd()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            _trusted(folder / NAME)
            return Configuration(folder / NAME, given=False)
    return Configuration(SYSTEM, given=True) if SYSTEM.is_file() else None


def needed() -> Configuration:
    """The configuration of a command that works in a workplace. Raises ConfigurationError if there is none."""
    found = find()
    if found is None:
        raise ConfigurationError(
            f"No {NAME} here or above: `einvoice init DIR` makes a workplace, --config names one.",
            f"Hier und darüber gibt es keine {NAME}: `einvoice init ORDNER` legt einen Arbeitsplatz an, "
            "--config nennt einen.",
        )
    return found


def workplace() -> "Workplace":
    """The workplace of this call. Raises ConfigurationError if there is none."""
    from einvoice.pipeline.workplace import read_workplace

    found = needed()
    return read_workplace(found.file, given=found.given)


@contextlib.contextmanager
def place() -> Iterator["Opened"]:
    """The workplace of this call, opened. Raises StoreError where its store or archive cannot be used."""
    from einvoice.pipeline.workplace import opened

    with opened(workplace()) as found:
        yield found


def section(name: str) -> Mapping[str, Any]:
    """The settings of a section, for commands that need no workplace; EINVOICE_SECTION_KEY goes first.

    A file found upward that others could have written is left aside, and that is said. Raises ConfigurationError
    for a file that cannot be read.
    """
    found = _usable()
    table: Any = _table(found.file).get(name) if found else None
    prefix = f"EINVOICE_{name.upper()}_"
    stated = {
        key.removeprefix(prefix).lower(): value for key, value in os.environ.items() if key.startswith(prefix)
    }
    return (table if isinstance(table, dict) else {}) | stated


def program(name: str, key: str) -> str | None:
    """A setting that runs a program: from the environment, or from a file named by the caller or kept in /etc.

    In a file found by walking upward it is left aside, and that is said.
    """
    stated: Any = section(name).get(key)
    found = find() if stated and f"EINVOICE_{name.upper()}_{key.upper()}" not in os.environ else None
    if found is not None and not found.given:
        note(
            say(
                f"einvoice: {key} in {found.file} gilt nur, wenn die Datei mit --config genannt wird.",
                f"einvoice: {key} in {found.file} counts only where the file is named with --config.",
            )
        )
        return None
    return str(stated) if stated else None


def path_in(name: str, key: str) -> str | None:
    """A setting of a section that is a path: in the file it is relative to the file. None if it is not stated.

    Raises ConfigurationError for what is no path.
    """
    stated = section(name).get(key)
    if stated is None or f"EINVOICE_{name}_{key}".upper() in os.environ:
        return stated
    found = _usable()
    if not isinstance(stated, str) or found is None:
        raise ConfigurationError(
            f"The setting {name}.{key} = {stated} is no path.",
            f"Die Einstellung {name}.{key} = {stated} ist kein Pfad.",
        )
    return str(found.file.resolve().parent / stated)


def _usable() -> Configuration | None:
    try:
        return find()
    except ConfigurationError as error:
        if session.config is not None:
            raise
        note(f"einvoice: {error.said(session.lang)}")
        return None


def installed() -> "Index":
    """The rule sets of the workplace this call is in; an empty index where there is none.

    Raises ConfigurationError for a folder of rules that others could have written.
    """
    from einvoice.validation.rulesets.installed import Index, read_index

    found = _usable()
    if found is None:
        return Index()
    folder = (_table(found.file).get("rules") or {}).get("folder", "data/rules")
    return read_index(found.file.resolve().parent / str(folder))


def _trusted(file: Path) -> None:
    """A file found by walking upward belongs to the caller or root; nobody else can write it or its folder."""
    for one in (file, file.parent):
        state = one.stat()
        if state.st_uid not in (os.geteuid(), 0) or state.st_mode & (stat.S_IWOTH | stat.S_IWGRP):
            raise ConfigurationError(
                f"{one} can be written by others or belongs to somebody else: name the file with --config.",
                f"{one} ist für andere schreibbar oder gehört jemand anderem: bitte die Datei mit --config nennen.",
            )


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{file}: no valid TOML: {error}", f"{file}: kein gültiges TOML: {error}"
        ) from None
