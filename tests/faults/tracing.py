"""strace put onto a fork before it begins: what it calls, and calls that fail as if the machine did."""

import itertools
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.faults.forks import Ended, Forks

_NUMBER = itertools.count()


def traced(warm: Forks, place: Path, options: list[str], **how: Any) -> tuple[Ended, list[str]]:
    """An act under strace with these options; how it ended and the lines of the trace. how: see `forks._act`."""
    pid = warm.begin(place, stopped=True, **how)
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)
    trace = place.parent / f"trace-{next(_NUMBER)}"
    command = ["strace", "-f", "-y", "-s", "96", "-o", str(trace), *options, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        tracer.stderr.readline()  # it is attached
        os.kill(pid, signal.SIGCONT)
        ended = warm.end(pid)
        tracer.communicate()
    lines = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    return ended, lines
