"""`einvoice approve`: confirm, authorise, return, hold, release; several at once, a result for each."""

from collections.abc import Callable
from typing import Annotated

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli.approve_proposals import app as of_proposals
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, note, say, session

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=say(
        "Die Freigabe, vier Augen. Beispiel: einvoice approve confirm 1 2 3",
        "Approval by four eyes. Example: einvoice approve confirm 1 2 3",
    ),
)

Numbers = Annotated[list[int], typer.Argument(metavar="NR...", help=say("Rechnungen", "Invoices"))]
Reason = Annotated[str, typer.Option(help=say("Grund", "Reason"))]
Statement = Annotated[str, typer.Option(help=say("Wortlaut des Vermerks", "Wording of the statement"))]


@app.command(help=say("Bestätigt sachlich und rechnerisch.", "Confirms substance and figures."))
def confirm(numbers: Numbers, statement: Statement = "", as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _each(numbers, as_, say("bestätigt", "confirmed"), "confirm", statement)


@app.command(help=say("Ordnet die Zahlung an.", "Authorises payment."))
def authorise(numbers: Numbers, statement: Statement = "", as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _each(numbers, as_, say("angeordnet", "authorised"), "authorise", statement)


@app.command("return", help=say("Gibt an den Lieferanten zurück.", "Returns to the supplier."))
def return_(numbers: Numbers, reason: Reason, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _each(numbers, as_, say("zurückgegeben", "returned"), "give_back", reason)


@app.command(help=say("Stellt zurück.", "Holds."))
def hold(numbers: Numbers, reason: Reason, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _each(numbers, as_, say("zurückgestellt", "held"), "hold", reason)


@app.command(help=say("Nimmt eine Zurückstellung zurück.", "Releases what was held."))
def release(numbers: Numbers, reason: Reason, as_: As = None) -> None:
    """Exit 0 all done, 1 one refused."""
    _each(numbers, as_, say("wieder offen", "open again"), "release", reason)


def _each(numbers: list[int], acting_as: str | None, done: str, act: str, words: str) -> None:
    """One act on each invoice; what is refused does not stop the others."""
    from einvoice.approval import acts, persons

    what: Callable[..., None] = getattr(acts, act)
    refused = 0
    with place() as here:
        who = persons.actor(here.store, acting_as)
        for number in numbers:
            try:
                what(here.store, who, number, words)
                print(f"{number}: {done} ({who.name})")
            except Refused as error:
                refused += 1
                note(f"{number}: {error.said(session.lang)}")
    leave(1 if refused else 0)


app.registered_commands += of_proposals.registered_commands
