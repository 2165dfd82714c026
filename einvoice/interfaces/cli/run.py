"""`einvoice run`: the nightly job."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.errors import EinvoiceError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session

if TYPE_CHECKING:
    from einvoice.pipeline.course import Course
    from einvoice.pipeline.metrics import Figures
    from einvoice.pipeline.summary import RunSummary
    from einvoice.pipeline.surveying import Survey
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Jobs = Annotated[
    int | None,
    typer.Option(
        min=1, metavar=say("ZAHL", "COUNT"), help=say("Prozesse zum Prüfen", "Processes that check")
    ),
]
Metrics = Annotated[
    Path | None,
    typer.Option(
        metavar=say("DATEI", "FILE"),
        help=say("Kennzahlen für Prometheus in diese Datei", "Figures for Prometheus into this file"),
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(
        metavar=say("DATEI", "FILE"),
        help=say("Protokoll, eine JSON-Zeile je Ereignis; - ist stderr", "Log of JSON lines; - is stderr"),
    ),
]


@app.command(
    help=told(
        "Holt, archiviert, prüft und ordnet zu, was angekommen ist; exportiert und beantwortet, was so weit ist. "
        "Darf jederzeit abgebrochen und wiederholt werden, auch mehrfach zugleich.",
        "Fetches, archives, checks and routes what has arrived; exports and answers what is ready. May be broken off "
        "and repeated at any time, also several at once.",
        "einvoice run --config /srv/einvoice",
    )
)
def run(
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="NAME",
            help=say(
                "Nur diese Quelle, auch vor ihrer Zeit (mehrfach)", "This source only, also before its time"
            ),
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help=say("Nur sagen, was geholt würde", "Only say what would be fetched")),
    ] = False,
    form: Annotated[
        Literal["table", "json"],
        typer.Option("--format", help=say("Zusammenfassung: table, json", "Summary: table, json")),
    ] = "table",
    jobs: Jobs = None,
    metrics: Metrics = None,
    log: Log = None,
) -> None:
    """Exit 0 all that could be done is done, 2 not usable, 3 something is left over, 130 or 143 after a signal."""
    if dry_run:
        with place() as here:
            leave(_dry(here, source or []))
    from einvoice.interfaces.cli.run_summary import show
    from einvoice.pipeline.announcing import announce
    from einvoice.pipeline.run import run as work

    with place() as here:
        with going(here, metrics, log) as job:
            summary = work(here, job.course, source or (), jobs=jobs or here.workplace.habits.processes)
            summary.problems += announce(here, summary)
            job.ended(summary)
        show(here, summary, form)
    leave(summary.stopped or (3 if summary.problems else 0))


@dataclass(frozen=True, slots=True)
class Job:
    """A run or watch of this process on its way. target: the file its figures go to."""

    course: "Course"
    figures: "Figures"
    target: Path | None

    def ended(self, summary: "RunSummary") -> None:
        """Keeps the figures of what a run did; that they cannot be written is one problem more."""
        from einvoice.pipeline.metrics import write

        self.figures.ended(summary)
        if self.target is not None:
            try:
                write(self.figures, self.target)
            except EinvoiceError as error:
                summary.problems.append(error)


@contextlib.contextmanager
def going(here: "Opened", metrics: Path | None, log: Path | None) -> "Iterator[Job]":
    """A run or watch of this process: heeds signals, logs, counts, moves a bar on a terminal.

    Raises ConfigurationError where the log cannot be written or what metrics need is missing.
    """
    from einvoice.confined import relax_collector
    from einvoice.pipeline.course import Course, journal
    from einvoice.pipeline.metrics import Figures, registry

    relax_collector()  # once more: what was loaded since is not to be gone through after each group
    habits = here.workplace.habits
    target = metrics or habits.path(habits.metrics)
    with journal(log or habits.path(habits.log)) as written, Progress(0, quiet=session.quiet) as bar:
        course = Course(log=written, progress=bar.reached)
        course.stop.heed()
        figures = Figures(here, course)
        if target is not None:
            registry(figures)
        yield Job(course, figures, target)


def _dry(here: "Opened", names: list[str]) -> int:
    """What a run would fetch; 3 where a source is not as it should be."""
    from einvoice.pipeline.surveying import survey

    workplace = here.workplace
    found = [survey(here, one) for one in (workplace.source_named(*names) if names else workplace.sources)]
    heads = say("Quelle|Art|Bereit|Bytes|Fällig|Was", "Source|Kind|Ready|Bytes|Due|What")
    tables.show(heads.split("|"), [_survey(one) for one in found])
    for one in found:
        for fault in one.faults:
            note(f"{one.settings.name}: {fault.said(session.lang)}")
    return 3 if any(one.faults for one in found) else 0


def _survey(one: "Survey") -> list[object]:
    more = ["…"] if one.count > len(one.names) else []
    due = say("ja", "yes") if one.due else say("nein", "no")
    return [one.settings.name, one.settings.kind, one.count, one.size, due, ", ".join(one.names + more)]
