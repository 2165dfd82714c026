"""Dask's own programs, called with settings that fit our work."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NoReturn

from einvoice.interfaces.cli.session import note, say

if TYPE_CHECKING:
    from einvoice.cluster.settings import ClusterSettings

_SETTINGS = {
    "SCHEDULER__ALLOWED_FAILURES": "1",
    "SCHEDULER__WORKER_TTL": "60s",
    "WORKER__PROFILE__ENABLED": "false",
    "ADMIN__LOW_LEVEL_LOG_LENGTH": "0",
}
"""Environment of Dask's programs. A task whose worker died is tried on one more before we take it apart; a worker
that says nothing for a minute is given up; nobody looks at the profiles that workers make of themselves, nor at the
last thousand messages, whose documents would stay in memory."""

Program = Literal["worker", "scheduler"]

_SETTLED, _PAUSE, _LEAVING = 10.0, 2.0, 30.0
"""Seconds: what ends sooner never began; between an end and the next beginning; to leave in an orderly way."""

_PDEATHSIG = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def certificates(settings: "ClusterSettings") -> list[str]:
    """The options that name the certificates; none without TLS."""
    pairs = (
        ("--tls-ca-file", settings.ca),
        ("--tls-cert", settings.cert),
        ("--tls-key", settings.key),
    )
    return [text for name, path in pairs if settings.encrypted and path for text in (name, path)]


def become(program: Program, arguments: Sequence[str]) -> NoReturn:
    """This process goes on as Dask's program. Raises ConfigurationError where the extra is missing."""
    os.execv(sys.executable, _command(program, arguments))


def keep_up(program: Program, arguments: Sequence[str]) -> int:
    """Runs Dask's program below this process, and again whenever it ends, until a signal comes to this one.

    A worker ends not only when it dies: also when its scheduler went, or gave it up while its machine stood still.
    Gives back the exit code of one that cannot even begin. Raises ConfigurationError where the extra is missing.
    """
    command, began, settled = _command(program, arguments), time.monotonic(), False
    while True:
        running = subprocess.Popen(command, preexec_fn=_with_parent)
        try:
            code = running.wait()
        finally:
            _end(running)
        settled = settled or code < 0 or time.monotonic() - began > _SETTLED
        if code and not settled:
            return code
        text = say("{0} hat geendet ({1}) und beginnt neu.", "{0} has ended ({1}) and begins anew.")
        note(f"einvoice: {text.format(program, code)}")
        time.sleep(_PAUSE)


def _command(program: Program, arguments: Sequence[str]) -> list[str]:
    """The command, with Dask's settings in this process's environment."""
    from einvoice.cluster.connection import needed

    needed()
    for name, value in _SETTINGS.items():
        os.environ.setdefault(f"DASK_DISTRIBUTED__{name}", value)
    note(say("einvoice: von hier an spricht Dask, auf Englisch.", "einvoice: from here on Dask speaks."))
    sys.stdout.flush()
    # what is left of the dashboard is for this host only
    local = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    return [sys.executable, "-P", "-m", f"distributed.cli.dask_{program}", *arguments, *local]


def _end(running: "subprocess.Popen[bytes]") -> None:
    """Lets it finish what it can, and ends it."""
    running.terminate()
    try:
        running.wait(_LEAVING)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def _with_parent() -> None:
    """In the child: it ends when this process is killed. Linux only; elsewhere it would go on alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)
