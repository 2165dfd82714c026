"""`einvoice batch acknowledge-file`: a batch acknowledged by the file that the accounting system sent."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.batch_answers import tell
from einvoice.interfaces.cli.batch_files import Number, known
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    "acknowledge-file",
    help=told(
        "Quittiert einen Stapel mit der Antwortdatei des HKR-Verfahrens, wie [answer] eines Profils sie beschreibt.",
        "Acknowledges a batch by the file the accounting system sent, as [answer] of a profile describes it.",
        "einvoice batch acknowledge-file 1 antwort.csv --profile hkr-csv",
    ),
)
def acknowledge_file(
    number: Number,
    file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"), exists=True, dir_okay=False)],
    profile: Annotated[
        str, typer.Option("--profile", help=say("Profil (Datei oder Muster)", "Profile (file or sample)"))
    ],
    as_: As = None,
) -> None:
    """Exit 0 acknowledged, 1 refused, 2 usage."""
    from einvoice.approval import acknowledging, persons
    from einvoice.approval.batches import rows_of
    from einvoice.exports.profiles.answering import MOST, by_row
    from einvoice.exports.profiles.reading import named, read

    form = read(named(profile)).form.answer
    if form is None:
        raise UsageError(f"{profile} has no [answer].", f"{profile} hat kein [answer].")
    with file.open("rb") as stream:
        content = stream.read(MOST + 1)
    with place() as here:
        with here.store.reading() as reading:
            known(here, reading, number, as_)
            rows = rows_of(reading, number)
        answers = by_row(form, content, file.name, rows)
        done = acknowledging.acknowledge(here.store, persons.actor(here.store, as_), number, answers)
    tell(number, done)
    leave(0)
