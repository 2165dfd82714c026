"""`einvoice tenant export|remove`: a town takes all that is its own with it, and leaves nothing behind."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import agreed
from einvoice.interfaces.cli.session import leave, note, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))]


@app.command(
    help=told(
        "Schreibt alles einer Kommune in einen leeren Ordner, ohne einvoice prüfbar.",
        "Writes everything of a tenant into an empty folder; can be checked without einvoice.",
        "einvoice tenant export musterlippe /mnt/uebergabe",
        "einvoice tenant export musterlippe /mnt/handover",
    )
)
def export(name: Name, folder: Annotated[Path, typer.Argument(metavar=say("ORDNER", "FOLDER"))]) -> None:
    """Exit 0 written, 1 refused, 2 there is no such tenant."""
    from einvoice.approval.sight import sight
    from einvoice.pipeline.evidence.package import hand_over
    from einvoice.store import people

    with place() as here:
        with here.store.reading() as reading:
            number = people.tenant(reading, name).id
        sight(here.store).demand(number)
        found = hand_over(here, name, folder)
    count = sum(one.startswith("invoice/") for one in found.rows)
    print(
        say(
            f"{folder}: {count} Rechnungen, {len(found.rows)} Zeilen, {len(found.objects)} Originale.",
            f"{folder}: {count} invoices, {len(found.rows)} rows, {len(found.objects)} originals.",
        )
    )
    note(say(f"Prüfen: python3 {folder}/check.py", f"Check: python3 {folder}/check.py"))
    leave(0)


@app.command(
    help=told(
        "Entfernt eine Kommune mit allem, was ihr gehört, unter Protokoll; nicht rückgängig zu machen.",
        "Removes a tenant with all that is its own, under protocol; cannot be undone.",
        'einvoice tenant remove musterlippe --confirm musterlippe --because "Vertrag beendet"',
        'einvoice tenant remove musterlippe --confirm musterlippe --because "contract ended"',
    )
)
def remove(
    name: Name,
    confirm: Annotated[
        str, typer.Option(metavar=say("KÜRZEL", "NAME"), help=say("Das Kürzel noch einmal", "The name again"))
    ] = "",
    because: Annotated[
        str, typer.Option("--because", metavar=say("GRUND", "REASON"), help=say("Warum", "Why"))
    ] = "",
) -> None:
    """Exit 0 removed or proposed, 1 refused, 2 not confirmed or no such tenant, 3 something could not be reached."""
    from einvoice.interfaces.cli.tenant import administrator
    from einvoice.pipeline.removing import act_of
    from einvoice.pipeline.removing import remove as take_out
    from einvoice.store import people

    if confirm != name or not because.strip():
        raise UsageError(
            f"This deletes all of {name}. Export it first; then say --confirm {name} and --because.",
            f"Das löscht alles von {name}. Bitte erst exportieren; dann --confirm {name} und --because angeben.",
        )
    with place() as here:
        actor, _ = administrator(here)
        with here.store.reading() as reading:
            act = act_of(people.tenant(reading, name).id or 0)
        agreed(here, act, None, {"reason": because})
        done = take_out(here, name, because, actor)
    print(
        say(
            f"Kommune {done.number} entfernt: {done.invoices} Rechnungen, {done.rows} Zeilen, "
            f"{done.objects} Objekte, {done.payloads} Nutzlasten, {done.files} Dateien.",
            f"Tenant {done.number} removed: {done.invoices} invoices, {done.rows} rows, {done.objects} objects, "
            f"{done.payloads} payloads, {done.files} files.",
        )
    )
    for de, en in done.left:
        note(say(de, en))
    leave(3 if done.left else 0)
