"""On which invoices `einvoice approve` acts: those named, or those a filter finds; and a result for each."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.model.lexical import decimal

if TYPE_CHECKING:
    from einvoice.approval.persons import Actor
    from einvoice.pipeline.workplace import Opened

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar=say("[NR...]", "[NO...]"), help=say("Rechnungen", "Invoices"))
]
Mine = Annotated[
    bool,
    typer.Option("--mine", help=say("Alle, die damit auf mich warten", "All that wait for me to do that")),
]
TenantOnly = Annotated[
    str | None, typer.Option("--tenant", help=say("Von --mine: dieser Kommune", "Of --mine: of this tenant"))
]
Seller = Annotated[
    str | None,
    typer.Option(help=say("Von --mine: Verkäufer enthält", "Of --mine: the seller contains")),
]
UpTo = Annotated[
    str | None,
    typer.Option("--up-to", metavar="EUR", help=say("Von --mine: bis zu diesem Betrag", "Of --mine: up to")),
]
Reason = Annotated[str, typer.Option(help=say("Grund", "Reason"))]
Statement = Annotated[str, typer.Option(help=say("Wortlaut des Vermerks", "Wording of the statement"))]


def chosen(
    here: "Opened",
    who: "Actor",
    numbers: list[int] | None,
    acts: tuple[str, ...],
    mine: bool,
    tenant: str | None = None,
    seller: str | None = None,
    up_to: str | None = None,
) -> list[int]:
    """The invoices to act on. Raises UsageError for neither numbers nor --mine, or both."""
    from einvoice.approval.queue import waiting
    from einvoice.approval.rights import amount_of
    from einvoice.rulebook.releases import today
    from einvoice.store import people

    if bool(numbers) == mine or (not mine and any((tenant, seller, up_to))):
        raise UsageError(
            "Name invoices by their numbers, or say --mine (with --tenant, --seller, --up-to).",
            "Bitte Rechnungen nennen oder --mine sagen (dazu --tenant, --seller, --up-to).",
        )
    if numbers:
        return list(dict.fromkeys(numbers))
    most = _amount(up_to)
    with here.store.reading() as reading:
        towns = [people.tenant(reading, tenant).id or 0] if tenant else None
        return [
            row.id or 0
            for row, run in waiting(reading, who.person_id, today(), towns)
            if run.next and run.next.step.act in acts
            if seller is None or seller.casefold() in (row.seller or "").casefold()
            if most is None or ((amount := amount_of(row)) is not None and amount <= most)
        ]


def each(
    acting_as: str | None,
    choose: Callable[["Opened", "Actor"], list[int]],
    act: Callable[["Opened", "Actor", int], str],
) -> None:
    """One act on each invoice, each wholly or not at all; what is refused does not stop the others.

    Exit 0 all done, 1 one refused (or, with --mine, 0 where nothing waits).
    """
    from einvoice.approval import persons
    from einvoice.pipeline.chains import fit

    refused = 0
    with place() as here:
        who = persons.actor(here.store, acting_as)
        numbers = choose(here, who)
        fit(here, numbers)
        for number in numbers:
            try:
                print(f"{number}: {act(here, who, number)} ({who.name})")
            except Refused as error:
                refused += 1
                note(f"{number}: {error.said(session.lang)}")
        if not numbers:
            note(say("Nichts wartet.", "Nothing is waiting."))
        elif len(numbers) > 1:
            note(
                say(
                    f"{len(numbers) - refused} erledigt, {refused} verweigert.",
                    f"{len(numbers) - refused} done, {refused} refused.",
                )
            )
    leave(1 if refused else 0)


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    amount = decimal(text)
    if amount is None:
        raise UsageError(f"--up-to {text}: 500.00", f"--up-to {text}: ein Betrag wie 500.00")
    return amount
