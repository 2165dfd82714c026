"""The nightly job: fetch, store, check, route, export, answer. Safe to repeat and to kill; several at once do not
disturb one another."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from einvoice.errors import ConfigurationError, EinvoiceError, StoreError, Unchecked
from einvoice.intake.settings import BERLIN, SourceSettings
from einvoice.pipeline.ahead import Ahead, Look, Stopped
from einvoice.pipeline.answering import compose
from einvoice.pipeline.automatic import export_closed
from einvoice.pipeline.course import Course
from einvoice.pipeline.expiring import expire
from einvoice.pipeline.fetching import fetch
from einvoice.pipeline.morning import morning
from einvoice.pipeline.publishing import publish_daily, refuse_older
from einvoice.pipeline.results import write_report
from einvoice.pipeline.rules import refresh
from einvoice.pipeline.sending import deliver
from einvoice.pipeline.steps import check_delivery, leave_arrivals, route_invoice, sweep
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, times
from einvoice.store.archive import Damaged
from einvoice.store.leases import SECONDS, claim, give_all_back, new_holder
from einvoice.store.tables import Delivery, Invoice

WINDOW = 32
"""Deliveries whose leases are taken together, in one transaction."""

_RENEWED = SECONDS / 5


def run(
    place: Opened, course: Course | None = None, sources: Sequence[str] = (), *, jobs: int = 1
) -> RunSummary:
    """Does all that can be done now. jobs: how many processes look at deliveries side by side.

    sources: fetches these alone, also if their time has not come; without, all whose time has come.
    Raises ConfigurationError for a source that is not there, StoreError where store or archive cannot be used and
    nothing was done.
    """
    chosen = place.workplace.source_named(*sources) if sources else place.workplace.sources
    return cycle(place, course or Course(), chosen, due_only=not sources, jobs=jobs)


def cycle(
    place: Opened, course: Course, sources: Sequence[SourceSettings], *, due_only: bool = True, jobs: int = 1
) -> RunSummary:
    """One run over these sources; see `run`."""
    job = _Run(place, course, sources, due_only, jobs)
    course.log("run-started", sources=len(sources))
    try:
        for name, step in job.steps():
            if course.stop:
                break
            with course.step(name):
                step()
            job.tell(name)
    except StoreError as error:
        course.log("problem", step="run", kind=type(error).__name__)
        if job.summary.idle:
            raise
        job.summary.problems.append(error)
    return job.end()


@dataclass(slots=True)
class _Run:
    """A run on its way."""

    place: Opened
    course: Course
    chosen: Sequence[SourceSettings]
    due_only: bool
    jobs: int
    summary: RunSummary = field(default_factory=RunSummary)
    holder: str = field(default_factory=new_holder)
    _told: int = 0

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """The steps in their order."""
        return [
            ("prepare", self._prepare),
            ("fetch", self._fetch),
            ("process", self._process),
            ("expire", self._expire),
            ("export", self._export),
            ("publish", self._publish),
            ("morning", self._morning),
            ("answer", self._answer),
        ]

    def tell(self, step: str) -> None:
        """Logs what is left over since the last step."""
        for problem in self.summary.problems[self._told :]:
            self.course.log("problem", step=step, kind=type(problem).__name__)
        self._told = len(self.summary.problems)

    def end(self) -> RunSummary:
        """The summary, complete."""
        summary = self.summary
        summary.ended, summary.stopped = times.utc_now(), self.course.stop.code
        self.course.log(
            "run-ended",
            received=summary.received,
            deliveries=len(summary.deliveries),
            exported=summary.exported,
            problems=len(summary.problems),
        )
        return summary

    def _prepare(self) -> None:
        refuse_older(self.place)
        self.place.archive.sweep()
        sweep(self.place)
        refresh(self.place)

    def _fetch(self) -> None:
        with self.course.stop.at_once():
            found = fetch(self.place, self.chosen, self.holder, due_only=self.due_only)
            for source, fetched in zip(self.chosen, found, strict=True):
                self.summary.sources[source.name] = fetched
                self.summary.received += fetched.received
                self.summary.released += fetched.released
                self.summary.problems += fetched.problems
                if fetched.tried:
                    self.course.fetched(source.name, fetched.received, len(fetched.problems))

    def _process(self) -> None:
        numbers = open_deliveries(self.place)
        self.summary.waiting = len(numbers)
        with Ahead(self.place, self.jobs, self.course.stop) as ahead:
            for window in _windows(numbers):
                with contextlib.suppress(Stopped), _Leases(self.place, self.holder, window) as leases:
                    for number, look in ahead.looks(leases.ours):
                        if self.course.stop:
                            return
                        if leases.keep(number):
                            self._one(number, look)
                sweep(self.place)
                if self.course.stop:
                    return

    def _one(self, number: int, look: Look) -> None:
        """One delivery, whatever happens in it: the others go on. A store that cannot be used ends the run."""
        began = time.monotonic()
        try:
            self._settle(number, look)
        except (Stopped, StoreError) as error:
            if not isinstance(error, Damaged):
                raise
            self.summary.problems.append(error)
        except Exception as error:  # a mistake of ours, met by one delivery, is not the others'
            self.summary.problems.append(_unforeseen(number, error))
        self.summary.deliveries.append(number)
        self.course.log("delivery-done", delivery=number, seconds=round(time.monotonic() - began, 3))
        self.course.progress(len(self.summary.deliveries), self.summary.waiting)
        self.course.alive()

    def _settle(self, number: int, look: Look) -> None:
        with self.course.step("check"):
            found = look.found()
        if found is not None:
            with self.course.step("record"):
                reports = check_delivery(self.place, number, found)
            self.course.verdicts.update(report.verdict for report in reports)
            unchecked = [report for report in reports if report.verdict == "unchecked"]
            self.summary.problems += [Unchecked(f"{report.file}: {report.reason}") for report in unchecked]
        with self.course.step("report"):
            write_report(self.place, number)
        with self.course.step("route"):
            for invoice in _checked(self.place, number):
                route_invoice(self.place, invoice)
            leave_arrivals(self.place, number)

    def _expire(self) -> None:
        expire(self.place, datetime.now(BERLIN).date(), people.SERVICE, by_run=True)

    def _export(self) -> None:
        exported = export_closed(self.place, self.course.patience)
        self.summary.exported = exported.batches
        self.summary.problems += exported.problems

    def _publish(self) -> None:
        try:
            publish_daily(self.place)
        except (StoreError, ConfigurationError) as error:
            self.summary.problems.append(error)

    def _morning(self) -> None:
        self.summary.problems += morning(self.place)

    def _answer(self) -> None:
        self.summary.problems += compose(self.place)
        self.summary.problems += deliver(self.place)


class _Leases:
    """The leases of some deliveries, taken and given back together, renewed while they are worked on."""

    def __init__(self, place: Opened, holder: str, numbers: Sequence[int]) -> None:
        self._place, self._holder = place, holder
        self._names = {f"delivery/{number}": number for number in numbers}

    def __enter__(self) -> "_Leases":
        self._claim()
        return self

    def _claim(self) -> None:
        taken = claim(self._place.store, list(self._names), self._holder, len(self._names))
        self._claimed = time.monotonic()
        self._names = {name: self._names[name] for name in taken}

    @property
    def ours(self) -> list[int]:
        """The deliveries nobody else works on."""
        return list(self._names.values())

    def keep(self, number: int) -> bool:
        """Whether a delivery is still ours; leases that have lasted long are renewed."""
        if time.monotonic() - self._claimed > _RENEWED:
            self._claim()
        return f"delivery/{number}" in self._names

    def __exit__(self, *_: object) -> None:
        give_all_back(self._place.store, self._names, self._holder)


def _windows(numbers: list[int]) -> Iterator[list[int]]:
    waiting = iter(numbers)
    while window := list(itertools.islice(waiting, WINDOW)):
        yield window


def open_deliveries(place: Opened) -> list[int]:
    """The deliveries with something left to do, as they came: not wholly checked, an invoice not routed, or all
    invoices with tenants while the delivery still lies with the installation.
    """
    nobody = select(Invoice.delivery_id).where(col(Invoice.tenant_id).is_(None))
    with place.store.reading() as session:
        unfinished = select(Delivery.id).where(col(Delivery.state).in_(("stored", "unchecked")))
        waiting = select(Invoice.delivery_id).where(Invoice.state == "checked")
        handed = select(Delivery.id).where(Delivery.state == "checked", col(Delivery.id).not_in(nobody))
        found = {*session.exec(unfinished), *session.exec(waiting), *session.exec(handed)}
    return sorted(number for number in found if number is not None)


def _checked(place: Opened, delivery: int) -> list[int]:
    """The invoices of a delivery that are checked and not yet routed."""
    query = select(Invoice.id).where(Invoice.delivery_id == delivery, Invoice.state == "checked")
    with place.store.reading() as session:
        return [number for number in session.exec(query) if number is not None]


def _unforeseen(number: int, error: Exception) -> Unchecked:
    """What is said where our own program failed; the delivery stays, and the next run tries again."""
    if isinstance(error, EinvoiceError):
        return Unchecked(f"{number}: {error}", f"{number}: {error.said('de')}")
    kind = type(error).__name__
    return Unchecked(
        f"Delivery {number}: unexpected error ({kind}); it is tried again by the next run. Please report it.",
        f"Lieferung {number}: unerwarteter Fehler ({kind}); der nächste Lauf versucht es noch einmal. Bitte melden.",
    )
