"""Fetching all sources side by side: each under its lease, none stopped by another, nothing acknowledged before it
is safe."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.intake.connecting import connected
from einvoice.intake.settings import SourceSettings
from einvoice.intake.source import Broken, Gone, Ready, Source, SourceProblem, TooBig
from einvoice.pipeline.receiving import (
    Handed,
    cursor,
    handles,
    move_cursor,
    source_id,
    storable,
    store_deliveries,
)
from einvoice.pipeline.releasing import release
from einvoice.pipeline.workplace import Opened
from einvoice.store import times
from einvoice.store.leases import SECONDS, take, taken

AT_ONCE = 8
GROUP, GROUP_BYTES, GROUP_SECONDS = 250, 8_000_000, 3.0
"""So many deliveries, so many bytes, or what comes in so long a time, is made durable and recorded together."""

_ATTEMPTS = 10
_MISSES = 3
_BREAKS = 2
_RENEWED = SECONDS / 5
_NOTED = timedelta(minutes=5)


@dataclass(slots=True)
class Fetched:
    """What came of a source. problems: what is left over there, a sentence each. tried: its time had come."""

    received: int = 0
    released: int = 0
    problems: list[EinvoiceError] = field(default_factory=list)
    tried: bool = False


def fetch(
    place: Opened, sources: Sequence[SourceSettings], holder: str, *, due_only: bool = True
) -> list[Fetched]:
    """Fetches the sources side by side. Raises StoreError where store or archive cannot be used.

    due_only: a source whose time has not come (`every`, `at`) is left alone.
    """
    stop = threading.Event()

    def one(settings: SourceSettings) -> Fetched:
        with taken(place.store, f"source/{settings.name}", holder) as ours:
            return _fetch(place, settings, holder, stop, due_only) if ours else Fetched()

    return _side_by_side([lambda settings=settings: one(settings) for settings in sources], stop)  # type: ignore[misc]


def _side_by_side(tasks: Sequence[Callable[[], Fetched]], stop: threading.Event) -> list[Fetched]:
    """Runs tasks in threads; an error of one is raised when all have ended. Interrupted, it does not wait for any."""
    room = threading.BoundedSemaphore(AT_ONCE)
    done: list[Fetched] = [Fetched() for _ in tasks]
    errors: list[BaseException] = []

    def work(number: int) -> None:
        with room:
            try:
                done[number] = tasks[number]()
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(tasks))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        stop.set()
        deadline = time.monotonic() + 3
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        raise
    if errors:
        raise errors[0]
    return done


def _fetch(
    place: Opened, settings: SourceSettings, holder: str, stop: threading.Event, due_only: bool
) -> Fetched:
    result, number = Fetched(), None
    try:
        number = source_id(place, settings.name, settings.kind, settings.tenant)
        said = dict(cursor(place, number))
        last = times.moment(said["fetched"]) if "fetched" in said else None
        if due_only and not settings.due(last, datetime.now(UTC)):
            return result
        result.tried = True
        started = times.utc_now()
        job = _Job(place, settings, number, holder, stop, result)
        _persistently(job)
        result.released = job.released
        if _telling(settings, said, result):
            _went(place, settings, number, said, started)
    except (SourceProblem, ConfigurationError) as error:
        result.tried = True
        say(result, settings, error)
        if number is not None:
            _failed(place, number, error)
    return result


def _telling(settings: SourceSettings, said: Mapping[str, object], result: Fetched) -> bool:
    """Whether a fetch that went well is worth a note: the next one's time hangs on it, a fault is over, something
    came, or the last note is old. A source that is looked at all the time and is empty writes nothing.
    """
    if settings.every is not None or settings.at or "failed" in said or result.received or result.problems:
        return True
    last = said.get("succeeded")
    return last is None or datetime.now(UTC) - times.moment(str(last)) > _NOTED


def _went(
    place: Opened, settings: SourceSettings, number: int, said: dict[str, object], started: str
) -> None:
    """Notes that a fetch went well: for when the next is due, and for whoever looks after the sources."""
    kept = {key: value for key, value in said.items() if key not in ("failed", "fault")}
    due = {"fetched": started} if settings.every is not None or settings.at else {}
    move_cursor(place, number, kept | due | {"succeeded": started})


def _failed(place: Opened, number: int, error: EinvoiceError) -> None:
    """Notes why a fetch went wrong, in German and English."""
    fault = {"failed": times.utc_now(), "fault": [error.said("de"), error.said("en")]}
    move_cursor(place, number, {**cursor(place, number), **fault})


def _persistently(job: "_Job") -> None:
    """Connects again where a connection broke off, as long as that brings something new.

    Something new is also to know which one thing breaks it: that is left out after the second time.
    """
    for attempt in range(_ATTEMPTS):
        before = job.progress
        try:
            with connected(job.settings, commands=job.place.workplace.given) as source:
                job.take_all(source)
                job.released += release(job.place, job.settings, job.source, source)
            return
        except Broken:
            if attempt == _ATTEMPTS - 1 or job.progress == before:
                raise


@dataclass(slots=True)
class _Job:
    """One source on its way: what was done so far, and when to stop."""

    place: Opened
    settings: SourceSettings
    source: int
    holder: str
    stop: threading.Event
    result: Fetched
    progress: int = 0
    released: int = 0
    misses: int = 0
    broke: Counter[str] = field(default_factory=Counter)
    _renewed: float = field(default_factory=time.monotonic)
    _began: float = field(default_factory=time.monotonic)
    _read: list[tuple[Ready, bytes]] = field(default_factory=list)
    _bytes: int = 0
    _first: float = 0.0

    def take_all(self, source: Source) -> None:
        """Takes what is ready, within the source's limits: read in groups, each kept before it is acknowledged."""
        known = handles(self.place, self.source) if source.remembers else frozenset()
        try:
            for one in source.ready():
                if storable(one.handle) in known:
                    continue
                if self.broke[one.handle] >= _BREAKS:
                    self._say(_unreadable(one))
                    continue
                if not self._may_go_on():
                    break
                self._take(source, one)
        finally:
            kept = self._keep(source)
        self._acknowledge(source, kept)

    def _take(self, source: Source, one: Ready) -> None:
        """Reads one; with it the group may be full."""
        data = self._data(source, one)
        if data is None:
            return
        self.misses = 0
        if not self._read:
            self._first = time.monotonic()
        self._read.append((one, data))
        self._bytes += len(data)
        if self._full():
            self._acknowledge(source, self._keep(source))

    def _data(self, source: Source, one: Ready) -> bytes | None:
        """Its bytes; None where they cannot be had now."""
        try:
            if one.size is not None and one.size > self.settings.limit_bytes:
                raise TooBig(one.size)
            return source.read(one)
        except Gone:
            pass
        except TooBig as error:
            self._say(_too_big(one, error.size, self.settings.limit_mb))
        except Broken:
            self._broken(one)
            raise
        except SourceProblem as error:
            self._missed(error)
        return None

    def _full(self) -> bool:
        """Whether what was read is to be kept now: it is much, or has waited long."""
        waited = time.monotonic() - self._first
        return len(self._read) >= GROUP or self._bytes >= GROUP_BYTES or waited >= GROUP_SECONDS

    def _keep(self, source: Source) -> list[Ready]:
        """Makes what was read durable, all of it together; what may now be acknowledged."""
        read, self._read, self._bytes = self._read, [], 0
        if not read:
            return []
        receipts = store_deliveries(
            self.place,
            self.source,
            [Handed(one.handle, one.name, data) for one, data in read],
            by_bytes=source.identity == "bytes",
            answer=self.settings.answer != "off" and self.place.workplace.mail is not None,
        )
        new = sum(not receipt.known for receipt in receipts)
        self.result.received += new
        self.progress += new
        return [one for one, _ in read]

    def _acknowledge(self, source: Source, kept: list[Ready]) -> None:
        for one in kept:
            try:
                source.acknowledge(one)
                self.progress += 1
            except Broken:
                self._broken(one)
                raise
            except SourceProblem as error:
                self._missed(error)

    def _broken(self, one: Ready) -> None:
        """What breaks a connection again and again is left out in the end; knowing it is progress."""
        self.broke[one.handle] += 1
        self.progress += 1

    def _missed(self, error: SourceProblem) -> None:
        """One thing that could not be taken does not stop the others; several in a row mean the source itself."""
        self._say(error)
        self.misses += 1
        if self.misses >= _MISSES:
            raise error

    def _may_go_on(self) -> bool:
        now = time.monotonic()
        taken = self.result.received + len(self._read)
        if self.settings.limit_count is not None and taken >= self.settings.limit_count:
            return False
        if self.settings.limit_seconds is not None and now - self._began >= self.settings.limit_seconds:
            return False
        if now - self._renewed > _RENEWED:
            self._renewed = now
            if not take(self.place.store, f"source/{self.settings.name}", self.holder):
                return False
        return not self.stop.is_set()

    def _say(self, error: SourceProblem) -> None:
        say(self.result, self.settings, error)


def _too_big(one: Ready, size: int, limit: int) -> SourceProblem:
    return SourceProblem(
        f"{one.name}: {size} bytes are more than limit_mb = {limit}; it stays where it is",
        f"{one.name}: {size} Bytes sind mehr als limit_mb = {limit}; es bleibt liegen",
    )


def _unreadable(one: Ready) -> SourceProblem:
    return SourceProblem(
        f"{one.name}: the connection breaks off whenever it is read; it stays where it is",
        f"{one.name}: Beim Lesen bricht jedes Mal die Verbindung ab; es bleibt liegen",
    )


def say(result: Fetched, settings: SourceSettings, error: EinvoiceError) -> None:
    """Notes a problem, with its source's name before it, once."""
    named = SourceProblem(f"{settings.name}: {error}", f"{settings.name}: {error.said('de')}")
    if str(named) not in {str(known) for known in result.problems}:
        result.problems.append(named)
