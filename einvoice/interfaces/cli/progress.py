"""A progress bar on a terminal, when work lasts over a second; nothing at all where stderr is no terminal."""

import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from einvoice.interfaces.cli.session import say

T = TypeVar("T")
_PATIENCE, _EVERY, _WIDTH = 1.0, 0.1, 30


class Progress:
    """Counts what is done, of `total`. Work that is broken off says how far it came."""

    def __init__(self, total: int, quiet: bool = False) -> None:
        self.total, self.done = total, 0
        self.shows = sys.stderr.isatty() and not quiet
        self.started = self.last = time.monotonic()
        self.drawn = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            text = say(
                f"Abgebrochen: {self.done} von {self.total} fertig.",
                f"Broken off: {self.done} of {self.total} done.",
            )
            print(text, file=sys.stderr)

    def follow(self, items: Iterable[T]) -> Iterator[T]:
        """The same items; the bar moves when the next is asked for."""
        for item in items:
            yield item
            self.advance()

    def reached(self, done: int, total: int) -> None:
        """So many are done, of so many."""
        self.done, self.total = done, total
        self._draw()
        if done >= total:
            self._clear()

    def advance(self, count: int = 1) -> None:
        """So many more are done."""
        self.done += count
        self._draw()

    def _clear(self) -> None:
        if self.drawn:
            self.drawn = False
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def _draw(self) -> None:
        now = time.monotonic()
        if not self.shows or now - self.started < _PATIENCE or now - self.last < _EVERY:
            return
        self.last, self.drawn = now, True
        filled = _WIDTH * self.done // max(self.total, 1)
        bar = "#" * filled + "." * (_WIDTH - filled)
        sys.stderr.write(f"\r\033[K[{bar}] {self.done}/{self.total}")
        sys.stderr.flush()
