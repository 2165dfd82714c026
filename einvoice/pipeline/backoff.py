"""Leaving alone what failed, longer each time, so that one bad source or target costs the others nothing."""

import time
from collections.abc import Callable

_FIRST, _MOST = 60.0, 3600.0


class Backoff:
    """What failed may be tried again after 1, 2, 4 … minutes, an hour at most; what worked, at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, tuple[int, float]] = {}

    def may(self, name: str) -> bool:
        """Whether it is time to try."""
        return name not in self._failed or self._clock() >= self._failed[name][1]

    def note(self, name: str, *, worked: bool) -> None:
        """Says how a try ended."""
        if worked:
            self._failed.pop(name, None)
            return
        times = self._failed.get(name, (0, 0.0))[0] + 1
        pause = min(_FIRST * 2 ** min(times - 1, 10), _MOST)
        self._failed[name] = (times, self._clock() + pause)

    def failing(self) -> dict[str, int]:
        """What failed last, and how many times in a row."""
        return {name: times for name, (times, _) in self._failed.items()}
