"""Pieces of work through a cluster: in chunks, so many in flight and no more, answers in the order asked.

A chunk whose workers die is taken apart: each of its pieces is tried alone, with nothing else under way, and one
that kills its worker even then has `Died` for an answer. So a deadly piece costs no other its answer.
"""

import gc
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from einvoice.cluster.carried import Carried
from einvoice.cluster.connection import Asked, Cluster, Killed, Lost, broken_off, not_laid_down, refuse
from einvoice.cluster.working import Answer, Question

CHUNK, CHUNK_BYTES = 100, 4_000_000
"""So many pieces, or so many bytes, are one task: asking costs milliseconds, a document less than that."""

PER_THREAD = 3
"""Chunks in flight for each thread of the workers: one in work, the others so that it never waits."""

FLIGHT_BYTES = 200_000_000
"""So many bytes are in flight at most, however many workers there are; one chunk always."""

_TICK, _LOOK = 1.0, 5.0
"""Seconds between two looks whether there is still a cluster, and at how big it is."""

_TRIES = 3
"""So often a worker is sent the files it lacks before a piece of work."""

_SWEEP = 1000
"""Pieces after which the collector is called: what Dask keeps of a task is in cycles, and the documents hang on it,
while commands call the collector rarely (`confined.relax_collector`)."""


class Died:
    """The answer about a piece that killed each worker that took it."""


@dataclass(slots=True)
class Piece:
    """One piece of work. data None: nothing is asked about it, it only keeps its place. context: the caller's own.

    answer: what the worker's function gave for it, or `Died`.
    """

    name: str
    data: bytes | None
    context: Any = None
    answer: Any = None


@dataclass(slots=True)
class _Chunk:
    pieces: list[Piece]
    size: int
    asked: Asked | None = None

    def to_ask(self) -> list[Piece]:
        return [one for one in self.pieces if one.data is not None]


@dataclass(slots=True)
class Flow:
    """One question about many pieces, so many to a task. files: what `question` needs on each worker."""

    cluster: Cluster
    question: Question
    files: Sequence[Carried] = ()
    chunk: int = CHUNK
    _waiting: deque[_Chunk] = field(default_factory=deque)
    _threads: int = 1
    _looked: float = 0.0
    _done: int = 0
    _swept: int = 0

    def answers(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Each piece, with its answer. Raises Unchecked where the cluster is lost or has no worker any more,
        ConfigurationError where a worker that came later is not like this machine, or cannot keep the files.
        """
        try:
            for chunk in _chunks(pieces, self.chunk):
                self._send(chunk)
                while self._is_full():
                    yield from self._next()
            while self._waiting:
                yield from self._next()
        except Lost:
            raise broken_off(self.cluster.settings, self._done, scheduler=True) from None
        finally:
            for chunk in self._waiting:
                if chunk.asked is not None:
                    chunk.asked.give_up()

    def _send(self, chunk: _Chunk) -> None:
        if wanted := chunk.to_ask():
            chunk.asked = self._ask(wanted)
        self._waiting.append(chunk)

    def _ask(self, pieces: Sequence[Piece]) -> Asked:
        return self.cluster.ask(self.question, [(one.name, one.data or b"") for one in pieces])

    def _is_full(self) -> bool:
        if time.monotonic() - self._looked > _LOOK:
            self._threads = sum(self.cluster.threads().values())
            self._looked = time.monotonic()
        many = len(self._waiting) > max(2, PER_THREAD * self._threads)
        return many or (len(self._waiting) > 1 and sum(one.size for one in self._waiting) > FLIGHT_BYTES)

    def _next(self) -> list[Piece]:
        """The pieces of the oldest chunk, answered."""
        chunk = self._waiting[0]
        if chunk.asked is not None:
            try:
                self._fill(chunk.to_ask(), self._answered(chunk.asked, chunk.to_ask()))
            except Killed:
                self._alone(chunk)
        self._waiting.popleft()
        self._done += len(chunk.pieces)
        if self._done - self._swept > _SWEEP:
            self._swept = self._done
            gc.collect()
        return chunk.pieces

    def _alone(self, chunk: _Chunk) -> None:
        """Each piece by itself, after all else that is under way has ended."""
        for other in self._waiting:
            if other is not chunk and other.asked is not None:
                self._ended(other.asked)
        for piece in chunk.to_ask():
            try:
                self._fill([piece], self._answered(self._ask([piece]), [piece]))
            except Killed:
                piece.answer = Died()

    def _ended(self, asked: Asked) -> None:
        try:
            self._wait(asked)
        except Lost:
            raise
        except Exception:
            return  # said when it is its turn

    def _answered(self, asked: Asked, pieces: Sequence[Piece]) -> list[Any]:
        """The values. A worker that came later gets the files first, and must be like this machine."""
        tries: Counter[str] = Counter()
        while True:
            found = self._wait(asked)
            refuse({found.worker: ", ".join(found.different)} if found.different else {})
            if found.values is not None:
                return found.values
            failed = self.cluster.lay_down(self.files)
            tries[found.worker] += 1
            if tries[found.worker] > _TRIES:
                raise not_laid_down(found.worker, failed.get(found.worker, "?"))
            asked = self._ask(pieces)

    def _wait(self, asked: Asked) -> Answer:
        """The answer, however long it takes, as long as there is a cluster with workers."""
        alive = time.monotonic()
        while True:
            try:
                return asked.wait(_TICK)
            except TimeoutError:
                if self.cluster.threads():
                    alive = time.monotonic()
                elif time.monotonic() - alive > self.cluster.settings.patience:
                    raise broken_off(self.cluster.settings, self._done, scheduler=False) from None

    def _fill(self, pieces: Sequence[Piece], values: list[Any]) -> None:
        for piece, value in zip(pieces, values, strict=True):
            piece.answer = value


def _chunks(pieces: Iterable[Piece], many: int) -> Iterator[_Chunk]:
    chunk = _Chunk([], 0)
    for piece in pieces:
        chunk.pieces.append(piece)
        chunk.size += len(piece.data or b"")
        if len(chunk.pieces) == many or chunk.size > CHUNK_BYTES:
            yield chunk
            chunk = _Chunk([], 0)
    if chunk.pieces:
        yield chunk
