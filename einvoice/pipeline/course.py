"""How a run goes: what it logs, how long its steps take, how far it is, and whether it shall stop.

Logs carry ids, counts, names of sources and kinds of errors; never what an invoice says.
"""

import contextlib
import json
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from einvoice.errors import ConfigurationError
from einvoice.pipeline.backoff import Backoff
from einvoice.store import times


class Journal:
    """JSON lines, one per thing that happened, each written whole. stream None: nothing is written."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, event: str, **said: int | float | str) -> None:
        """Writes one line: time (UTC), what happened, and its ids. A log that is full or gone stops no run."""
        if self._stream is None:
            return
        line = json.dumps({"time": times.utc_now(), "event": event, **said}, ensure_ascii=False)
        with self._lock, contextlib.suppress(OSError):
            self._stream.write(line + "\n")
            self._stream.flush()


@contextlib.contextmanager
def journal(place: Path | None) -> Iterator[Journal]:
    """The log in a file (appended to; `-`: stderr), none for None. Raises ConfigurationError for one not writable."""
    if place is None:
        yield Journal()
    elif str(place) == "-":
        yield Journal(sys.stderr)
    else:
        try:
            stream = place.open("a", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"{place}: the log cannot be written ({error.strerror}).",
                f"{place}: Das Protokoll ist nicht schreibbar ({error.strerror}).",
            ) from None
        with stream:
            yield Journal(stream)


class Stop:
    """The wish to stop: the first signal lets the document in work be finished, the second ends at once."""

    def __init__(self) -> None:
        self.code: int | None = None
        self._waiting = False

    def __bool__(self) -> bool:
        return self.code is not None

    def heed(self) -> None:
        """From now on SIGINT and SIGTERM come here."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._heard)

    def _heard(self, number: int, _: FrameType | None) -> None:
        again, self.code = self.code is not None, 128 + number
        if again or self._waiting:
            raise SystemExit(self.code)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Work that may be broken off anywhere: a signal ends it, and the block with it."""
        self._waiting = True
        try:
            yield
        except SystemExit:
            if not self:
                raise
        finally:
            self._waiting = False


def _silent(_done: int, _total: int) -> None:
    """For runs nobody watches."""


def _nothing() -> None:
    """For runs without a watchdog."""


@dataclass(slots=True)
class Course:
    """One run as seen from outside. progress: told how many deliveries are done, of how many.

    seconds: per step, of all runs of this course. verdicts: of the documents it checked. received, failed, reached:
    per source, how many deliveries came, how often it failed, when it was last read without a fault (POSIX time).
    """

    log: Journal = field(default_factory=Journal)
    stop: Stop = field(default_factory=Stop)
    progress: Callable[[int, int], None] = _silent
    alive: Callable[[], None] = _nothing
    patience: Backoff = field(default_factory=Backoff)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    verdicts: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    reached: dict[str, float] = field(default_factory=dict)

    def fetched(self, source: str, received: int, problems: int) -> None:
        """Notes how the fetching of a source ended, for logs, metrics and the next time."""
        self.received[source] += received
        self.failed[source] += bool(problems)
        self.patience.note(f"source/{source}", worked=not problems)
        if not problems:
            self.reached[source] = time.time()
        self.log("source-fetched", source=source, received=received, problems=problems)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measures a step, also one that fails."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] += time.monotonic() - began
            self.alive()
