"""The run, again and again: sources in their own rhythm, what fails left alone longer each time, folders looked at
every second, mailboxes listened to. Nothing is kept in memory between rounds but figures, so it may be killed and
started at any time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from einvoice.errors import EinvoiceError, StoreError
from einvoice.intake.settings import FolderSettings, ImapSettings, SourceSettings
from einvoice.pipeline.course import Course
from einvoice.pipeline.listening import Listening
from einvoice.pipeline.run import cycle
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.supervision import Supervisor
from einvoice.pipeline.workplace import Opened

_TICK = 0.5
"""Seconds between two looks at the folders and at the wish to stop."""


@dataclass(slots=True)
class Watch:
    """Rounds without end. every: seconds between them. ended: told what each round did, or why it could not.

    A store that cannot be used now (a server restarted, a disk full) is tried again, later each time.
    """

    place: Opened
    course: Course
    every: float
    jobs: int
    ended: Callable[[RunSummary | StoreError], None]
    supervisor: Supervisor = field(default_factory=Supervisor)
    _seen: dict[str, int] = field(default_factory=dict)
    _mails: Listening = field(default_factory=lambda: Listening((), commands=False))

    def go(self) -> int:
        """Works until a signal comes; its exit code. Raises StoreError where the very first round cannot begin."""
        self.course.alive = self.supervisor.moved
        mailboxes = [one for one in self._whenever() if isinstance(one, ImapSettings)]
        self._mails = Listening(mailboxes, self.place.workplace.given)
        with self.supervisor.watched():
            self._round(first=True)
            self.supervisor.tell("READY=1", "STATUS=watching")
            while not self.course.stop:
                with self.course.stop.at_once():
                    self._wait()
                if not self.course.stop:
                    self._round()
        self.supervisor.tell("STOPPING=1")
        return self.course.stop.code or 0

    def _round(self, *, first: bool = False) -> None:
        self._seen = {one.name: _changed(one) for one in self._folders()}
        chosen = [
            one for one in self.place.workplace.sources if self.course.patience.may(f"source/{one.name}")
        ]
        if not self.course.patience.may("store"):
            return
        try:
            summary = cycle(self.place, self.course, chosen, jobs=self.jobs)
        except StoreError as error:
            if first:
                raise
            self.course.patience.note("store", worked=False)
            self.ended(error)
            return
        self.course.patience.note("store", worked=True)
        self.ended(summary)

    def _wait(self) -> None:
        """Until the next round is due: the time between rounds is over, or something came to a folder or mailbox."""
        due = time.monotonic() + self.every
        while (left := due - time.monotonic()) > 0:
            self.supervisor.moved()
            time.sleep(min(_TICK, left))
            if self._mails.came():
                return
            for one in self._folders():
                now = _changed(one)
                if now != self._seen.get(one.name):
                    self._seen[one.name] = now
                    due = min(due, time.monotonic() + one.quiet_seconds + _TICK)

    def _folders(self) -> list[FolderSettings]:
        return [one for one in self._whenever() if isinstance(one, FolderSettings)]

    def _whenever(self) -> list[SourceSettings]:
        """The sources that are read whenever there is a round: those with times of their own keep to them."""
        return [one for one in self.place.workplace.sources if one.every is None and not one.at]


def _changed(source: FolderSettings) -> int:
    """A number that changes when something comes into a folder or leaves it; 0 if it cannot be looked at."""
    try:
        return source.folder.stat().st_mtime_ns
    except OSError:
        return 0


def news(told: set[str], problems: list[EinvoiceError]) -> list[EinvoiceError]:
    """The problems that were not there the round before; `told` is brought up to date."""
    fresh = [one for one in problems if str(one) not in told]
    told.clear()
    told.update(str(one) for one in problems)
    return fresh
