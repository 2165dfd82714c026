"""`einvoice worker` keeps a program below itself: begun again when it ends, ended with it, not begun for ever."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CODE = """
import sys
from einvoice.interfaces import cli
from einvoice.interfaces.cli import dask_programs
dask_programs._PAUSE = 0.05
dask_programs._command = lambda program, arguments: [sys.executable, "-c", *arguments]
cli._run = lambda arguments: sys.exit(dask_programs.keep_up("worker", arguments))
cli.main()
"""
PROGRAM = """
import os, time, pathlib
pathlib.Path(f"{os.getpid()}.pid").touch()
time.sleep(600)
"""


def _kept(folder: Path, program: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", CODE, program]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)


def _until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_gone(process: str) -> bool:
    """Whether it has ended, even if nobody has asked about it yet."""
    try:
        return not Path("/proc", process, "cmdline").read_bytes()
    except FileNotFoundError:
        return True


def test_what_is_killed_begins_anew_and_all_ends_with_a_signal(tmp_path: Path) -> None:
    keeper = _kept(tmp_path, PROGRAM)
    _until(lambda: list(tmp_path.glob("*.pid")))
    (first,) = tmp_path.glob("*.pid")
    os.kill(int(first.stem), signal.SIGKILL)
    _until(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    keeper.terminate()
    _, said = keeper.communicate(timeout=120)
    assert keeper.returncode == 143
    assert "(-9)" in said
    assert all(_is_gone(one.stem) for one in tmp_path.glob("*.pid"))


def test_a_killed_keeper_takes_it_along(tmp_path: Path) -> None:
    keeper = _kept(tmp_path, PROGRAM)
    _until(lambda: list(tmp_path.glob("*.pid")))
    keeper.kill()
    keeper.communicate()
    (file,) = tmp_path.glob("*.pid")
    _until(lambda: _is_gone(file.stem))


def test_what_cannot_begin_is_not_tried_for_ever(tmp_path: Path) -> None:
    keeper = _kept(tmp_path, "raise SystemExit(7)")
    keeper.communicate(timeout=120)
    assert keeper.returncode == 7
