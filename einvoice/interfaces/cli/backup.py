"""`einvoice backup`: a proved copy of store and archive, while everything goes on."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Sichert Speicher und Archiv in einen neuen Ordner, auch während gearbeitet wird, und beweist die Sicherung. "
        "Gleiche Objekte teilt sie mit der Sicherung davor.",
        "Backs store and archive up into a new folder, also while work goes on, and proves the backup. It shares "
        "equal objects with the backup before.",
        "einvoice backup /mnt/sicherung --keep 14",
        "einvoice backup /mnt/backup --keep 14",
    )
)
def backup(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar=say("[ORDNER]", "[FOLDER]"), help=say("sonst [backups] folder", "else [backups] folder")
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            "--keep", help=say("so viele behalten, ältere entfernen", "keep so many, remove older ones")
        ),
    ] = None,
) -> None:
    """Exit 0 made and proved, 1 made but what it copied is not as it was written, 2 could not be made."""
    from einvoice.pipeline.backing_up import back_up, keep
    from einvoice.store.differences import KINDS
    from einvoice.store.presence import count

    if most is not None and most < 1:
        raise UsageError(f"--keep {most}: at least 1", f"--keep {most}: mindestens 1")
    with place() as here, Progress(count(here.store), session.quiet) as progress:
        into = (folder or here.workplace.backups).resolve()
        made = back_up(here, into, progress.advance)
    for one in made.differences:
        print(f"{KINDS[one.kind][session.lang != 'de']} {one.where}: {one.said(session.lang)}")
    print(
        say(
            f"Sicherung: {made.folder} ({made.objects} Objekte, {made.linked} davon wie in der vorigen).",
            f"Backup: {made.folder} ({made.objects} objects, {made.linked} of them as in the one before).",
        )
    )
    if made.differences:
        note(
            say(
                "Sie beweist sich nicht: das Kopierte ist nicht mehr, wie es geschrieben wurde (archive verify).",
                "It does not prove itself: what it copied is not as it was written (archive verify).",
            )
        )
    elif most is not None:
        for gone in keep(into, most):
            note(say(f"Entfernt: {gone}", f"Removed: {gone}"))
    leave(1 if made.differences else 0)
