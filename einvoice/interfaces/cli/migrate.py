"""`einvoice migrate`: brings the store to the tables of this version, after a backup of it."""

import contextlib

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import workplace
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Bringt den Speicher auf den Stand dieser Version; vorher wird er gesichert. Ganz oder gar nicht.",
        "Brings the store to the tables of this version, after a backup of it. All of it or nothing.",
        "einvoice migrate",
    )
)
def migrate() -> None:
    """Exit 0 at the tables of this version, 2 not possible."""
    from einvoice.store.migrate import migrate as bring
    from einvoice.store.migrate import revision
    from einvoice.store.steps import newest
    from einvoice.store.store import Store

    here = workplace()
    with contextlib.closing(Store(here.store_url)) as store:
        before = revision(store)
        saved = bring(store, here.backups)
    if before == newest():
        print(say(f"Schon auf dem Stand {before}.", f"At step {before} already."))
    else:
        print(
            say(
                f"Von {before or '-'} auf {newest()} gebracht.",
                f"Brought from {before or '-'} to {newest()}.",
            )
        )
    if saved:
        print(say(f"Vorher gesichert: {saved}", f"Saved before: {saved}"))
    leave(0)
