"""Many files, one report per document, in input order: in this process, or in limited processes side by side.

A document that takes too long, needs too much memory or kills its process is one unchecked; the rest goes on.
"""

import hashlib
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from typing import Any

from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.formats.opening import is_plain
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.deliveries import validate_delivery
from einvoice.validation.files import STDIN, Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report, report_from

CHUNK = 16
"""Files that one process takes at a time: enough to keep it busy, few enough to stream the results."""


def validate_files(files: Iterable[Found], options: Options, jobs: int = 1) -> Iterator[Report]:
    """The reports of all files, streamed in input order. `jobs` > 1: limited processes side by side."""
    if jobs <= 1:
        for found in files:
            yield from validate_file(found, options)
        return
    with ThreadPoolExecutor(jobs) as threads:
        waiting: deque[Future[list[Report]]] = deque()
        for chunk in _chunks(files):
            waiting.append(threads.submit(_chunk_in_child, chunk, options))
            if len(waiting) > 2 * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _chunks(files: Iterable[Found]) -> Iterator[list[Found]]:
    chunk: list[Found] = []
    for found in files:
        chunk.append(found)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _chunk_in_child(chunk: list[Found], options: Options) -> list[Report]:
    with confined.borrowed(options.limit_memory) as child:
        return [report for found in chunk for report in validate_file(found, options, child)]


def validate_file(found: Found, options: Options, child: confined.Child | None = None) -> list[Report]:
    """The reports of one file, whatever it is: never raises for what the file holds.

    With `child` everything runs there; without, only what needs a limited process does.
    """
    if found.problem is not None:
        return [unopened(found.name, found.problem, options)]
    try:
        data = sys.stdin.buffer.read() if found.name == STDIN else found.path.read_bytes()
    except OSError as error:
        problem = Problem("EI-FILE", {"why": "unreadable", "detail": error.strerror or str(error)})
        return [unopened(found.name, problem, options)]
    return validate_bytes(data, found.name, options, child)


def validate_bytes(
    data: bytes, name: str, options: Options, child: confined.Child | None = None
) -> list[Report]:
    """The reports of one delivery. Containers and big XML are opened in a limited process."""
    if child is None:
        if is_plain(data):
            return validate_delivery(data, name, options)
        with confined.borrowed(options.limit_memory) as child:
            return validate_bytes(data, name, options, child)
    started = time.perf_counter()
    arguments = {"data": data, "name": name, "options": options_plain(options)}
    try:
        reports = child.call("einvoice.validation.batch:in_child", arguments, options.seconds(len(data)))
    except Unchecked as error:
        return [unchecked(data, name, str(error), 1000 * (time.perf_counter() - started))]
    return [report_from(one) for one in reports]


def in_child(data: bytes, name: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """What a limited process runs for one delivery: reports as plain dicts."""
    return [report.as_dict() for report in validate_delivery(data, name, options_from(options))]


def options_plain(options: Options) -> dict[str, Any]:
    """Options as plain values."""
    return {**asdict(options), "day": options.day.isoformat() if options.day else None}


def options_from(plain: dict[str, Any]) -> Options:
    """The counterpart of `options_plain`."""
    day = plain["day"]
    plain = {**plain, "installed": tuple(plain["installed"])}
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
