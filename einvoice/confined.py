"""Work that hostile input may blow up, done in a limited child process whose death is one Unchecked.

A `Child` is a Python process that runs named functions of this package, one after the other, on what comes
through a pipe: address space is limited by the kernel, wall time by the parent, which kills and replaces it.
Values travel as JSON with raw bytes beside it, so that a child taken over by its input can only send data.
"""

import atexit
import contextlib
import importlib
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

from einvoice.errors import EinvoiceError, Unchecked

_START_SECONDS = 60.0
_KEPT_IDLE = 8


class Child:
    """One limited process. Not for two threads at once; see `borrowed`.

    memory_mb: how much address space its work may take beyond what the bare process needs.
    """

    def __init__(self, memory_mb: int = 500) -> None:
        self.memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, function: str, arguments: dict[str, Any], seconds: float) -> Any:
        """The result of `module:function` called with `arguments` (JSON values and bytes).

        Raises Unchecked if it takes longer, needs more memory or dies; other EinvoiceErrors as raised there.
        """
        process = self._running()
        try:
            _send(process.stdin, {"function": function, "arguments": arguments})
            answer = _receive(process.stdout, time.monotonic() + seconds)
            if answer.get("error") in ("MemoryError", "RecursionError"):
                raise EOFError(answer["error"])
        except (BrokenPipeError, EOFError, TimeoutError) as error:
            self.close()
            raise Unchecked(_reason(error, seconds, self.memory_mb)) from None
        except BaseException:  # an answer still under way would be taken for that of the next call
            self.close()
            raise
        if "error" in answer:
            raise _known(answer["error"])(answer["text"])
        return answer["result"]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            command = [
                sys.executable,
                "-c",
                "from einvoice.confined import serve; serve()",
                str(self.memory_mb),
            ]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            _receive(self._process.stdout, time.monotonic() + _START_SECONDS)
        return self._process

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()


_idle: list[Child] = []
_lock = threading.Lock()


@contextlib.contextmanager
def borrowed(memory_mb: int = 500) -> Iterator[Child]:
    """A child for a while: an idle one if there is, so that its start is paid once; safe under threads."""
    with _lock:
        child = next((one for one in _idle if one.memory_mb == memory_mb), None)
        if child is not None:
            _idle.remove(child)
    child = child or Child(memory_mb)
    try:
        yield child
    finally:
        with _lock:
            keep = len(_idle) < _KEPT_IDLE
            if keep:
                _idle.append(child)
        if not keep:
            child.close()


@atexit.register
def close_idle() -> None:
    """Ends the children that wait for work."""
    with _lock:
        while _idle:
            _idle.pop().close()


@contextlib.contextmanager
def hurried(seconds: float) -> Iterator[None]:
    """Work that may be given up: raises TimeoutError in it after `seconds`.

    Only in a limited process, where no one else uses the alarm; elsewhere it takes as long as it takes.
    """
    if not _confined:
        yield
        return
    before = signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_confined: list[bool] = []
"""Not empty in a limited process."""


def _too_late(*_: Any) -> None:
    raise TimeoutError


def _reason(error: Exception, seconds: float, memory_mb: int) -> str:
    if isinstance(error, TimeoutError):
        return f"time: not done after {seconds:g} s"
    if isinstance(error, EOFError) and str(error):
        return f"memory: more than {memory_mb} MB or too deeply nested"
    return "died: the confined process ended unexpectedly"


def _known(name: str) -> type[Exception]:
    from einvoice import errors

    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, EinvoiceError) else Unchecked


def serve() -> None:
    """The child's side: answers calls until the parent closes the pipe."""
    source, sink = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _confined.append(True)
    _send(sink, {"ready": True})
    limited = False
    while True:
        try:
            request = _receive(source, None)
        except EOFError:
            return
        module, _, name = request["function"].partition(":")
        function = getattr(importlib.import_module(module), name)
        if not limited:
            _limit(int(sys.argv[1]))
            limited = True
        _send(sink, _answered(function, request["arguments"]))


def _answered(function: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": function(**arguments)}
    except Exception as error:
        return {"error": type(error).__name__, "text": f"{error}"[:2000]}


def _limit(memory_mb: int) -> None:
    """Limits address space to what is in use now plus `memory_mb`."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_mb * 1_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send(sink: IO[bytes] | None, value: Any) -> None:
    blobs: list[bytes] = []
    head = json.dumps(_without_bytes(value, blobs)).encode()
    sizes = json.dumps([len(head), *map(len, blobs)]).encode()
    assert sink is not None
    view = memoryview(b"".join([len(sizes).to_bytes(8, "big"), sizes, head, *blobs]))
    while view:
        view = view[sink.write(view) :]


def _receive(source: IO[bytes] | None, deadline: float | None) -> dict[str, Any]:
    assert source is not None
    size = int.from_bytes(_exactly(source, 8, deadline), "big")
    head, *blobs = [_exactly(source, n, deadline) for n in json.loads(_exactly(source, size, deadline))]
    value: dict[str, Any] = _with_bytes(json.loads(head), blobs)
    return value


def _exactly(source: IO[bytes], size: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    while size:
        if deadline is not None:
            _wait(source, deadline)
        part = source.read(min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _wait(source: IO[bytes], deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(source, selectors.EVENT_READ)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise TimeoutError


def _without_bytes(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, bytes):
        blobs.append(value)
        return {"\0bytes": len(blobs) - 1}
    if isinstance(value, dict):
        return {key: _without_bytes(item, blobs) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_bytes(item, blobs) for item in value]
    return value


def _with_bytes(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, dict):
        if "\0bytes" in value:
            return blobs[value["\0bytes"]]
        return {key: _with_bytes(item, blobs) for key, item in value.items()}
    return [_with_bytes(item, blobs) for item in value] if isinstance(value, list) else value
