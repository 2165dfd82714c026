"""`einvoice inbox dunning`: a dunning letter is attached to its invoice."""

from datetime import datetime
from typing import Annotated

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Hängt eine Mahnung an ihre Rechnung; der Vorgang wird eilig. --document: die Mahnung im Eingang.",
        "Attaches a dunning letter to its invoice, which makes the case urgent. --document: the letter in the inbox.",
        "einvoice inbox dunning 7 --day 2026-11-20 --fee 5,00 --document 31",
        "einvoice inbox dunning 7 --day 2026-11-20 --fee 5.00 --document 31",
    )
)
def dunning(
    number: Annotated[
        int, typer.Argument(metavar="NR", help=say("Nummer der Rechnung", "Number of the invoice"))
    ],
    day: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d", "%d.%m.%Y"], metavar=say("TAG", "DAY"), help=say("Vom", "Dated")),
    ],
    level: Annotated[
        int, typer.Option(min=1, max=9, metavar="N", help=say("Mahnstufe", "Level of the letter"))
    ] = 1,
    fee: Annotated[str | None, typer.Option(metavar="EUR", help=say("Mahngebühr", "Fee"))] = None,
    document: Annotated[
        int | None, typer.Option(metavar="NR", help=say("Nummer im Eingang", "Number in the inbox"))
    ] = None,
    text: Annotated[str, typer.Option(help=say("Vermerk", "Note"))] = "",
    as_: Annotated[
        str | None,
        typer.Option("--as", help=say("Demo-Person", "Demo person")),
    ] = None,
) -> None:
    """Exit 0 attached, 1 refused, 2 usage."""
    from einvoice.approval import dunning as letters
    from einvoice.approval import persons
    from einvoice.approval.said import money

    letter = letters.Letter(day.date(), level, money(fee) if fee else None, document, text)
    with place() as here:
        letters.attach(here.store, persons.actor(here.store, as_), number, letter)
    print(say(f"Mahnung an Rechnung {number} angehängt.", f"Dunning letter attached to invoice {number}."))
    leave(0)
