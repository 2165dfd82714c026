"""`einvoice tenant exports|overview`: what runs do for a tenant by themselves."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import change
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))]
Folder = Annotated[
    Path | None,
    typer.Option(
        metavar=say("ORDNER", "FOLDER"),
        help=say("Zielordner; muss da sein", "Target folder; must be there"),
    ),
]
Off = Annotated[bool, typer.Option("--off", help=say("Ausschalten", "Switch off"))]


@app.command(
    help=told(
        "Läufe exportieren Stapel dieser Kommune, die von jetzt an geschlossen werden, von selbst.",
        "Lets runs export a tenant's closed batches by themselves; those closed from now on.",
        "einvoice tenant exports musterlippe --format datev-extf --folder /mnt/hkr/musterlippe",
    )
)
def exports(
    name: Name,
    form: Annotated[
        list[str] | None, typer.Option("--format", help=say("Format (mehrfach)", "Format (repeatable)"))
    ] = None,
    folder: Folder = None,
    off: Off = False,
) -> None:
    """Exit 0 set, 1 refused, 2 usage."""
    from einvoice.exports.formats import FORMATS
    from einvoice.pipeline.automatic import POLICY

    for one in form or ():
        if one not in FORMATS:
            raise UsageError(f"--format {one}: {', '.join(FORMATS)}")
    if off == bool(form) or off == bool(folder):
        raise UsageError(
            "Either --format and --folder, or --off.", "Entweder --format und --folder oder --off angeben."
        )
    target = str(_there(folder)) if folder else ""
    with place() as here:
        text = say("keine", "none") if off else ", ".join(form or ()) + f" → {target}"
        said = say(f"Automatische Exporte von {name}: {text}", f"Automatic exports of {name}: {text}")
        targets = [{"format": one, "folder": target} for one in form or ()]
        change(here, "policy", POLICY, name, {"targets": targets}, said)
    leave(0)


@app.command(
    help=told(
        "Stellt ein, in welchen Ordner täglich uebersicht.html und uebersicht.xlsx kommen: die Rechnungen "
        "des Vortags mit allen Befunden in Worten. Die Zeit nennt morning in [run].",
        "Sets the folder into which uebersicht.html and uebersicht.xlsx are written daily: yesterday's invoices with "
        "all findings in words. The time is morning in [run].",
        "einvoice tenant overview musterlippe --folder /mnt/musterlippe/rechnungen",
    )
)
def overview(name: Name, folder: Folder = None, off: Off = False) -> None:
    """Exit 0 set, 1 refused, 2 usage."""
    from einvoice.pipeline.overview import POLICY

    if off == bool(folder):
        raise UsageError("Either --folder or --off.", "Entweder --folder oder --off angeben.")
    target = str(_there(folder)) if folder else None
    with place() as here:
        text = target or say("keine", "none")
        said = say(f"Tägliche Übersicht von {name}: {text}", f"Daily overview of {name}: {text}")
        change(here, "policy", POLICY, name, {"folder": target} if target else {}, said)
    leave(0)


def _there(folder: Path) -> Path:
    """A folder, absolute. Raises UsageError if it is not there."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder.", f"{folder}: Diesen Ordner gibt es nicht.")
    return folder.resolve()
