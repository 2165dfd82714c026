"""Calls the command line within the test's own process, as the real one would be called."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from unittest import mock

from einvoice.interfaces import cli

_KEPT = ("session", "application", "wording", "commands")
"""Modules that hold no words fixed when they are loaded."""


@dataclass(frozen=True)
class Result:
    """How a call ended, and what it said where."""

    code: int
    out: str
    err: str


def call(*arguments: str, lang: str = "de", stdin: bytes = b"", **environment: str) -> Result:
    """Runs `einvoice ARGUMENTS`; a command fixes its language when it is loaded, so it is loaded anew."""
    for name in [name for name in sys.modules if name.startswith(f"{cli.__name__}.")]:
        if name.rpartition(".")[2] not in _KEPT:
            del sys.modules[name]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO(stdin))
    before = signal.getsignal(signal.SIGTERM)
    try:
        with (
            mock.patch.multiple(sys, argv=["einvoice", *arguments], stdout=out, stderr=err, stdin=given),
            mock.patch.dict(os.environ, {"EINVOICE_LANG": lang, **environment}),
        ):
            code = _code()
    finally:
        signal.signal(signal.SIGTERM, before)
    return Result(code, _text(out), _text(err))


def _code() -> int:
    """The exit code; a call that just returns has ended well."""
    code: object = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    assert isinstance(code, int)
    return code


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    held = stream.buffer
    assert isinstance(held, io.BytesIO)
    return held.getvalue().decode("utf-8", "surrogateescape")


def rows(result: Result) -> Sequence[Sequence[str]]:
    """The cells of a table that went into a pipe, without its headings."""
    return [line.split("\t") for line in result.out.splitlines()[1:]]
