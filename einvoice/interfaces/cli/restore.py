"""`einvoice restore`: brings a backup back, and says what is newer than it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session

if TYPE_CHECKING:
    from einvoice.pipeline.restoring import Restored

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Holt eine Sicherung in einen leeren Ordner zurück, beweist sie, nennt, was neuer ist als sie, und fragt die "
        "Quellen noch einmal.",
        "Brings a backup back into an empty folder, proves it, names what is newer than it, and asks the sources "
        "again.",
        "einvoice restore /mnt/sicherung/einvoice-backup-20261124T210000.123456Z /srv/einvoice",
        "einvoice restore /mnt/backup/einvoice-backup-20261124T210000.123456Z /srv/einvoice",
    )
)
def restore(
    backup: Annotated[Path, typer.Argument(metavar=say("SICHERUNG", "BACKUP"))],
    folder: Annotated[Path, typer.Argument(metavar=say("ORDNER", "FOLDER"))],
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=say("leerer Speicher, auch PostgreSQL", "an empty store, PostgreSQL too"),
        ),
    ] = None,
) -> None:
    """Exit 0 as it was, 1 restored, but something differs or is newer elsewhere, 2 not possible."""
    from einvoice.pipeline.backing_up import manifest
    from einvoice.pipeline.restoring import restore as bring

    with Progress(int(manifest(backup).get("objects", 0)), session.quiet) as progress:
        done = bring(backup.resolve(), folder.resolve(), store, progress.advance)
    print(
        say(
            f"Wiederhergestellt: {done.file} auf dem Stand von {done.begun}.",
            f"Restored: {done.file} as of {done.begun}.",
        )
    )
    _newer(done)
    for problem in done.problems:
        note(say(f"Nicht gefragt: {problem.said('de')}", f"Not asked: {problem}"))
    if done.rescanned:
        print(
            say(
                f"{done.rescanned} Lieferungen hatten die Quellen noch: weiter mit einvoice run.",
                f"The sources still had {done.rescanned} deliveries: go on with einvoice run.",
            )
        )
    leave(1 if done.differences or done.lost or done.exports or done.problems else 0)


def _newer(done: "Restored") -> None:
    from einvoice.store.differences import KINDS

    for one in done.differences:
        print(f"{KINDS[one.kind][session.lang != 'de']} {one.where}: {one.said(session.lang)}")
    for file in done.lost:
        print(
            say(
                f"Neuer als die Sicherung: Kopf {file}. Was zwischen beiden geschah, fehlt.",
                f"Newer than the backup: head {file}. What happened between the two is missing.",
            )
        )
    for file in done.exports:
        print(
            say(
                f"Neuer als die Sicherung: Export {file}. Nicht noch einmal buchen oder zahlen lassen.",
                f"Newer than the backup: export {file}. Do not let it be booked or paid again.",
            )
        )
    if not (done.differences or done.lost or done.exports):
        note(say("Bewiesen: alles ist, wie es geschrieben wurde.", "Proved: all is as it was written."))
