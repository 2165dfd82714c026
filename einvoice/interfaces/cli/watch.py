"""`einvoice watch`: the nightly job, continuously."""

from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import EinvoiceError, StoreError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.run import Jobs, Log, Metrics, going
from einvoice.interfaces.cli.session import leave, note, say, session

if TYPE_CHECKING:
    from einvoice.pipeline.summary import RunSummary

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Wie run, aber fortlaufend: jede Quelle in ihrem Takt, Ordner sofort. Endet mit Strg-C oder SIGTERM nach der "
        "Rechnung, die gerade in Arbeit ist. Meldet sich bei systemd (Type=notify).",
        "As run, but continuously: each source in its own rhythm, folders at once. Ends with Ctrl-C or SIGTERM after "
        "the document in work. Reports to systemd (Type=notify).",
        "einvoice watch --config /srv/einvoice --every 60 --port 9464",
    )
)
def watch(
    every: Annotated[
        float | None,
        typer.Option(
            min=1, metavar=say("SEKUNDEN", "SECONDS"), help=say("Abstand der Runden", "Time between rounds")
        ),
    ] = None,
    jobs: Jobs = None,
    metrics: Metrics = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="PORT",
            help=say("/metrics auf 127.0.0.1 an diesem Port", "/metrics on 127.0.0.1 at this port"),
        ),
    ] = None,
    log: Log = None,
) -> None:
    """Exit 130 or 143 after a signal, 2 not usable and nothing was touched."""
    from einvoice.pipeline.metrics import served
    from einvoice.pipeline.watch import Watch, news

    known: set[str] = set()
    with place() as here:
        habits = here.workplace.habits
        with going(here, metrics, log) as job:

            def ended(what: "RunSummary | StoreError") -> None:
                problems: list[EinvoiceError] = [what] if isinstance(what, StoreError) else what.problems
                if not isinstance(what, StoreError):
                    job.ended(what)
                    _say(what)
                for problem in news(known, problems):
                    note(say("Übrig geblieben", "Left over") + f": {problem.said(session.lang)}")

            with served(job.figures, port or habits.port):
                code = Watch(here, job.course, every or habits.every, jobs or habits.processes, ended).go()
        note(say("Beendet.", "Ended."))
    leave(code)


def _say(summary: "RunSummary") -> None:
    """One line for a round that did something."""
    if not summary.idle:
        ended, done = f"{summary.ended[:19]}Z", len(summary.deliveries)
        print(
            say(
                f"{ended}: {summary.received} empfangen, {done} bearbeitet, {summary.exported} exportiert",
                f"{ended}: {summary.received} received, {done} processed, {summary.exported} exported",
            ),
            flush=True,
        )
