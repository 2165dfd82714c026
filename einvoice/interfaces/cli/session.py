"""What every command shares: language, configuration, how much to say. Read from the command line before typer
looks at it, so that these options stand anywhere and need not be declared forty times."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn, cast

from einvoice.errors import UsageError

Lang = Literal["de", "en"]
_FLAGS = {
    "--isolated": "isolated",
    "--quiet": "quiet",
    "-q": "quiet",
    "--verbose": "verbose",
    "--debug": "debug",
}
_VALUES = {"--config": "config", "--lang": "lang"}


@dataclass(slots=True)
class Session:
    """The shared options of one call."""

    lang: Lang = "de"
    config: Path | None = None
    isolated: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False


session = Session()
"""The session of this process: a command line is one call."""


def begin(arguments: list[str], environment: dict[str, str]) -> list[str]:
    """Sets the session from arguments and EINVOICE_… variables; gives the arguments that remain.

    Raises UsageError for a language there is not, or an option without its value.
    """
    given: dict[str, str | bool] = {}
    rest, waiting = [], iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in _FLAGS:
            given[_FLAGS[argument]] = True
        elif name in _VALUES:
            given[_VALUES[name]] = value if equals else _next(waiting, name)
        else:
            rest.append(argument)
    _apply(given, environment)
    return rest


def _next(waiting: Iterator[str], name: str) -> str:
    value = next(waiting, None)
    if value is None:
        raise UsageError(say(f"{name} braucht einen Wert.", f"{name} needs a value."))
    return value


def _apply(given: dict[str, str | bool], environment: dict[str, str]) -> None:
    lang = str(given.get("lang") or environment.get("EINVOICE_LANG") or "de")
    if lang not in ("de", "en"):
        raise UsageError(f"--lang {lang}: de oder en (de or en).")
    config = given.get("config") or environment.get("EINVOICE_CONFIG")
    session.lang = cast(Lang, lang)
    session.config = Path(str(config)) if config else None
    for flag in dict.fromkeys(_FLAGS.values()):
        setattr(session, flag, bool(given.get(flag) or environment.get(f"EINVOICE_{flag.upper()}")))


def say(de: str, en: str) -> str:
    """The text in the session's language."""
    return de if session.lang == "de" else en


def note(text: str) -> None:
    """Something for the person, not for a pipe: to stderr, unless --quiet."""
    if not session.quiet:
        print(text, file=sys.stderr)


def leave(code: int) -> NoReturn:
    """Ends the command with an exit code (CONTRACT, "Exit codes")."""
    sys.stdout.flush()
    raise SystemExit(code)


def detail(text: str) -> None:
    """Something only --verbose wants to know, to stderr."""
    if session.verbose:
        print(text, file=sys.stderr)


def environment() -> dict[str, str]:
    """The process's environment."""
    return dict(os.environ)
