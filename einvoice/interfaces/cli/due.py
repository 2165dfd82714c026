"""`einvoice due`: what to order first: Skonto and deadlines, with the computation of each amount."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.interfaces.cli import due_showing as shown
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.output import target
from einvoice.interfaces.cli.session import leave, say

if TYPE_CHECKING:
    from einvoice.approval.cockpit import Loss, Plan
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Was zuerst anzuordnen ist: Skonto und Fristen, mit der Rechnung dazu. „Anordnen bis“ ist der letzte Tag, an "
        "dem angeordnet noch rechtzeitig gezahlt wird, nach Bankarbeitstagen in NRW.",
        "What to order first: Skonto and deadlines, with the computation. `Order by` is the last day on which "
        "ordering still pays in time, by the bank working days of NRW.",
        "einvoice due --mine",
    )
)
def due(
    mine: Annotated[bool, typer.Option("--mine", help=say("Nur was auf mich wartet", "Only for me"))] = False,
    today: Annotated[
        bool, typer.Option("--today", help=say("Nur was heute anzuordnen ist", "Only what to order today"))
    ] = False,
    lost: Annotated[
        bool, typer.Option("--lost", help=say("Was im Vormonat verfiel", "What was lost the month before"))
    ] = False,
    tenant: Annotated[str | None, typer.Option(help=say("Nur diese Kommune", "This tenant only"))] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], metavar=say("TAG", "DAY"), help=say("Stand", "As of")),
    ] = None,
    form: Annotated[Literal["text", "json", "csv"], typer.Option("--format", help=say("Ausgabe", "Output"))] = "text",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=say("Datei", "File"))] = None,
    as_: As = None,
) -> None:  # fmt: skip
    """Exit 0."""
    from einvoice.rulebook.releases import today as this_day

    day = on.date() if on else this_day()
    with place() as here:
        plans, losses = _looked(here, day, tenant, mine, as_)
    lines = [line for one in plans for line in (one.today if today else one.lines)]
    lines.sort(
        key=lambda line: (line.tier is None, line.order_by or date.max, -line.at_stake, line.case.invoice)
    )
    shown.headline(plans, losses)
    rows = [shown.lost_row(one) for one in losses] if lost else [shown.row_of(line) for line in lines]
    with target(output) as stream:
        if form == "json":
            stream.write(
                json.dumps(shown.whole(day, plans, losses, rows), ensure_ascii=False, indent=1) + "\n"
            )
        elif form == "csv":
            stream.write(shown.as_csv(rows, shown.LOST if lost else shown.COLUMNS))
        elif output is None:
            tables.show(*(shown.lost_table(losses) if lost else shown.table(lines)))
        else:
            heads, cells = shown.lost_table(losses) if lost else shown.table(lines)
            whole: list[list[object]] = [list(heads), *cells]
            stream.writelines("\t".join(map(str, row)) + "\n" for row in whole)
    leave(0)


def _looked(
    here: "Opened", day: date, tenant: str | None, mine: bool, acting_as: str | None
) -> "tuple[list[Plan], list[Loss]]":
    from einvoice.approval import cockpit, deadlines
    from einvoice.approval.persons import actor
    from einvoice.approval.sight import sight
    from einvoice.store import people

    eyes, who = sight(here.store, acting_as), actor(here.store, acting_as).person_id if mine else None
    plans, losses = [], []
    with here.store.reading() as reading:
        for town in [people.tenant(reading, tenant)] if tenant else people.tenants(reading):
            if not eyes.content(town.id):
                continue
            how, month = deadlines.settings(reading, town.id or 0), cockpit.month_before(day)
            plans.append(cockpit.plan(deadlines.cases(reading, town, day, who), day, how.lead, how.rates))
            losses += cockpit.losses(deadlines.past(reading, town, *month), *month, day, how.lead)
    return plans, losses
