"""Limited processes forked from one that has loaded what all of them need: each is there in milliseconds.

The one that is forked is a new process of our own: it has one thread, nothing of the caller's memory, files and
secrets, and never sees a document. Linux 5.3 or later; elsewhere there are no such processes.
"""

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import IO, Any

from einvoice import confined

_END_SECONDS = 5.0

_COMMAND = "from einvoice.nursery import serve; serve()"


class Born:
    """A forked process, as far as `confined.Child` needs one. handle: its pidfd."""

    def __init__(self, handle: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._handle = handle
        self.stdin, self.stdout = stdin, stdout
        self._ended = select.poll()
        self._ended.register(handle, select.POLLIN)

    def poll(self) -> int | None:
        """None while it lives."""
        return 0 if self._handle < 0 or self._ended.poll(0) else None

    def kill(self) -> None:
        """Ends it."""
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait(self) -> int:
        """Waits until it has ended; from then on nothing is held of it."""
        if self._handle >= 0:
            self._ended.poll()
            os.close(self._handle)
            self._handle = -1
        return 0


class Nursery:
    """Where processes are forked that have run `function` (`module:name`) once. Safe under threads."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._owner = 0
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    @property
    def process(self) -> int | None:
        """The number of the process that is forked, while there is one."""
        return self._process.pid if self._process is not None else None

    def born(self, memory_mb: int, arguments: dict[str, Any]) -> Born | None:
        """A new process; None where the machine has no such. arguments: of the function, when it is run."""
        if not hasattr(os, "pidfd_open"):
            return None
        with self._lock:
            for _ in range(2):
                with contextlib.suppress(OSError, EOFError):
                    return self._forked(self._running(arguments), memory_mb)
                self.close()  # it is gone: another one
        return None

    def close(self) -> None:
        """Ends it, once those that were forked have ended."""
        line, process = self._line, self._process
        self._line = self._process = None
        if line is not None and process is not None and self._owner == os.getpid():
            line.close()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _running(self, arguments: dict[str, Any]) -> socket.socket:
        if self._line is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            told = json.dumps({"function": self._function, "arguments": arguments})
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _COMMAND, str(theirs.fileno()), told],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
                )  # fmt: skip
        return self._line

    def _forked(self, line: socket.socket, memory_mb: int) -> Born:
        in_there, in_here = os.pipe()
        out_here, out_there = os.pipe()
        try:
            socket.send_fds(line, [str(memory_mb).encode()], [in_there, out_there])
            _, handles, _, _ = socket.recv_fds(line, 16, 1)
            if not handles:
                raise EOFError
        except BaseException:
            os.close(in_here)
            os.close(out_here)
            raise
        finally:
            os.close(in_there)
            os.close(out_there)
        return Born(handles[0], os.fdopen(in_here, "wb", 0), os.fdopen(out_here, "rb", 0))


def serve() -> None:
    """The side of the process that is forked: loads, then makes a process whenever it is asked to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line, told = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    module, _, name = told["function"].partition(":")
    confined.relax_collector()
    with contextlib.suppress(Exception):  # what is wrong is said to whoever asks for the real thing
        getattr(importlib.import_module(module), name)(**told["arguments"])
    confined.relax_collector()
    while True:
        asked, ends, _, _ = socket.recv_fds(line, 16, 2)
        _reap(os.WNOHANG if asked else 0)
        if not asked:
            os._exit(0)  # nothing to tidy up: all that is loaded would be taken apart piece by piece
        process = os.fork()
        if not process:
            _live(line, int(asked), ends)
        for end in ends:
            os.close(end)
        _tell(line, process)


def _tell(line: socket.socket, process: int) -> None:
    """Hands over the handle of a forked process, or says that there is none."""
    handles = []
    with contextlib.suppress(OSError):
        handles.append(os.pidfd_open(process))
    with contextlib.suppress(OSError):
        socket.send_fds(line, [b"."], handles)
    for handle in handles:
        os.close(handle)


def _reap(how: int) -> None:
    """Takes note of those that have ended, so that what they took counts; of all, where it waits."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, how)[0]:
            pass


def _live(line: socket.socket, memory_mb: int, ends: list[int]) -> None:
    """A forked process, from its birth to its end."""
    try:
        line.close()
        for number, end in enumerate(ends):
            os.dup2(end, number)
            os.close(end)
        confined.serve(memory_mb, "space")
    finally:
        os._exit(0)
