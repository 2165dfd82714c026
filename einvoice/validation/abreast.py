"""Many files in limited processes side by side, some at a time; the reports come in input order.

A process is told names, reads the files itself and answers with plain values, so that this one has little to do
for each document: it is what keeps several processes from waiting for it.
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
from typing import Any

from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.validation import batch
from einvoice.validation.deliveries import Examined, examined
from einvoice.validation.files import STDIN, Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report, report_from

CHUNK, CHUNK_BYTES = 16, 4_000_000
"""Files, or bytes, that one process takes at a time: enough to keep it busy, few enough to stream the results."""


def validate_abreast(files: Iterable[Found], options: Options, jobs: int) -> Iterator[Report]:
    """The reports of all files, streamed in input order, made in `jobs` limited processes.

    A run that is broken off (Ctrl-C, or nobody asks for more) ends its processes at once.
    """
    run = _Run(options)
    with ThreadPoolExecutor(jobs) as threads:
        waiting: deque[Future[list[Report]]] = deque()
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


class _Run:
    """What several threads have in common: the options, and whether to go on."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._told = json.dumps(batch.options_plain(options))
        self._stopped = threading.Event()
        self._threads: set[int] = set()

    def chunk(self, files: list[Found]) -> list[Report]:
        """The reports of some files, all in one limited process that is asked for them in one message."""
        self._threads.add(threading.get_ident())
        reports: list[Report] = []
        with confined.borrowed(self.options.limit_memory) as child:
            asked = [self._asked(one) for one in files if _is_read_there(one)]
            with contextlib.closing(child.calls("einvoice.validation.abreast:in_child", asked)) as answers:
                for found in files:
                    if self._stopped.is_set():
                        break
                    if _is_read_there(found):
                        reports += self._answered(found, answers)
                    else:
                        reports += batch.validate_file(found, self.options)
        return reports

    def stop(self) -> None:
        """Nothing new is begun; what is under way ends with its process."""
        self._stopped.set()
        confined.end_calls(self._threads)

    def _asked(self, found: Found) -> tuple[dict[str, Any], float]:
        arguments = {"name": found.name, "options": self._told}
        return arguments, self.options.seconds(found.size)

    def _answered(self, found: Found, answers: Iterator[Any]) -> list[Report]:
        started = time.perf_counter()
        answer = next(answers)
        if isinstance(answer, confined.Failed):
            if not isinstance(answer.error, Unchecked):
                raise answer.error
            return [self._unchecked(found, answer.error, 1000 * (time.perf_counter() - started))]
        examined = [Examined(report_from(report), document) for report, document in answer]
        return batch.finished(examined, self.options, self.options.seconds(found.size), found.path.read_bytes)

    def _unchecked(self, found: Found, error: Unchecked, milliseconds: float) -> Report:
        """What its process gave up on, or the file went away after that."""
        try:
            data = found.path.read_bytes()
        except OSError as gone:
            return batch.unreadable(found.name, gone, self.options)
        return batch.unchecked(data, found.name, error.said(self.options.lang), milliseconds)


def _is_read_there(found: Found) -> bool:
    return found.problem is None and found.name != STDIN


def in_child(name: str, options: str) -> list[list[Any]]:
    """What a limited process runs for one file: reports as plain dicts, and documents for the official engine."""
    how = _options(options)
    try:
        found = examined(Path(name).read_bytes(), name, how)
    except OSError as error:
        found = [Examined(batch.unreadable(name, error, how))]
    return [[one.report.as_dict(), one.document] for one in found]


@functools.lru_cache(maxsize=4)
def _options(told: str) -> Options:
    return batch.options_from(json.loads(told))
