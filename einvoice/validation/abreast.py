"""Many files in limited processes side by side, some at a time; the reports come in input order.

A process is told names, reads the files itself and answers with plain values, or with the text that is to be
written, so that this one has little to do for each document: it is what keeps several processes from waiting for it.
"""

import contextlib
import functools
import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from einvoice import confined, data
from einvoice.errors import Unchecked
from einvoice.nursery import Born, Nursery
from einvoice.validation import batch
from einvoice.validation.deliveries import Examined, examined
from einvoice.validation.files import STDIN, Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report, report_from
from einvoice.validation.reports.pieces import Piece, pieces

T = TypeVar("T")

CHUNK, CHUNK_BYTES = 32, 4_000_000
"""Files, or bytes, that one process takes at a time: enough to keep it busy, few enough to stream the results."""


def validate_abreast(files: Iterable[Found], options: Options, jobs: int) -> Iterator[Report]:
    """The reports of all files, streamed in input order, made in `jobs` limited processes.

    A run that is broken off (Ctrl-C, or nobody asks for more) ends its processes at once.
    """
    return _abreast(files, _Run(options), jobs)


def pieces_abreast(files: Iterable[Found], options: Options, jobs: int, form: str) -> Iterator[Piece]:
    """As `validate_abreast`, the reports as a format writes them.

    Where another program has still to be heard, they are written here, else where they are made.
    """
    if options.engine == "native" and not options.verapdf:
        return _abreast(files, _Writing(options, form), jobs)
    return pieces(validate_abreast(files, options, jobs), form)


def _abreast(files: Iterable[Found], run: "_Run[T]", jobs: int) -> Iterator[T]:
    with ThreadPoolExecutor(jobs) as threads:
        waiting: deque[Future[list[T]]] = deque()
        try:
            for chunk in _chunks(files):
                waiting.append(threads.submit(run.chunk, chunk))
                if len(waiting) > 2 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BaseException:
            run.stop()
            raise


def _chunks(files: Iterable[Found]) -> Iterator[list[Found]]:
    chunk: list[Found] = []
    total = 0
    for found in files:
        chunk.append(found)
        total += found.size
        if len(chunk) == CHUNK or total >= CHUNK_BYTES:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


class _Run(Generic[T]):
    """What several threads have in common: the options, and whether to go on; what becomes of the reports."""

    function = "einvoice.validation.abreast:in_child"

    def __init__(self, options: Options) -> None:
        self.options = options
        self.told: dict[str, Any] = {"options": json.dumps(batch.options_plain(options))}
        self._stopped = threading.Event()
        self._threads: set[int] = set()

    def chunk(self, files: list[Found]) -> list[T]:
        """What some files come to, all in one limited process that is asked for them in one message."""
        self._threads.add(threading.get_ident())
        made: list[T] = []
        with _children.borrowed(self.options.limit_memory) as child:
            asked = [
                ({"name": one.name}, self.options.seconds(one.size)) for one in files if _is_read_there(one)
            ]
            with contextlib.closing(child.calls(self.function, asked, self.told)) as answers:
                for found in files:
                    if self._stopped.is_set():
                        break
                    if _is_read_there(found):
                        made += self._answered(found, answers)
                    else:
                        made += self.of(batch.validate_file(found, self.options))
        return made

    def stop(self) -> None:
        """Nothing new is begun; what is under way ends with its process."""
        self._stopped.set()
        confined.end_calls(self._threads)

    def of(self, reports: list[Report]) -> list[T]:
        """What becomes of reports that are made here."""
        return cast(list[T], reports)

    def received(self, found: Found, answer: list[Any]) -> list[T]:
        """What a process has answered about a file."""
        examined = [Examined(report_from(report), document) for report, document in answer]
        seconds = self.options.seconds(found.size)
        return self.of(batch.finished(examined, self.options, seconds, found.path.read_bytes))

    def _answered(self, found: Found, answers: Iterator[Any]) -> list[T]:
        started = time.perf_counter()
        answer = next(answers)
        if not isinstance(answer, confined.Failed):
            return self.received(found, answer)
        if not isinstance(answer.error, Unchecked):
            raise answer.error
        return self.of([self._unchecked(found, answer.error, 1000 * (time.perf_counter() - started))])

    def _unchecked(self, found: Found, error: Unchecked, milliseconds: float) -> Report:
        """What its process gave up on, or the file went away after that."""
        try:
            data = found.path.read_bytes()
        except OSError as gone:
            return batch.unreadable(found.name, gone, self.options)
        return batch.unchecked(data, found.name, error.said(self.options.lang), milliseconds)


class _Writing(_Run[Piece]):
    """A run whose reports are written where they are made."""

    function = "einvoice.validation.abreast:written_in_child"

    def __init__(self, options: Options, form: str) -> None:
        super().__init__(options)
        self.form = self.told["form"] = form

    def of(self, reports: list[Report]) -> list[Piece]:
        """See _Run."""
        return list(pieces(reports, self.form))

    def received(self, found: Found, answer: list[Any]) -> list[Piece]:
        """See _Run."""
        return [Piece(*one) for one in answer]


def _is_read_there(found: Found) -> bool:
    return found.problem is None and found.name != STDIN


def in_child(name: str, options: str) -> list[list[Any]]:
    """What a limited process runs for one file: reports as plain dicts, and documents for the official engine."""
    return [[one.report.as_dict(), one.document] for one in _examined(name, _options(options))]


def written_in_child(name: str, options: str, form: str) -> list[list[Any]]:
    """As `in_child`, for one whose reports are written there: pieces as lists of what they hold."""
    made = pieces((one.report for one in _examined(name, _options(options))), form)
    return [[one.file, one.verdict, one.severities, one.text] for one in made]


def _examined(name: str, how: Options) -> list[Examined]:
    try:
        return examined(Path(name).read_bytes(), name, how)
    except OSError as error:
        return [Examined(batch.unreadable(name, error, how))]


def load(options: str) -> None:
    """Loads rules and schemas, in the process that others are forked from, by checking an invoice of our own."""
    sample = data.folder("samples") / "01-skonto.xml"
    examined(sample.read_bytes(), "", _options(options))


_nursery = Nursery("einvoice.validation.abreast:load")
_children = confined.Pool(lambda memory_mb: confined.Child(memory_mb, born=_born))


def _born(memory_mb: int) -> Born | None:
    return _nursery.born(memory_mb, {"options": json.dumps(batch.options_plain(Options()))})


@functools.lru_cache(maxsize=4)
def _options(told: str) -> Options:
    return batch.options_from(json.loads(told))
