"""Many files in limited processes side by side, some at a time; the reports come in input order.

A process is told names, reads the files itself and answers with plain values, or with the text that is to be
written, so that this one has little to do for each document: it is what keeps several processes from waiting for it.
Small files are answered some at a time; where no answer comes, each of them is asked for by itself.
"""

import contextlib
import functools
import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar, cast

from einvoice import confined, data
from einvoice.errors import Unchecked
from einvoice.nursery import Born, Nursery
from einvoice.validation import batch
from einvoice.validation.examined import Examined, packed, unpacked
from einvoice.validation.files import STDIN, Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from einvoice.validation.reports.pieces import Piece, pieces

T = TypeVar("T")

CHUNK, CHUNK_BYTES = 64, 4_000_000
"""Files, or bytes, that one process takes at a time: enough to keep it busy, few enough to stream the results."""

PART, PART_BYTES, PART_SECOND = 32, 256_000, 10
"""Files, or bytes, that are answered together, so that the one who asks need not wake up for each; and at most how
many for each second that one of them may take.
"""


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
        with _children.borrowed(self.options.limit_memory) as child:
            return self._asked(child, list(self._parts(files)))

    def _parts(self, files: list[Found]) -> Iterator[list[Found]]:
        """Small files together, so few that all of them will hardly take longer than one may."""
        part: list[Found] = []
        total = 0
        for found in files:
            total += found.size
            most = min(PART, PART_SECOND * self.options.seconds(found.size))
            if part and (len(part) >= most or total > PART_BYTES or not _is_read_there(found)):
                yield part
                part, total = [], found.size
            part.append(found)
            if not _is_read_there(found):
                yield part
                part, total = [], 0
        if part:
            yield part

    def _asked(self, child: confined.Child, parts: list[list[Found]]) -> list[T]:
        """What parts come to. Where one does not come back, nobody knows which of its files it was: each is asked for
        by itself.
        """
        made: list[list[T] | None] = []
        asked = [
            ({"names": [one.name for one in part]}, max(self.options.seconds(one.size) for one in part))
            for part in parts
            if _is_read_there(part[0])
        ]
        with contextlib.closing(child.calls(self.function, asked, self.told)) as answers:
            for part in parts:
                if self._stopped.is_set():
                    break
                if _is_read_there(part[0]):
                    made.append(self._answered(part, answers))
                else:
                    made.append(self.of(batch.validate_file(part[0], self.options)))
        return [
            one
            for part, some in zip(parts, made, strict=False)
            for one in (self._asked(child, [[file] for file in part]) if some is None else some)
        ]

    def stop(self) -> None:
        """Nothing new is begun; what is under way ends with its process."""
        self._stopped.set()
        confined.end_calls(self._threads)

    def of(self, reports: list[Report]) -> list[T]:
        """What becomes of reports that are made here."""
        return cast(list[T], reports)

    def received(self, part: list[Found], answer: list[Any]) -> list[T]:
        """What a process has answered about some files."""
        made: list[T] = []
        for found, examined in zip(part, unpacked(answer), strict=True):
            if self._stopped.is_set():  # another program would be asked for the rest
                break
            seconds = self.options.seconds(found.size)
            made += self.of(batch.finished(examined, self.options, seconds, found.path.read_bytes))
        return made

    def _answered(self, part: list[Found], answers: Iterator[Any]) -> list[T] | None:
        started = time.perf_counter()
        answer = next(answers)
        if not isinstance(answer, confined.Failed):
            return self.received(part, answer)
        if not isinstance(answer.error, Unchecked):
            raise answer.error
        if len(part) > 1:
            return None
        return self.of([self._unchecked(part[0], answer.error, 1000 * (time.perf_counter() - started))])

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

    def received(self, part: list[Found], answer: list[Any]) -> list[Piece]:
        """See _Run."""
        said, written = answer
        text, made, at = written.decode("utf-8", "surrogatepass"), list[Piece](), 0
        for file, verdict, severities, length in said:
            made.append(Piece(file, verdict, severities, text[at : at + length]))
            at += length
        return made


def _is_read_there(found: Found) -> bool:
    return found.problem is None and found.name != STDIN


def in_child(names: list[str], options: str) -> list[Any]:
    """What a limited process runs for some files: of each its reports, and what the official engine needs, packed."""
    how = _options(options)
    return packed(_examined(names, how))


def written_in_child(names: list[str], options: str, form: str) -> list[Any]:
    """As `in_child`, for reports that are written there: pieces as lists of what they hold, for each text its length;
    and all texts as one, in UTF-8.
    """
    how = _options(options)
    made = list(pieces((one.report for some in _examined(names, how) for one in some), form))
    text = "".join(one.text for one in made)
    said = [[one.file, one.verdict, one.severities, len(one.text)] for one in made]
    return [said, text.encode("utf-8", "surrogatepass")]


def _examined(names: list[str], how: Options) -> list[list[Examined]]:
    """What each file comes to. All are read first: between verdicts, which need all caches, that takes longer."""
    from einvoice.validation.deliveries import examined

    read = [(name, batch.read_found(Found(name), how)) for name in names]
    return [
        [Examined(data)] if isinstance(data, Report) else examined(data, name, how) for name, data in read
    ]


def load(options: str) -> None:
    """Loads rules and schemas, in the process that others are forked from, by checking an invoice of our own."""
    _examined([str(data.folder("samples") / "01-skonto.xml")], _options(options))


_nursery = Nursery("einvoice.validation.abreast:load")
_children = confined.Pool(lambda memory_mb: confined.Child(memory_mb, born=_born))


def _born(memory_mb: int) -> Born | None:
    return _nursery.born(memory_mb, {"options": json.dumps(batch.options_plain(Options()))})


@functools.lru_cache(maxsize=4)
def _options(told: str) -> Options:
    return batch.options_from(json.loads(told))
