"""Figures for Prometheus: of the store as it is, and of the runs of this process. Ids and names of sources only,
nothing of invoices or towns.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

from einvoice.errors import ConfigurationError, StoreError
from einvoice.pipeline.course import Course
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Batch, Delivery, Invoice, Outbox
from einvoice.store.times import moment

_WAITING = ("waiting", "ready", "sending", "draft", "failed")


class Figures:
    """A collector of prometheus_client. last: the run that ended last; made anew for each look."""

    def __init__(self, place: Opened, course: Course) -> None:
        self._place, self._course = place, course
        self.last: RunSummary | None = None
        self.succeeded: float | None = None

    def ended(self, summary: RunSummary) -> None:
        """Notes how a run ended."""
        self.last = summary
        if not summary.problems and summary.stopped is None:
            self.succeeded = time.time()

    def collect(self) -> Iterator[Any]:
        """The families, in the library's own form."""
        yield from self._of_store()
        yield from self._of_runs()

    def _of_store(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily as Gauge

        with self._place.store.reading() as session:
            documents = session.exec(
                select(Invoice.tenant_id, Invoice.state, Invoice.verdict, func.count()).group_by(
                    col(Invoice.tenant_id), col(Invoice.state), col(Invoice.verdict)
                )
            ).all()
            deliveries = session.exec(
                select(Delivery.state, func.count()).group_by(col(Delivery.state))
            ).all()
            outbox = session.exec(
                select(Outbox.state, func.count())
                .where(col(Outbox.state).in_(_WAITING)).group_by(col(Outbox.state))
            ).all()  # fmt: skip
            batches = session.exec(select(Batch.state, func.count()).group_by(col(Batch.state))).all()
            since = {
                "deliveries": session.exec(
                    select(func.min(Delivery.received)).where(
                        col(Delivery.state).in_(("stored", "unchecked"))
                    )
                ).one(),
                "unrouted": session.exec(
                    select(func.min(Invoice.since)).where(Invoice.state == "unrouted")
                ).one(),
                "outbox": session.exec(select(func.min(Outbox.made)).where(Outbox.state == "ready")).one(),
            }
        found = Gauge("einvoice_documents", "Invoices by state", labels=("tenant", "state", "verdict"))
        for tenant, state, verdict, count in documents:
            found.add_metric([str(tenant or ""), state, verdict], count)
        yield found
        for name, rows in (("deliveries", deliveries), ("outbox", outbox), ("batches", batches)):
            found = Gauge(f"einvoice_{name}", f"{name.capitalize()} by state", labels=("state",))
            for state, count in rows:
                found.add_metric([state], count)
            yield found
        found = Gauge("einvoice_oldest_waiting_seconds", "Age of what waits longest", labels=("queue",))
        for queue, first in since.items():
            found.add_metric([queue], max(0.0, time.time() - moment(first).timestamp()) if first else 0.0)
        yield found

    def _of_runs(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily as Counter
        from prometheus_client.core import GaugeMetricFamily as Gauge

        course = self._course
        for name, text, label, values in (
            ("step_seconds", "Seconds spent per step", "step", course.seconds),
            ("checked", "Documents checked by verdict", "verdict", course.verdicts),
            ("source_received", "Deliveries taken per source", "source", course.received),
            ("source_errors", "Fetches that failed per source", "source", course.failed),
        ):
            counter = Counter(f"einvoice_{name}", text, labels=(label,))
            for key, value in dict(values).items():
                counter.add_metric([key], value)
            yield counter
        reached = Gauge(
            "einvoice_source_last_success_timestamp_seconds", "Source last read well", labels=("source",)
        )
        for source, when in dict(course.reached).items():
            reached.add_metric([source], when)
        yield reached
        if self.last is not None:
            yield Gauge("einvoice_run_problems", "Left over by the last run", len(self.last.problems))
            ended = moment(self.last.ended).timestamp()
            yield Gauge("einvoice_run_last_end_timestamp_seconds", "When the last run ended", ended)
        if self.succeeded is not None:
            yield Gauge(
                "einvoice_run_last_success_timestamp_seconds",
                "Last run with nothing left over",
                self.succeeded,
            )


def registry(figures: Figures) -> Any:
    """What prometheus_client asks. Raises ConfigurationError where the library is missing."""
    try:
        from prometheus_client import CollectorRegistry
    except ImportError:
        raise ConfigurationError(
            "Metrics need the extra `metrics`: pip install 'einvoice-pipeline[metrics]'.",
            "Metriken brauchen die Erweiterung `metrics`: pip install 'einvoice-pipeline[metrics]'.",
        ) from None
    made = CollectorRegistry(auto_describe=False)
    made.register(figures)
    return made


def write(figures: Figures, file: Path) -> None:
    """Writes the figures for the node exporter's textfile collector; complete or not at all. Raises StoreError."""
    from prometheus_client import write_to_textfile

    known = registry(figures)
    try:
        write_to_textfile(str(file), known)
    except OSError as error:
        raise StoreError(
            f"{file}: metrics cannot be written ({error.strerror}).",
            f"{file}: Metriken sind nicht schreibbar ({error.strerror}).",
        ) from None


@contextlib.contextmanager
def served(figures: Figures, port: int) -> Iterator[None]:
    """Answers http://127.0.0.1:PORT/metrics meanwhile; 0: nowhere. Raises ConfigurationError for a port in use."""
    if not port:
        yield
        return
    known = registry(figures)
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=known)
    except OSError as error:
        raise ConfigurationError(
            f"Port {port} of this machine cannot be used for metrics ({error.strerror}).",
            f"Port {port} dieses Rechners ist für Metriken nicht benutzbar ({error.strerror}).",
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
