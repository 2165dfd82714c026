"""`einvoice approve proposals|accept|decline`: changes of what decides, which take two persons."""

from typing import Annotated

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, note, say, session

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Numbers = Annotated[list[int], typer.Argument(metavar="NR...", help=say("Vorschläge", "Proposals"))]


@app.command(
    "proposals",
    help=told(
        "Listet, was an Regeln, Personen, Rollen, Bankverbindungen und Zielen auf eine zweite Person wartet.",
        "Lists changes of policies, persons, roles, bank accounts and targets that wait for a second person.",
        "einvoice approve proposals",
    ),
)
def proposals(
    tenant: Annotated[str | None, typer.Option(help=say("Nur diese Kommune", "This tenant only"))] = None,
    all_: Annotated[bool, typer.Option("--all", help=say("Auch entschiedene", "Decided ones, too"))] = False,
    as_: As = None,
) -> None:
    """Exit 0."""
    from einvoice.approval.comparing import told as change
    from einvoice.approval.proposals import STATES, pending, proposer
    from einvoice.approval.sight import sight
    from einvoice.store import people

    with place() as here:
        eyes = sight(here.store, as_)
        with here.store.reading() as reading:
            town = people.tenant(reading, tenant).id if tenant else None
            rows = [
                (
                    row.id,
                    row.proposed_at[:10],
                    proposer(reading, row),
                    change(reading, eyes, row)[session.lang != "de"],
                    say(*STATES[row.state]),
                )
                for row in pending(reading, town, closed=all_)
                if eyes.exists(row.tenant_id)
            ]
    heads = say("Nr.|Seit|Von|Änderung|Stand", "No|Since|By|Change|State")
    tables.show(heads.split("|"), rows)
    leave(0)


@app.command(
    help=told(
        "Stimmt Vorschlägen einer anderen Person zu: sie gelten sofort.",
        "Accepts proposals of another person: they are in force at once.",
        "einvoice approve accept 7",
    )
)
def accept(numbers: Numbers, as_: As = None) -> None:
    """Exit 0 all accepted, 1 one refused."""
    _each(numbers, as_, True, "")


@app.command(
    help=told(
        "Lehnt Vorschläge ab; die eigenen zieht man damit zurück.",
        "Declines proposals; one's own are withdrawn.",
        'einvoice approve decline 7 --reason "Grenze zu hoch"',
        'einvoice approve decline 7 --reason "limit too high"',
    )
)
def decline(
    numbers: Numbers,
    reason: Annotated[str, typer.Option(help=say("Grund", "Reason"))] = "",
    as_: As = None,
) -> None:
    """Exit 0 all declined, 1 one refused."""
    _each(numbers, as_, False, reason)


def _each(numbers: list[int], acting_as: str | None, yes: bool, reason: str) -> None:
    from einvoice.approval.persons import actor
    from einvoice.approval.proposals import STATES, decide, described

    refused = 0
    with place() as here:
        who = actor(here.store, acting_as)
        for number in numbers:
            try:
                row = decide(here.store, who, number, yes, reason)
            except Refused as error:
                refused += 1
                note(f"{number}: {error.said(session.lang)}")
                continue
            with here.store.reading() as reading:
                what = described(reading, row)[session.lang != "de"]
            print(f"{number}: {say(*STATES[row.state])} – {what}")
    leave(1 if refused else 0)
