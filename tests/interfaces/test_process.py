"""The real command in its own process: start-up, closed pipes, signals."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import ROOT

EINVOICE = str(Path(sys.executable).parent / "einvoice")
SAMPLE = str(ROOT / "samples" / "01-skonto.xml")
_LOADED = """
import json, sys
from einvoice.interfaces.cli import main
sys.argv, code = ["einvoice", *sys.argv[1:]], 0
try:
    main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted(name for name in sys.modules if "." not in name)]), file=sys.stderr)
"""


def _environment() -> dict[str, str]:
    return {**os.environ, "EINVOICE_LANG": "de"}


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--version",), {"typer", "pydantic", "sqlmodel", "lxml"}),
        (("validate", SAMPLE), {"sqlmodel", "xmlschema", "facturx", "saxonche", "rich"}),
        (("--help",), {"pydantic", "sqlmodel", "xmlschema", "facturx", "saxonche", "rich"}),
        (("extract", SAMPLE), {"sqlmodel", "xmlschema", "facturx", "saxonche", "rich"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_loads_only_what_it_needs(arguments: tuple[str, ...], absent: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments],
        capture_output=True,
        text=True,
        env=_environment(),
        check=True,
    )
    code, loaded = json.loads(done.stderr)
    assert code == 0
    assert not absent & set(loaded)


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [EINVOICE, "rules", "list", "--syntax"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def _heeds_signals() -> None:
    """As in a terminal: what a build server starts in the background ignores SIGINT, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_what_is_done_is_said(sent: int, code: int) -> None:
    with subprocess.Popen(
        [EINVOICE, "validate", SAMPLE, "-", "--format", "text"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        preexec_fn=_heeds_signals,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"angenommen")
        process.send_signal(sent)
        assert process.wait(60) == code
        assert re.fullmatch(r"Abgebrochen: [01] von 2 fertig\.\n", process.stderr.read().decode())
