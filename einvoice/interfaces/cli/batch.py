"""`einvoice batch`: build, change, close and show payment batches; files and answers have modules of their own."""

from decimal import Decimal
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.batch_answers import app as of_answers
from einvoice.interfaces.cli.batch_files import app as of_files
from einvoice.interfaces.cli.batch_files import known
from einvoice.interfaces.cli.batch_received import app as received
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As, Town
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.model.lexical import decimal, iso_date
from einvoice.render.states import BATCHES

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=say(
        "Zahlungsstapel: bilden, schließen, exportieren, quittieren. Beispiel: einvoice batch build --tenant "
        "musterlippe",
        "Payment batches: build, close, export, acknowledge. Example: einvoice batch build --tenant musterlippe",
    ),
)

Number = Annotated[
    int, typer.Argument(metavar="NR", help=say("Nummer des Stapels in der Liste", "Id of the batch"))
]
ROWS = {
    "out": ("herausgenommen", "taken out"),
    "accepted": ("angenommen", "accepted"),
    "rejected": ("abgelehnt", "rejected"),
    "reopened": ("wieder geöffnet", "reopened"),
}
"""What became of a row, in German and English."""


@app.command("list", help=told("Listet die Stapel.", "Lists the batches.", "einvoice batch list"))
def list_(
    tenant: Annotated[str | None, typer.Option(help=say("Nur diese Kommune", "This tenant only"))] = None,
    as_: As = None,
) -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.approval.batches import name
    from einvoice.approval.sight import sight
    from einvoice.store import people
    from einvoice.store.tables import Batch, Tenant

    with place() as here, here.store.reading() as reading:
        eyes = sight(here.store, as_)
        query = select(Batch, Tenant).where(Batch.tenant_id == Tenant.id).order_by(col(Batch.id))
        if tenant is not None:
            query = query.where(Batch.tenant_id == people.tenant(reading, tenant).id)
        rows = [
            [
                b.id,
                name(b),
                t.title,
                say(*BATCHES[b.state]),
                b.rows,
                (f"{b.total} {b.currency}" if b.total is not None else "") if eyes.content(t.id) else "…",
                "DEMO" if b.demo else "",
            ]
            for b, t in reading.exec(query)
            if eyes.exists(t.id)
        ]
    tables.show(
        say("Nr.|Stapel|Kommune|Stand|Zeilen|Summe|", "Id|Batch|Tenant|State|Rows|Total|").split("|"), rows
    )
    leave(0)


@app.command(
    help=told(
        "Zeigt die Zeilen eines Stapels, auch herausgenommene, und was aus ihnen wurde.",
        "Shows the rows of a batch, those taken out too, and what became of them.",
        "einvoice batch show 1",
    )
)
def show(number: Number, as_: As = None) -> None:
    """Exit 0 shown, 1 there is none."""
    from sqlmodel import col, select

    from einvoice.approval.batches import name
    from einvoice.store.tables import BatchRow

    with place() as here, here.store.reading() as reading:
        batch, town = known(here, reading, number, as_)
        query = select(BatchRow).where(BatchRow.batch_id == number).order_by(col(BatchRow.position))
        rows = [_row(row) for row in reading.exec(query)]
    demo = " DEMO" if batch.demo else ""
    note(f"{name(batch)}  {town.title}  {say(*BATCHES[batch.state])}{demo}  {batch.title}".rstrip())
    heads = say("Pos.|Nr.|Rechnung|Verkäufer|Betrag||", "Pos|No|Invoice|Seller|Amount||")
    tables.show(heads.split("|"), rows)
    leave(0)


def _row(row: object) -> list[object]:
    from einvoice.store.tables import BatchRow

    assert isinstance(row, BatchRow)
    said, result = row.content or {}, row.result or {}
    became = say(*ROWS[result["state"]]) if result else ""
    words = result.get("voucher") or result.get("reason") or ""
    return [
        row.position, row.invoice_id, said.get("number"), said.get("seller"), row.amount, became, words,
    ]  # fmt: skip


