"""`einvoice export`: what leaves: formats, profiles of accounting systems, targets."""

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.export_profile import app as profiles

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Exporte: Profile für HKR-Verfahren.",
        "Exports: profiles of accounting systems.",
        "einvoice export profile list",
    ),
)
app.add_typer(profiles, name="profile")


@app.callback()
def main() -> None:
    """What leaves."""
