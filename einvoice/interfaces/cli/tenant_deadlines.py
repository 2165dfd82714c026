"""`einvoice tenant deadlines`: how a town reckons its deadlines: lead time, base rates not in the table yet."""

from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import change
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Setzt, wie eine Kommune Fristen rechnet: Bankarbeitstage von der Anordnung bis zur Wertstellung, und "
        "Basiszinssätze (§ 247 BGB), die noch nicht in der Tabelle stehen.",
        "Sets how a town reckons deadlines: working days from ordering to value date, and base rates (§ 247 BGB) "
        "that are not in the table yet.",
        "einvoice tenant deadlines musterlippe --lead 3 --base-rate 2027-01-01=1.27",
    )
)
def deadlines(
    name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    lead: Annotated[int, typer.Option(help=say("Bankarbeitstage Vorlauf", "Working days of lead"))] = 2,
    base_rate: Annotated[
        list[str] | None,
        typer.Option(
            "--base-rate", metavar=say("TAG=PROZENT", "DAY=PERCENT"), help=say("Basiszinssatz", "Base rate")
        ),
    ] = None,
) -> None:
    """Exit 0 set or proposed, 1 refused, 2 usage."""
    from einvoice.approval.deadlines import POLICY, checked

    rates = {}
    for one in base_rate or ():
        day, equals, rate = one.partition("=")
        if not equals:
            raise UsageError(f"--base-rate {one}: 2027-01-01=1.27")
        rates[day.strip()] = rate.strip()
    table = checked({"lead": lead, "base_rates": rates})
    with place() as here:
        said = say(f"{name}: {lead} Bankarbeitstage Vorlauf", f"{name}: {lead} working days of lead")
        change(here, "policy", POLICY, name, table, said)
    leave(0)
