"""Many files, one report per document, in input order: in this process, or in limited processes side by side.

A document that takes too long, needs too much memory or kills its process is one unchecked; the rest goes on.
"""

import hashlib
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.formats.opening import is_plain
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.deliveries import Examined, completed, examined
from einvoice.validation.files import STDIN, Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report, report_from

CHUNK = 16
"""Files that one process takes at a time: enough to keep it busy, few enough to stream the results."""


def validate_files(files: Iterable[Found], options: Options, jobs: int = 1) -> Iterator[Report]:
    """The reports of all files, streamed in input order. `jobs` > 1: limited processes side by side.

    A run that is broken off (Ctrl-C, or nobody asks for more) ends its processes at once.
    """
    if jobs <= 1:
        for found in files:
            yield from validate_file(found, options)
        return
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
    for found in files:
        chunk.append(found)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


class _Run:
    """What several threads have in common: the options, and whether to go on."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._stopped = threading.Event()
        self._threads: set[int] = set()

    def chunk(self, files: list[Found]) -> list[Report]:
        """The reports of some files, all in one limited process."""
        self._threads.add(threading.get_ident())
        reports: list[Report] = []
        with confined.borrowed(self.options.limit_memory) as child:
            for found in files:
                if self._stopped.is_set():
                    break
                reports += validate_file(found, self.options, child)
        return reports

    def stop(self) -> None:
        """Nothing new is begun; what is under way ends with its process."""
        self._stopped.set()
        confined.end_calls(self._threads)


def validate_file(found: Found, options: Options, child: confined.Child | None = None) -> list[Report]:
    """The reports of one file, whatever it is: never raises for what the file holds.

    With `child` everything runs there; without, only what needs a limited process does.
    """
    data = read_found(found, options)
    return [data] if isinstance(data, Report) else validate_bytes(data, found.name, options, child)


def validate_variants(found: Found, variants: Sequence[Options]) -> tuple[list[Report], ...]:
    """The reports of one file by each of several options; it is read once."""
    data = read_found(found, variants[0])
    if isinstance(data, Report):
        return tuple([replace(data)] for _ in variants)
    return tuple(validate_bytes(data, found.name, options) for options in variants)


def read_found(found: Found, options: Options) -> bytes | Report:
    """The bytes of a file, or the report that says why there are none."""
    if found.problem is not None:
        return unopened(found.name, found.problem, options)
    try:
        return sys.stdin.buffer.read() if found.name == STDIN else found.path.read_bytes()
    except OSError as error:
        problem = Problem("EI-FILE", {"why": "unreadable", "detail": error.strerror or str(error)})
        return unopened(found.name, problem, options)


def validate_bytes(
    data: bytes, name: str, options: Options, child: confined.Child | None = None
) -> list[Report]:
    """The reports of one delivery. Containers and big XML are opened in a limited process."""
    seconds = options.seconds(len(data))
    started = time.perf_counter()
    try:
        found = _examined(data, name, options, child, seconds)
    except Unchecked as error:
        return [unchecked(data, name, error.said(options.lang), 1000 * (time.perf_counter() - started))]
    reports = completed(found, options, seconds)
    if options.verapdf:
        from einvoice.validation import pdfa

        pdfa.examine(reports, data, options)
    return reports


def _examined(
    data: bytes, name: str, options: Options, child: confined.Child | None, seconds: float
) -> list[Examined]:
    if child is None and is_plain(data):
        return examined(data, name, options)
    if child is None:
        with confined.borrowed(options.limit_memory) as child:
            return _examined(data, name, options, child, seconds)
    arguments = {"data": data, "name": name, "options": options_plain(options)}
    found = child.call("einvoice.validation.batch:in_child", arguments, seconds)
    return [Examined(report_from(report), document) for report, document in found]


def in_child(data: bytes, name: str, options: dict[str, Any]) -> list[list[Any]]:
    """What a limited process runs for one delivery: reports as plain dicts, and documents for the official engine."""
    found = examined(data, name, options_from(options))
    return [[one.report.as_dict(), one.document] for one in found]


def options_plain(options: Options) -> dict[str, Any]:
    """Options as plain values."""
    return {**asdict(options), "day": options.day.isoformat() if options.day else None}


def options_from(plain: dict[str, Any]) -> Options:
    """The counterpart of `options_plain`."""
    day = plain["day"]
    kept = {name: tuple(plain[name]) for name in ("installed", "house")}
    plain = {**plain, **kept, "verapdf": ()}
    return Options(**{**plain, "day": date.fromisoformat(day) if day else None})


def unopened(name: str, problem: Problem, options: Options) -> Report:
    """The report of a file that is not opened or cannot be read: unchecked, with the reason."""
    finding = own.finding(problem, options.lang)
    return Report(name, None, None, "xml", None, "unchecked", reason=finding.message, findings=[finding])


def unchecked(data: bytes, name: str, reason: str, milliseconds: float) -> Report:
    """The report of a delivery that our side could not check."""
    from einvoice.formats.delivery import sniff

    digest = hashlib.sha256(data).hexdigest()
    report = Report(name, None, None, sniff(data, name), digest, "unchecked", reason=reason)
    report.milliseconds = round(milliseconds, 3)
    return report
