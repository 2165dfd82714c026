"""`einvoice approve list`: what waits for whom, and until when."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, say, session

if TYPE_CHECKING:
    from einvoice.approval.progress import Waiting

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    "list",
    help=told(
        "Listet, was auf Freigabe wartet: der nächste Schritt, bis wann, wer ihn tun darf.",
        "Lists what waits for approval: the next step, until when, who may do it.",
        "einvoice approve list --mine",
    ),
)
def list_(
    mine: Annotated[bool, typer.Option("--mine", help=say("Nur was auf mich wartet", "Only for me"))] = False,
    tenant: Annotated[str | None, typer.Option(help=say("Nur diese Kommune", "This tenant only"))] = None,
    as_: As = None,
) -> None:
    """Exit 0."""
    from sqlmodel import select

    from einvoice.approval.persons import actor
    from einvoice.approval.progress import waits_for
    from einvoice.approval.queue import standing, waiting
    from einvoice.approval.sight import sight
    from einvoice.pipeline.chains import fit
    from einvoice.rulebook.releases import today
    from einvoice.store import people
    from einvoice.store.tables import Person

    day = today()
    with place() as here:
        fit(here)
        eyes = sight(here.store, as_)
        with here.store.reading() as reading:
            towns = {one.id or 0: one.title for one in people.tenants(reading) if eyes.content(one.id)}
            chosen = {people.tenant(reading, tenant).id or 0} & set(towns) if tenant else set(towns)
            if mine:
                found = list(waiting(reading, actor(here.store, as_).person_id, day, chosen))
            else:
                found = list(standing(reading, chosen))
            names = {one.id: one.name or f"#{one.id}" for one in reading.exec(select(Person))}
            rows = [
                (
                    row.id,
                    row.number,
                    row.seller,
                    row.gross,
                    towns[row.tenant_id or 0],
                    run.next.step.name(session.lang),
                    _due(run.next, day),
                    ", ".join(sorted(names[one] for one in waits_for(reading, row, day, run))),
                )
                for row, run in found
                if run.next is not None
            ]
    heads = say(
        "Nr.|Rechnung|Verkäufer|Brutto|Kommune|Nächster Schritt|Bis|Wartet auf",
        "No|Invoice|Seller|Gross|Tenant|Next step|Until|Waits for",
    )
    tables.show(heads.split("|"), rows)
    leave(0)


def _due(waiting: "Waiting", day: date) -> str:
    if waiting.due is None:
        return ""
    shown = say(f"{waiting.due:%d.%m.%Y}", waiting.due.isoformat())
    return shown + (say(" (überfällig)", " (overdue)") if waiting.overdue(day) else "")
