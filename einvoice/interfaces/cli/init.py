"""`einvoice init DIR`: makes a workplace."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=say(
        "Legt einen Arbeitsplatz an: einvoice.toml, Datenordner, Eingang. Beispiel: einvoice init /srv/einvoice",
        "Makes a workplace: einvoice.toml, data folder, inbox. Example: einvoice init /srv/einvoice",
    )
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=say("Ordner", "Folder"))],
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help=say(
                "Mit drei erfundenen Kommunen und Musterrechnungen", "With three invented towns and samples"
            ),
        ),
    ] = False,
    store: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help=say(
                "Speicher; PostgreSQL: postgresql+psycopg://rolle@rechner/datenbank",
                "Store; PostgreSQL: postgresql+psycopg://role@host/database",
            ),
        ),
    ] = "sqlite:///data/einvoice.sqlite",
) -> None:
    """Exit 0 made, 2 not possible."""
    from einvoice.pipeline.workplace import init as make

    made = make(folder, demo=demo, url=store)
    inbox = made.inbox
    print(say(f"Arbeitsplatz angelegt: {made.file}", f"Workplace made: {made.file}"))
    print(say(f"Eingang: {inbox}", f"Inbox: {inbox}"))
    print(say(f"Weiter: einvoice run --config {made.file}", f"Next: einvoice run --config {made.file}"))
    leave(0)
