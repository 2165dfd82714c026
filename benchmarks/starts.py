"""What it costs to start: CPU of whole processes, beside programs that do only what nobody can do without."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from einvoice.interfaces.cli.commands import MODULES
from einvoice.validation import schema_files
from tests.parts import ROOT

EINVOICE = str(Path(sys.executable).with_name("einvoice"))
ONE = str(ROOT / "samples" / "01-skonto.xml")

_COMPILE = """
from lxml import etree
etree.XMLSchema(etree.parse({schema!r}))
"""
_BARE = "import typer\napp = typer.Typer()\n" + _COMPILE
_PROGRAM = """
import typer
app = typer.Typer(add_completion=False, rich_markup_mode=None)
@app.command()
def validate(path: str) -> None:
    from lxml import etree
    etree.XMLSchema(etree.parse({schema!r}))
app()
"""
_EMPTY = """
import typer
app = typer.Typer(add_completion=False, rich_markup_mode=None)
def told(value: bool) -> None:
    if value:
        print("0")
        raise typer.Exit()
@app.callback()
def main(version: bool = typer.Option(False, "--version", callback=told, is_eager=True)) -> None: ...
"""
_COMMAND = "@app.command()\ndef {name}(path: str = '') -> None: ...\n"


def starts(quick: bool) -> Iterator[tuple[str, float]]:
    """Figures of cold starts, compiled modules and the compiled rulebook being there."""
    with tempfile.TemporaryDirectory() as folder:
        found = _best(_calls(Path(folder)), 8 if quick else 25)
    yield "start-version", found["version"] / found["empty"]
    yield "start-one", found["one"] / found["program"]
    yield "start-bare", found["one"] / found["bare"]


def _calls(folder: Path) -> dict[str, Sequence[str]]:
    main = str(schema_files.home() / schema_files.MAIN["ubl-invoice"])
    commands = "".join(_COMMAND.format(name=name) for name in MODULES)
    scripts = {
        "bare": _BARE.format(schema=main),
        "program": _PROGRAM.format(schema=main),
        "empty": _EMPTY + commands + "app()\n",
    }
    for name, text in scripts.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    last = {"bare": [], "program": ["x"], "empty": ["--version"]}
    return {
        "version": [EINVOICE, "--version"],
        "one": [EINVOICE, "validate", "--isolated", ONE],
        **{name: [sys.executable, str(folder / f"{name}.py"), *last[name]] for name in scripts},
    }


def _best(calls: dict[str, Sequence[str]], rounds: int) -> dict[str, float]:
    """Seconds of CPU of each call, the best of several rounds that take turns, after one that counts for nothing."""
    best = dict.fromkeys(calls, float("inf"))
    for number in range(rounds + 1):
        for name, call in calls.items():
            spent, _ = cpu(call)
            best[name] = min(best[name], spent) if number else best[name]
    return best


def cpu(call: Sequence[str]) -> tuple[float, int]:
    """Seconds of CPU of a call with all its processes, and the memory (kB) of its first one at most.

    Raises RuntimeError where it fails. Compiled modules are written where they are missing: a deployment has them.
    """
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    memory = 0
    with subprocess.Popen(call, stdout=subprocess.DEVNULL, env=environment) as process:
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            memory = max(memory, peak(process.pid))
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(call)} ended with {process.returncode}")
    return ended[2].ru_utime + ended[2].ru_stime, memory


def peak(process: int | str = "self") -> int:
    """The memory (kB) that a process took at most so far. getrusage would count what it was forked from."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return 0
