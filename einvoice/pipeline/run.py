"""The nightly job: fetch, store, check, route, export, answer. Safe to repeat and to kill; several at once do not
disturb one another."""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlmodel import and_, col, or_, select

from einvoice.errors import ConfigurationError, EinvoiceError, StoreError, Unchecked
from einvoice.intake.settings import SourceSettings
from einvoice.pipeline.ahead import Ahead, Stopped, parted
from einvoice.pipeline.answering import compose
from einvoice.pipeline.automatic import export_closed
from einvoice.pipeline.chains import fit
from einvoice.pipeline.course import Course
from einvoice.pipeline.expiring import expire
from einvoice.pipeline.fetching import fetch
from einvoice.pipeline.morning import morning
from einvoice.pipeline.planning import Looked, planned
from einvoice.pipeline.publishing import publish_daily, refuse_older
from einvoice.pipeline.results import write_pages
from einvoice.pipeline.rules import refresh
from einvoice.pipeline.sending import deliver
from einvoice.pipeline.settling import settle
from einvoice.pipeline.steps import sweep
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook.releases import today
from einvoice.store import people, times
from einvoice.store.archive import Damaged
from einvoice.store.leases import SECONDS, claim, give_all_back, new_holder
from einvoice.store.objects import newest_lacking
from einvoice.store.tables import Delivery, Invoice

WINDOW, WINDOW_BYTES = 1000, 200_000_000
"""Deliveries whose leases are taken together, in one transaction."""

GROUP, GROUP_BYTES, GROUP_SECONDS = 250, 8_000_000, 3.0
"""So many deliveries, so many bytes, or what is checked in so long a time, is settled in one transaction."""

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
            ("chain", self._chain),
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
        _refuse_other_archive(self.place)
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
        sizes = open_deliveries(self.place)
        self.summary.waiting = len(sizes)
        with Ahead(self.place, self.jobs, self.course.stop) as ahead:
            for window in parted(sizes, WINDOW, WINDOW_BYTES):
                with _Leases(self.place, self.holder, list(window)) as leases:
                    ours = {number: window[number] for number in leases.ours}
                    for group in self._groups(ahead, ours, leases):
                        self._group(group)
                    sweep(self.place)
                    gc.collect()  # sessions and what listens to them hold each other; left lying, they would pile up
                if self.course.stop:
                    return

    def _groups(self, ahead: Ahead, sizes: dict[int, int], leases: "_Leases") -> Iterator[list[Looked]]:
        """What was looked at, in groups: of so many, of so many bytes, or of what was done in so long a time."""
        group: list[Looked] = []
        began, room = time.monotonic(), GROUP_BYTES
        with contextlib.suppress(Stopped):
            for number, look in ahead.looks(sizes):
                with self.course.step("check"):
                    found = look.found()
                if leases.keep(number):
                    if isinstance(found, Exception):
                        self._failed(number, found)
                        self._done(number)
                    else:
                        group.append(found)
                        room -= len(found.whole)
                if group and (len(group) == GROUP or room <= 0 or time.monotonic() - began > GROUP_SECONDS):
                    yield group
                    group, began, room = [], time.monotonic(), GROUP_BYTES
                if self.course.stop:
                    break
        if group:
            yield group

    def _group(self, group: Sequence[Looked]) -> None:
        """Settles some deliveries together. Where that cannot be, each by itself: the others go on, whatever happens
        in one. A store that cannot be used ends the run.
        """
        began = time.monotonic()
        try:
            self._settle(group)
        except Exception as error:
            if len(group) == 1:
                if isinstance(error, StoreError) and not isinstance(error, Damaged):
                    raise
                self._failed(group[0].delivery.id or 0, error)
            else:
                for one in group:
                    self._group([one])
                return
        each = (time.monotonic() - began) / max(1, len(group))
        for one in group:
            self._done(one.delivery.id or 0, each)

    def _settle(self, group: Sequence[Looked]) -> None:
        with self.course.step("route"):
            plans = planned(self.place, group)
        with self.course.step("report"):
            write_pages(self.place, plans)
        with self.course.step("record"):
            settle(self.place, plans)
        for report in (report for one in group for report, _ in one.found or ()):
            self.course.verdicts[report.verdict] += 1
            if report.verdict == "unchecked":
                self.summary.problems.append(Unchecked(f"{report.file}: {report.reason}"))

    def _failed(self, number: int, error: Exception) -> None:
        self.summary.problems.append(error if isinstance(error, Damaged) else _unforeseen(number, error))

    def _done(self, number: int, seconds: float = 0.0) -> None:
        self.summary.deliveries.append(number)
        self.course.log("delivery-done", delivery=number, seconds=round(seconds, 4))
        self.course.progress(len(self.summary.deliveries), self.summary.waiting)
        self.course.alive()

    def _chain(self) -> None:
        try:
            fit(self.place)
        except EinvoiceError as error:
            if isinstance(error, StoreError) and not isinstance(error, Damaged):
                raise
            self.summary.problems.append(error)

    def _expire(self) -> None:
        expire(self.place, today(), people.SERVICE, by_run=True)

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


def open_deliveries(place: Opened) -> dict[int, int]:
    """The deliveries with something left to do, as they came, with their bytes: not wholly checked, an invoice not
    routed, or all invoices with tenants while the delivery still lies with the installation.
    """
    nobody = select(Invoice.delivery_id).where(col(Invoice.tenant_id).is_(None))
    waiting = select(Invoice.delivery_id).where(Invoice.state == "checked")
    with place.store.reading() as session:
        query = select(Delivery.id, Delivery.size).order_by(col(Delivery.id)).where(
            or_(
                col(Delivery.state).in_(("stored", "unchecked")),
                col(Delivery.id).in_(waiting),
                and_(Delivery.state == "checked", col(Delivery.id).not_in(nobody)),
            )
        )  # fmt: skip
        return {number: size for number, size in session.exec(query) if number is not None}


def _refuse_other_archive(place: Opened) -> None:
    """Raises StoreError where the archive of this host is not the one that the other workers write to."""
    with place.store.reading() as session:
        lacking = newest_lacking(session, place.archive)
    if lacking:
        raise StoreError(
            "The archive lacks all that the store has kept last: it is a copy, or not the mount that other workers "
            "use. Check [archive] and the mount.",
            "Im Archiv fehlt alles, was der Speicher zuletzt abgelegt hat: Es ist eine Kopie oder nicht das Laufwerk "
            "der anderen Arbeiter. Bitte [archive] und das Laufwerk prüfen.",
        )


def _unforeseen(number: int, error: Exception) -> Unchecked:
    """What is said where our own program failed; the delivery stays, and the next run tries again."""
    if isinstance(error, EinvoiceError):
        return Unchecked(f"{number}: {error}", f"{number}: {error.said('de')}")
    kind = type(error).__name__
    return Unchecked(
        f"Delivery {number}: unexpected error ({kind}); it is tried again by the next run. Please report it.",
        f"Lieferung {number}: unerwarteter Fehler ({kind}); der nächste Lauf versucht es noch einmal. Bitte melden.",
    )
