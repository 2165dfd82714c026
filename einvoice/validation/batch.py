"""Files and bytes become reports, one per document: in this process, or in limited ones where that is safer.

A document that takes too long, needs too much memory or kills its process is one unchecked; the rest goes on.
What judges is loaded with the first document: a process that only leads others needs none of it.
"""

import functools
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from einvoice.errors import Unchecked
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.examined import Examined, completed, packed, unpacked
from einvoice.validation.files import Found
from einvoice.validation.options import Options
from einvoice.validation.report import Report

if TYPE_CHECKING:
    from einvoice.confined import Child
    from einvoice.validation.deliveries import Look
    from einvoice.validation.reports.pieces import Piece


def validate_files(files: Iterable[Found], options: Options, jobs: int = 1) -> Iterator[Report]:
    """The reports of all files, streamed in input order. `jobs` > 1: limited processes side by side."""
    if jobs > 1:
        from einvoice.validation.abreast import validate_abreast

        yield from validate_abreast(files, options, jobs)
        return
    for found in files:
        yield from validate_file(found, options)


def written_files(files: Iterable[Found], options: Options, jobs: int, form: str) -> "Iterator[Piece]":
    """As `validate_files`, the reports as a format of `reports.pieces` writes them."""
    if jobs > 1:
        from einvoice.validation.abreast import pieces_abreast

        return pieces_abreast(files, options, jobs, form)
    from einvoice.validation.reports.pieces import pieces

    return pieces(validate_files(files, options), form)


def validate_file(found: Found, options: Options) -> list[Report]:
    """The reports of one file, whatever it is: never raises for what the file holds."""
    data = read_found(found, options)
    return [data] if isinstance(data, Report) else validate_bytes(data, found.name, options)


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
        return found.read()
    except OSError as error:
        return unreadable(found.name, error, options)


def validate_bytes(data: bytes, name: str, options: Options, child: "Child | None" = None) -> list[Report]:
    """The reports of one delivery. Containers and big XML are opened in a limited process; in `child` all is."""
    return [one.report for one in examine_bytes(data, name, options, child)]


def examine_bytes(
    data: bytes, name: str, options: Options, child: "Child | None" = None, look: "Look | None" = None
) -> list[Examined]:
    """As `validate_bytes`, with what a look made of each document that is opened in this process."""
    seconds = options.seconds(len(data))
    started = time.perf_counter()
    try:
        found = _examined(data, name, options, seconds, child, look)
    except Unchecked as error:
        milliseconds = 1000 * (time.perf_counter() - started)
        return [Examined(unchecked(data, name, error.said(options.lang), milliseconds))]
    finished(found, options, seconds, lambda: data)
    return found


def finished(
    found: list[Examined], options: Options, seconds: float, data: Callable[[], bytes]
) -> list[Report]:
    """The reports of a delivery, other programs heard where they were asked for; `data` gives its bytes."""
    reports = completed(found, options, seconds)
    if options.verapdf:
        from einvoice.validation import pdfa

        pdfa.examine(reports, data(), options)
    return reports


def _examined(
    data: bytes,
    name: str,
    options: Options,
    seconds: float,
    child: "Child | None",
    look: "Look | None" = None,
) -> list[Examined]:
    is_plain, examined = _judging()
    if child is None and is_plain(data):
        return examined(data, name, options, look)
    if child is None:
        from einvoice import confined

        with confined.borrowed(options.limit_memory) as child:
            return _examined(data, name, options, seconds, child)
    arguments = {"data": data, "name": name, "options": options_plain(options)}
    found = child.call("einvoice.validation.batch:in_child", arguments, seconds)
    (judged,) = unpacked(found)
    return judged


@functools.cache
def _judging() -> tuple[Callable[[bytes], bool], Callable[..., list[Examined]]]:
    """What judges, loaded with the first document; to import it anew with each takes as long as a rule or two."""
    from einvoice.formats.opening import is_plain
    from einvoice.validation.deliveries import examined

    return is_plain, examined


def in_child(data: bytes, name: str, options: dict[str, Any]) -> list[Any]:
    """What a limited process runs for one delivery: reports, and documents for the official engine, packed."""
    _, examined = _judging()
    return packed([examined(data, name, options_from(options))])


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


def unreadable(name: str, error: OSError, options: Options) -> Report:
    """The report of a file that the system does not let us read."""
    return unopened(
        name, Problem("EI-FILE", {"why": "unreadable", "detail": error.strerror or str(error)}), options
    )


def unchecked(data: bytes, name: str, reason: str, milliseconds: float) -> Report:
    """The report of a delivery that our side could not check."""
    from einvoice.formats.delivery import sniff

    digest = hashlib.sha256(data).hexdigest()
    report = Report(name, None, None, sniff(data, name), digest, "unchecked", reason=reason)
    report.milliseconds = round(milliseconds, 3)
    return report
