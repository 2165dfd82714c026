"""Deliveries are looked at in limited processes side by side, a little ahead of what is being recorded."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from einvoice import confined
from einvoice.pipeline import steps
from einvoice.pipeline.course import Stop
from einvoice.pipeline.workplace import Opened

_TICK = 0.25
"""Seconds until a wish to stop is heard while a document is in work."""


class Stopped(Exception):
    """What was in work was given up: nothing of it was written."""


class Ahead:
    """Looks at deliveries in `jobs` processes, at most twice as many ahead; results in the order asked for."""

    def __init__(self, place: Opened, jobs: int, stop: Stop) -> None:
        self._place, self._jobs, self._stop = place, jobs, stop
        self._pool = ThreadPoolExecutor(jobs)
        self._threads: set[int] = set()

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if error is not None or self._stop:
            confined.end_calls(self._threads)
        self._pool.shutdown()

    def looks(self, numbers: Sequence[int]) -> Iterator[tuple[int, "Look"]]:
        """Each delivery with what is found in it."""
        waiting: deque[tuple[int, Look]] = deque()
        for number in numbers:
            waiting.append((number, Look(self._pool.submit(self._look, number), self._stop)))
            if len(waiting) > 2 * self._jobs:
                yield waiting.popleft()
        yield from waiting

    def _look(self, number: int) -> steps.Found | None:
        self._threads.add(threading.get_ident())
        return steps.look(self._place, number)


class Look:
    """A look at a delivery, perhaps still under way."""

    def __init__(self, future: "Future[steps.Found | None]", stop: Stop) -> None:
        self._future, self._stop = future, stop

    def found(self) -> steps.Found | None:
        """What it has found; raises what the look raised, and Stopped if it is given up."""
        while not wait([self._future], _TICK).done:
            if self._stop:
                raise Stopped
        return self._future.result()