@app.command(
    help=told(
        "Bildet einen Stapel aus Angeordnetem: alles, was zu jeder Angabe passt, oder die genannten Rechnungen. "
        "Zahlt die Kommune selbst (SEPA), bleiben Gutschriften angeordnet, die sich noch nicht verrechnen lassen.",
        "Builds a batch of what is authorised: all that fits, or the invoices named. Of a town that pays by itself "
        "(SEPA), credit notes that cannot be set off yet stay authorised.",
        "einvoice batch build --tenant musterlippe --due-until 2026-12-04 --currency EUR",
    )
)
def build(
    tenant: Town,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NR...]")] = None,
    title: Annotated[str, typer.Option(help=say("Bezeichnung", "Title"))] = "",
    due_until: Annotated[
        str | None,
        typer.Option("--due-until", metavar="TAG", help=say("Fällig bis (JJJJ-MM-TT)", "Due until")),
    ] = None,
    supplier: Annotated[
        str | None, typer.Option(help=say("Teil des Namens oder USt-IdNr.", "Part of the name, or VAT id"))
    ] = None,
    currency: Annotated[str | None, typer.Option(help=say("Währung", "Currency"))] = None,
    least: Annotated[str | None, typer.Option("--from", help=say("Ab Betrag", "Amount from"))] = None,
    most: Annotated[str | None, typer.Option("--to", help=say("Bis Betrag", "Amount up to"))] = None,
    office: Annotated[str | None, typer.Option(help=say("Amt", "Office"))] = None,
    skonto: Annotated[
        str | None,
        typer.Option(
            "--skonto", metavar="TAG", help=say("Nur mit Skonto an diesem Tag", "Only with Skonto on")
        ),
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 built, 1 refused, 2 usage."""
    from einvoice.approval import batches, persons
    from einvoice.approval.choosing import Choice

    choice = Choice(
        numbers=numbers or None,
        due_until=_day("--due-until", due_until),
        supplier=supplier,
        currency=currency.upper() if currency else None,
        least=_amount("--from", least),
        most=_amount("--to", most),
        office=office,
        skonto_until=_day("--skonto", skonto),
    )
    with place() as here:
        who = persons.actor(here.store, as_)
        made = batches.build(here.store, who, tenant, title=title, choice=choice)
        _left_behind(here.store, tenant)
    print(say(f"Stapel {made} gebildet.", f"Batch {made} built."))
    leave(0)


def _left_behind(store: object, tenant: str) -> None:
    """Says which credit notes stay where they are."""
    from sqlmodel import select

    from einvoice.render import reasons
    from einvoice.store import people
    from einvoice.store.store import Store
    from einvoice.store.tables import Invoice

    assert isinstance(store, Store)
    with store.reading() as reading:
        town = people.tenant(reading, tenant)
        waiting = select(Invoice).where(Invoice.tenant_id == town.id, Invoice.state == "authorised")
        for one in reading.exec(waiting):
            if (one.reason or {}).get("code") == "credit-carried":
                note(f"{one.id}: {reasons.words(one.reason, session.lang)}")


def _day(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    day = iso_date(text)
    if day is None:
        raise UsageError(
            f"{option} {text}: a day as 2026-12-04.", f"{option} {text}: einen Tag wie 2026-12-04 angeben."
        )
    return day.isoformat()


def _amount(option: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    number = decimal(text.replace(".", "").replace(",", ".") if "," in text else text)
    if number is None:
        raise UsageError(
            f"{option} {text}: an amount as 1250.00.", f"{option} {text}: einen Betrag wie 1250,00 angeben."
        )
    return number


@app.command(
    "take-out",
    help=told(
        "Nimmt Zeilen aus einem offenen Stapel; ihre Rechnungen bleiben angeordnet.",
        "Takes rows out of an open batch; their invoices stay authorised.",
        'einvoice batch take-out 1 3 --because "Lieferschein fehlt"',
        'einvoice batch take-out 1 3 --because "delivery note is missing"',
    ),
)
def take_out(
    number: Number,
    positions: Annotated[list[int], typer.Argument(metavar="POS...", help=say("Zeilen", "Rows"))],
    because: Annotated[str, typer.Option("--because", help=say("Grund", "Reason"))],
    as_: As = None,
) -> None:
    """Exit 0 taken out, 1 refused."""
    from einvoice.approval import batches, persons

    with place() as here:
        batches.take_out(here.store, persons.actor(here.store, as_), number, positions, because)
    which = ", ".join(map(str, positions))
    print(say(f"Stapel {number} ohne Zeile {which}.", f"Batch {number} without row {which}."))
    leave(0)


@app.command(
    help=told(
        "Schließt einen Stapel: abgestimmt, eingefroren, unter der nächsten Nummer ohne Lücke.",
        "Closes a batch: reconciled, frozen, under the next number without a gap.",
        "einvoice batch close 1",
    )
)
def close(number: Number, as_: As = None) -> None:
    """Exit 0 closed, 1 refused."""
    from einvoice.approval import batches, persons

    with place() as here:
        called = batches.close(here.store, persons.actor(here.store, as_), number)
    print(say(f"Stapel {number} geschlossen als {called}.", f"Batch {number} closed as {called}."))
    leave(0)


app.registered_commands += of_files.registered_commands
app.registered_commands += of_answers.registered_commands
app.registered_commands += received.registered_commands
