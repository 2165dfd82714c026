"""Work that hostile input may blow up, done in a limited child process whose death is one Unchecked.

A `Child` is a Python process that runs named functions of this package, one after the other, on what comes
through a pipe: address space is limited by the kernel, wall time by the parent, which kills and replaces it.
Values travel as JSON with raw bytes beside it, so that a child taken over by its input can only send data.
"""

import atexit
import contextlib
import gc
import importlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Generic, Protocol, TypeVar

from einvoice.errors import EinvoiceError, Unchecked
from einvoice.messages import Pipe, receive, send

_START_SECONDS = 60.0
_KEPT_IDLE = 8


@dataclass(frozen=True, slots=True)
class Failed:
    """What a call raised."""

    error: Exception


class Process(Protocol):
    """What a `Child` needs of its process."""

    @property
    def stdin(self) -> IO[bytes] | None:
        """Where it is asked."""

    @property
    def stdout(self) -> IO[bytes] | None:
        """Where it answers."""

    def poll(self) -> int | None:
        """None while it lives."""

    def kill(self) -> None:
        """Ends it."""

    def wait(self) -> int:
        """Waits until it has ended."""


class Child:
    """One limited process. Not for two threads at once; see `borrowed`.

    memory_mb: how much memory its work may take beyond what the bare process needs. reserves: its runtime sets
    aside far more address space than it uses, so what it can write to is limited instead. born: makes the process
    (None: cannot), which otherwise is started anew.
    """

    def __init__(
        self,
        memory_mb: int = 500,
        *,
        reserves: bool = False,
        born: Callable[[int], Process | None] | None = None,
    ) -> None:
        self.memory_mb = memory_mb
        self._reserves, self._born = reserves, born
        self._process: Process | None = None
        self.fresh = True
        """Whether its process has not answered yet: what it must load first is on no document's time."""
        self.owing = 0
        """Answers under way that nobody has read: the next call would take them for its own."""

    def call(self, function: str, arguments: dict[str, Any], seconds: float) -> Any:
        """The result of `module:function` called with `arguments` (JSON values and bytes).

        Raises Unchecked if it takes longer, needs more memory or dies; other EinvoiceErrors as raised there.
        """
        (answer,) = self.calls(function, [(arguments, seconds)])
        if isinstance(answer, Failed):
            raise answer.error
        return answer

    def calls(
        self,
        function: str,
        asked: Sequence[tuple[dict[str, Any], float]],
        common: dict[str, Any] | None = None,
    ) -> Generator[Any, None, None]:
        """As `call` for each (arguments, seconds), sent in one message; what was raised is given as a `Failed`.

        common: arguments of all. Each has its own time, and one that ends the process is no other's: those after it
        go on in a new one.
        """
        left, process = deque(asked), None
        try:
            while left:
                self._ask(function, left, common or {})
                process = self._process
                while left and self._process is not None:
                    _, seconds = left.popleft()
                    yield self._answer(seconds)
        finally:
            if left and self._process is process:  # its answers would be taken for those of the next call
                self.close()

    def _ask(
        self, function: str, asked: Collection[tuple[dict[str, Any], float]], common: dict[str, Any]
    ) -> None:
        """Sends what is asked; a process that dies of it answers nothing."""
        try:
            process = self._running()
            self.owing = len(asked)
            _calls[threading.get_ident()] = process
            with contextlib.suppress(BrokenPipeError):
                message = {"function": function, "common": common, "asked": [list(one) for one in asked]}
                send(process.stdin, message)
        except BaseException:
            self.close()  # not ready, or half asked
            raise
        finally:
            _calls.pop(threading.get_ident(), None)

    def _answer(self, seconds: float) -> Any:
        """The next answer; a process that gives none is ended."""
        process = self._process
        assert process is not None
        _calls[threading.get_ident()] = process
        try:
            answer = receive(self._answers, time.monotonic() + seconds)
            if answer.get("error") in ("MemoryError", "RecursionError"):
                raise EOFError(answer["error"])
        except (EOFError, TimeoutError) as error:
            self.close()
            return Failed(Unchecked(*_reason(error, seconds, self.memory_mb)))
        except BaseException:
            self.close()
            raise
        finally:
            _calls.pop(threading.get_ident(), None)
        self.fresh, self.owing = False, self.owing - 1
        if "error" in answer:
            return Failed(_known(answer["error"])(answer["text"], answer.get("de")))
        return answer["result"]

    def _running(self) -> Process:
        if self._process is None or self._process.poll() is not None:
            born = self._born(self.memory_mb) if self._born is not None else None
            self._process = born or self._started()
            assert self._process.stdout is not None
            self._answers = Pipe(self._process.stdout)
            receive(self._answers, time.monotonic() + _START_SECONDS)
        return self._process

    def _started(self) -> Process:
        what = "data" if self._reserves else "space"
        command = f"from einvoice.confined import serve; serve({self.memory_mb}, {what!r})"
        return subprocess.Popen(
            [sys.executable, "-P", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        self.fresh, self.owing = True, 0
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()


_calls: dict[int, Process] = {}
"""The processes that work just now, by the thread that waits for them."""


def end_calls(threads: Collection[int]) -> None:
    """Ends what is under way for these threads: there the call raises Unchecked."""
    for thread in threads:
        if (process := _calls.get(thread)) is not None:
            process.kill()


class Closable(Protocol):
    """What a pool keeps: something with a process of its own."""

    @property
    def owing(self) -> int:
        """Answers under way that nobody has read."""

    def close(self) -> None:
        """Ends the process."""


C = TypeVar("C", bound=Closable)


class Pool(Generic[C]):
    """Processes that wait for work, so that their start is paid once. Safe under threads; ended at exit."""

    def __init__(self, make: Callable[[int], C]) -> None:
        self._make = make
        self._idle: list[tuple[int, C]] = []
        self._lock = threading.Lock()
        atexit.register(self.close_idle)

    @contextlib.contextmanager
    def borrowed(self, memory_mb: int) -> Iterator[C]:
        """One for a while, idle with that limit or new; ended where it is left amid its answers."""
        with self._lock:
            place = next((i for i, (limit, _) in enumerate(self._idle) if limit == memory_mb), None)
            one = self._idle.pop(place)[1] if place is not None else self._make(memory_mb)
        try:
            yield one
        finally:
            if one.owing:
                one.close()
            with self._lock:
                keep = len(self._idle) < _KEPT_IDLE
                if keep:
                    self._idle.append((memory_mb, one))
            if not keep:
                one.close()

    def close_idle(self) -> None:
        """Ends those that wait for work."""
        with self._lock:
            while self._idle:
                self._idle.pop()[1].close()


_children = Pool(Child)


def borrowed(memory_mb: int = 500) -> contextlib.AbstractContextManager[Child]:
    """A child for a while, from those that wait for work."""
    return _children.borrowed(memory_mb)


def close_idle() -> None:
    """Ends the children that wait for work."""
    _children.close_idle()


@contextlib.contextmanager
def hurried(seconds: float) -> Iterator[None]:
    """Work that may be given up: raises GivenUp in it after `seconds`.

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


class GivenUp(BaseException):
    """The time of `hurried` is over. No Exception, so that no library in between takes it for one of its own."""


def _too_late(*_: Any) -> None:
    raise GivenUp


def _reason(error: Exception, seconds: float, memory_mb: int) -> tuple[str, str]:
    """What stopped the work, in English and in German."""
    if isinstance(error, TimeoutError):
        return f"time: not done after {seconds:g} s", f"Zeit: nach {seconds:g} s nicht fertig"
    if isinstance(error, EOFError) and str(error):
        return (
            f"memory: more than {memory_mb} MB or too deeply nested",
            f"Speicher: mehr als {memory_mb} MB oder zu tief geschachtelt",
        )
    return (
        "died: the confined process ended unexpectedly",
        "abgebrochen: der begrenzte Prozess endete unerwartet",
    )


def _known(name: str) -> type[Exception]:
    from einvoice import errors

    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, EinvoiceError) else Unchecked


def relax_collector() -> None:
    """For processes of our own: what a verdict makes has no cycles, so looking for them often only costs time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def serve(memory_mb: int, what: str) -> None:
    """The child's side: answers calls until the parent closes the pipe. what: is limited, see `_limit`."""
    relax_collector()
    source, sink = Pipe(os.fdopen(os.dup(0), "rb", 0)), os.fdopen(os.dup(1), "wb", 0)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(silence, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _confined.append(True)
    send(sink, {"ready": True})
    limited = False
    while True:
        try:
            request = receive(source, None)
        except EOFError:
            return
        module, _, name = request["function"].partition(":")
        function = getattr(importlib.import_module(module), name)
        if not limited:
            _limit(memory_mb, what)
            limited = True
        for arguments, seconds in request["asked"]:
            _limit_cpu(seconds)
            send(sink, _answered(function, request["common"] | arguments))


def _answered(function: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": function(**arguments)}
    except Exception as error:
        return {
            "error": type(error).__name__,
            "text": f"{error}"[:2000],
            "de": getattr(error, "de", None),
        }


def _limit(memory_mb: int, what: str) -> None:
    """Limits address space (or, for `what` = data, writable memory) to what is in use now plus `memory_mb`."""
    with open("/proc/self/statm", encoding="ascii") as file:
        sizes = file.read().split()
    used = int(sizes[5 if what == "data" else 0]) * resource.getpagesize()
    kind = resource.RLIMIT_DATA if what == "data" else resource.RLIMIT_AS
    resource.setrlimit(kind, (used + memory_mb * 1_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_cpu(seconds: float) -> None:
    """Ends work that nobody waits for any more: a parent that was killed cannot end its child."""
    usage, hard = resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(usage.ru_utime + usage.ru_stime + 4 * seconds) + 5
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )
