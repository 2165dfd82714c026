"""The nightly job: fetch, store, check, route. Safe to repeat and to kill; several at once do not disturb."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from einvoice.errors import ConfigurationError, EinvoiceError, StoreError, Unchecked
from einvoice.intake.settings import BERLIN
from einvoice.pipeline.answering import compose
from einvoice.pipeline.expiring import expire
from einvoice.pipeline.fetching import fetch
from einvoice.pipeline.publishing import publish_daily, refuse_older
from einvoice.pipeline.results import write_report
from einvoice.pipeline.rules import refresh
from einvoice.pipeline.sending import deliver
from einvoice.pipeline.steps import (
    check_delivery,
    leave_arrivals,
    route_invoice,
    sweep,
)
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.archive import Damaged
from einvoice.store.leases import new_holder, taken
from einvoice.store.tables import Delivery, Invoice


@dataclass(slots=True)
class RunSummary:
    """What a run did. `problems`: what is left over, a sentence each; then the exit code is 3."""

    received: int = 0
    released: int = 0
    deliveries: list[int] = field(default_factory=list)
    problems: list[EinvoiceError] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not self.received and not self.deliveries


def run(
    place: Opened, follow: Callable[[list[int]], Iterator[int]] = iter, sources: Sequence[str] = ()
) -> RunSummary:
    """Does all that can be done now. `follow` sees the deliveries to check, for a progress bar.

    sources: fetches these alone, also if their time has not come; without, all whose time has come.
    Raises ConfigurationError for a source that is not there.
    """
    chosen = place.workplace.source_named(*sources) if sources else place.workplace.sources
    summary, holder = RunSummary(), new_holder()
    refuse_older(place)
    place.archive.sweep()
    sweep(place)
    refresh(place)
    for fetched in fetch(place, chosen, holder, due_only=not sources):
        summary.received += fetched.received
        summary.released += fetched.released
        summary.problems += fetched.problems
    for delivery in follow(_open(place)):
        with taken(place.store, f"delivery/{delivery}", holder) as ours:
            if ours:
                try:
                    _process(place, delivery, summary)
                except Damaged as error:
                    summary.problems.append(error)
    expire(place, datetime.now(BERLIN).date(), people.SERVICE, by_run=True)
    try:
        publish_daily(place)
    except (StoreError, ConfigurationError) as error:
        summary.problems.append(error)
    summary.problems += compose(place)
    summary.problems += deliver(place)
    return summary


def _open(place: Opened) -> list[int]:
    """The deliveries with something left to do."""
    with place.store.reading() as session:
        unfinished = select(Delivery.id).where(col(Delivery.state).in_(("stored", "unchecked")))
        waiting = select(Invoice.delivery_id).where(Invoice.state == "checked")
        handed = select(Delivery.id).where(Delivery.state == "checked")
        found = {
            *session.exec(unfinished),
            *session.exec(waiting),
            *_handed_over(place, list(session.exec(handed))),
        }
    return sorted(number for number in found if number is not None)


def _handed_over(place: Opened, checked: list[int | None]) -> set[int | None]:
    """Checked deliveries all of whose invoices are with tenants, but that still lie with the installation."""
    with place.store.reading() as session:
        held = session.exec(select(Invoice).where(col(Invoice.tenant_id).is_(None)))
        return set(checked) - {row.delivery_id for row in held}


def _process(place: Opened, delivery: int, summary: RunSummary) -> None:
    summary.deliveries.append(delivery)
    with place.store.reading() as session:
        state = session.exec(select(Delivery.state).where(Delivery.id == delivery)).one()
    if state in ("stored", "unchecked"):
        reports = check_delivery(place, delivery)
        unchecked = [report for report in reports if report.verdict == "unchecked"]
        summary.problems += [Unchecked(f"{report.file}: {report.reason}") for report in unchecked]
    write_report(place, delivery)
    with place.store.reading() as session:
        query = select(Invoice).where(Invoice.delivery_id == delivery, Invoice.state == "checked")
        waiting = [row.id for row in session.exec(query) if row.id is not None]
    for number in waiting:
        route_invoice(place, number)
    leave_arrivals(place, delivery)
