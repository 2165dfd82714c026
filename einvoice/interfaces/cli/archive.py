"""`einvoice archive verify`: proves store and archive unchanged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from einvoice.errors import StoreError, Unchecked, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import workplace
from einvoice.interfaces.cli.output import target
from einvoice.interfaces.cli.session import leave, note, say
from einvoice.validation.reports.text_report import printable

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Das Archiv beweisen.", "Proves the archive.", "einvoice archive verify"),
)


@app.callback()
def archive() -> None:
    """Makes `archive` a command that has commands, however few."""


@app.command(
    help=told(
        "Beweist, dass Archiv und Speicher unverändert sind; mit --against auch, dass nichts abgeschnitten wurde.",
        "Proves archive and store unchanged; with --against also that nothing was cut off.",
        "einvoice archive verify --against kopf.json",
        "einvoice archive verify --against head.json",
    )
)
def verify(
    against: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "Früher ausgegebener Kopf (--head), anderswo aufbewahrt", "A head (--head) kept elsewhere"
            )
        ),
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(
            help=say("Datei für den heutigen Kopf der Ketten", "File for today's head of the chains")
        ),
    ] = None,
) -> None:
    """Exit 0 unchanged, 1 a difference was found, 2 usage, 3 could not be looked at."""
    from einvoice.pipeline.workplace import opened
    from einvoice.store import heads
    from einvoice.store.verify import verify as differences

    known = _head(against) if against else None
    here = workplace()
    try:
        with opened(here) as place:
            found = differences(place.store, place.archive, known)
            now = heads.current(place.store)
    except StoreError as error:
        raise Unchecked(str(error), error.said("de")) from None
    if head is not None:
        with target(head) as stream:
            stream.write(json.dumps(now, indent=2) + "\n")
    for one in found:
        print(f"{one.kind} {one.where}: {printable(one.sentence)}")
    if not found:
        events = now["events"]
        print(say(f"Unverändert: {events} Ereignisse geprüft.", f"Unchanged: {events} events looked at."))
    note(say(f"Kopf der Ketten: {now['root']}", f"Head of the chains: {now['root']}"))
    leave(1 if found else 0)


def _head(file: Path) -> Mapping[str, Any]:
    """A head that was kept. Raises UsageError unless the file is one, whole."""
    from einvoice.store.heads import genuine

    try:
        stated = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{file}: {say('nicht lesbar', 'cannot be read')} ({why})") from None
    if not isinstance(stated, dict) or not isinstance(stated.get("chains"), dict) or not genuine(stated):
        text = say("ist kein unversehrter Kopf (siehe --head).", "is no whole head (see --head).")
        raise UsageError(f"{file}: {text}")
    return dict(stated)
