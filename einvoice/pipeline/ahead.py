"""Deliveries are looked at in limited processes side by side, a little ahead of what is being recorded."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from einvoice import confined
from einvoice.pipeline import steps
from einvoice.pipeline.course import Stop
from einvoice.pipeline.planning import Looked
from einvoice.pipeline.workplace import Opened

PART, PART_BYTES = 32, 2_000_000
"""So many deliveries, or so many bytes, are sent to a limited process together."""

_TICK = 0.25
"""Seconds until a wish to stop is heard while a document is in work."""


class Stopped(Exception):
    """What was in work was given up: nothing of it was written."""


class Ahead:
    """Looks at deliveries in `jobs` processes, each at some at a time, a little ahead; results in the order asked."""

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

    def looks(self, sizes: Mapping[int, int]) -> Iterator[tuple[int, "Look"]]:
        """Each delivery (number → bytes) with what is found in it."""
        waiting: deque[dict[int, Look]] = deque()
        for part in parted(sizes, PART, PART_BYTES):
            looks = {number: Look(self._stop) for number in part}
            self._pool.submit(self._look, looks)
            waiting.append(looks)
            if len(waiting) > 2 * self._jobs:
                yield from _together(waiting.popleft())
        for looks in waiting:
            yield from _together(looks)

    def _look(self, looks: Mapping[int, "Look"]) -> None:
        """Looks at some, and says each one as soon as it is done."""
        self._threads.add(threading.get_ident())
        try:
            for number, found in steps.look(self._place, list(looks)):
                if self._stop:
                    raise Stopped
                looks[number].is_found(found)
        except BaseException as error:
            for look in looks.values():
                look.is_found(error)


def _together(looks: Mapping[int, "Look"]) -> Iterator[tuple[int, "Look"]]:
    """Looks of one part, once the last is done: to wake up for each would cost more than to wait."""
    for last in list(looks.values())[-1:]:
        last.await_done()
    yield from looks.items()


class Look:
    """A look at a delivery, perhaps still under way."""

    def __init__(self, stop: Stop) -> None:
        self._future: Future[Looked | BaseException] = Future()
        self._stop = stop

    def is_found(self, found: Looked | BaseException) -> None:
        """Says what was found, or why nothing; only what is said first counts."""
        if not self._future.done():
            self._future.set_result(found)

    def await_done(self) -> bool:
        """Whether it came to an end before somebody wished to stop."""
        while not self._future.done() and not self._stop:
            wait([self._future], _TICK)
        return self._future.done()

    def found(self) -> Looked | Exception:
        """What it has found, or why nothing; Stopped is raised if it is given up."""
        if not self.await_done():
            raise Stopped
        found = self._future.result()
        if isinstance(found, (Looked, Exception)) and not isinstance(found, Stopped):
            return found
        raise found


def parted(sizes: Mapping[int, int], count: int, size: int) -> Iterator[dict[int, int]]:
    """Numbers with their sizes, in parts of at most so many and so many bytes, or of one that is bigger."""
    part: dict[int, int] = {}
    total = 0
    for number, one in sizes.items():
        if part and (len(part) == count or total + one > size):
            yield part
            part, total = {}, 0
        part[number] = one
        total += one
    if part:
        yield part
