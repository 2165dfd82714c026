"""`einvoice doctor`: whether everything is as it should be, and what to do where it is not."""

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import EinvoiceError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import find, place
from einvoice.interfaces.cli.session import leave, say, session

if TYPE_CHECKING:
    from einvoice.pipeline.condition.finding import Finding

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Sieht nach, ob alles ist, wie es sein soll: Regeln, Schemas, Speicher, Archiv, Ordner, Personen.",
        "Looks whether everything is as it should be: rules, schemas, store, archive, folders, persons.",
        "einvoice doctor",
    )
)
def doctor(
    sources: Annotated[
        bool,
        typer.Option(
            "--sources",
            help=say(
                "Auch jede Quelle besuchen: verbinden, zählen, nichts ändern",
                "Also visit each source: connect, count, change nothing",
            ),
        ),
    ] = False,
    targets: Annotated[
        bool,
        typer.Option(
            "--targets",
            help=say(
                "Auch jeden Ort für Exporte besuchen; nichts wird dort abgelegt",
                "Also visit each place of exports; nothing is left there",
            ),
        ),
    ] = False,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help=say(
                "Auch den Cluster besuchen: Sind alle Arbeiter wie dieser Rechner?",
                "Also visit the cluster: are all workers like this machine?",
            ),
        ),
    ] = False,
) -> None:
    """Exit 0 as it should be, 1 something is not, 2 configuration, 3 could not be looked at."""
    findings: list[tuple[bool | None, str]] = []
    unseen = 0
    for look in (
        _software,
        _workplace,
        functools.partial(_cluster, visit=cluster),
        *((_sources,) if sources else ()),
        *((_targets,) if targets else ()),
    ):
        try:
            findings += [(one.ok, say(one.de, one.en)) for one in look()]
        except (EinvoiceError, OSError) as error:
            unseen += 1
            findings.append(
                (False, error.said(session.lang) if isinstance(error, EinvoiceError) else str(error))
            )
    marks = {True: say("gut", "good"), False: say("MANGEL", "WRONG"), None: say("Hinweis", "note")}
    for ok, text in findings:
        print(f"{marks[ok]}: {text}")
    leave(3 if unseen else 1 if any(ok is False for ok, _ in findings) else 0)


def _cluster(*, visit: bool) -> Iterator["Finding"]:
    from einvoice.interfaces.cli.doctor_cluster import cluster
    from einvoice.pipeline.condition.finding import Finding

    yield from (Finding(ok, text, text) for ok, text in cluster(visit=visit))


def _software() -> Iterator["Finding"]:
    from einvoice.pipeline.condition.software import rules, schemas

    yield from rules()
    yield from schemas()


def _workplace() -> Iterator["Finding"]:
    from einvoice.pipeline.condition.finding import Finding
    from einvoice.pipeline.condition.keeping import folders
    from einvoice.pipeline.condition.looks import OF_PLACE
    from einvoice.pipeline.workplace import opened, read_workplace

    found = find()
    if found is None:
        yield Finding(
            None,
            "Hier ist kein Arbeitsplatz; prüfen und auslesen geht ohne (einvoice init legt einen an).",
            "There is no workplace here; validate and extract need none (einvoice init makes one).",
        )
        return
    workplace = read_workplace(found.file, given=found.given)
    yield Finding(True, f"Einstellungen: {found.file}", f"Settings: {found.file}")
    yield from folders(workplace)
    with opened(workplace) as here:
        yield Finding(True, "Speicher und Archiv gehören zusammen.", "Store and archive belong together.")
        for look in OF_PLACE:
            yield from look(here)


def _sources() -> Iterator["Finding"]:
    from einvoice.pipeline.condition import reaching

    with place() as here:
        yield from reaching.sources(here)


def _targets() -> Iterator["Finding"]:
    from einvoice.pipeline.condition import reaching

    with place() as here:
        yield from reaching.targets(here)
