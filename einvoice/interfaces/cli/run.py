"""`einvoice run`: the nightly job."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.render import reasons

if TYPE_CHECKING:
    from einvoice.pipeline.results import Outcome
    from einvoice.pipeline.surveying import Survey
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=say(
        "Holt, archiviert, prüft und ordnet zu, was angekommen ist. Beispiel: einvoice run --config /srv/einvoice",
        "Fetches, archives, checks and routes what has arrived. Example: einvoice run --config /srv/einvoice",
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
) -> None:
    """Exit 0 all that could be done is done, 2 not usable, 3 something is left over."""
    if dry_run:
        with place() as here:
            leave(_dry(here, source or []))
    from einvoice.pipeline.results import outcomes
    from einvoice.pipeline.run import run as work

    with place() as here:

        def follow(deliveries: list[int]) -> Iterator[int]:
            with Progress(len(deliveries), quiet=session.quiet) as progress:
                yield from progress.follow(deliveries)

        summary = work(here, follow, source or ())
        rows = outcomes(here, summary.deliveries)
    if summary.idle:
        print(
            say(
                "Nichts zu tun: alles ist schon verarbeitet.",
                "Nothing to do: everything is processed already.",
            )
        )
    else:
        heads = say(
            "Nr.|Datei|Rechnung|Brutto|Kommune|Urteil|Stand", "No|File|Invoice|Gross|Tenant|Verdict|State"
        )
        tables.show(heads.split("|"), [_row(one) for one in rows])
        count = Counter(one.verdict for one in rows)
        words = {
            "accepted": say("angenommen", "accepted"),
            "rejected": say("abgelehnt", "rejected"),
            "unchecked": say("nicht geprüft", "unchecked"),
        }
        print(", ".join(f"{count[verdict]} {word}" for verdict, word in words.items() if count[verdict]))
        print(say(f"Berichte: {here.workplace.reports}", f"Reports: {here.workplace.reports}"))
    for problem in summary.problems:
        note(say(f"Übrig geblieben: {problem.said('de')}", f"Left over: {problem}"))
    leave(3 if summary.problems else 0)


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


def _row(one: "Outcome") -> list[object]:
    verdict = {
        "accepted": say("angenommen", "accepted"),
        "rejected": say("abgelehnt", "rejected"),
        "unchecked": say("nicht geprüft", "unchecked"),
    }[one.verdict]
    name = one.file + (f"!/{one.path}" if one.path else "")
    why = reasons.words(one.reason, session.lang)
    where = tables.state(one.state, session.lang) + (f" ({why})" if why else "")
    return [
        one.id,
        name,
        one.number,
        f"{one.gross} {one.currency}" if one.gross else None,
        one.tenant,
        verdict,
        where,
    ]
