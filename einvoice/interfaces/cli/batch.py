"""`einvoice batch`: build, close, export and verify payment batches."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=say(
        "Zahlungsstapel: bilden, schließen, exportieren. Beispiel: einvoice batch build --tenant musterlippe",
        "Payment batches: build, close, export. Example: einvoice batch build --tenant musterlippe",
    ),
)

Number = Annotated[
    int, typer.Argument(metavar="NR", help=say("Nummer des Stapels in der Liste", "Id of the batch"))
]


@app.command("list", help=say("Listet die Stapel.", "Lists the batches."))
def list_() -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.approval.batches import name
    from einvoice.approval.sight import sight
    from einvoice.store.tables import Batch, Tenant

    with place() as here, here.store.reading() as reading:
        eyes = sight(here.store)
        query = select(Batch, Tenant).where(Batch.tenant_id == Tenant.id).order_by(col(Batch.id))
        rows = [
            [
                b.id,
                name(b),
                t.title,
                b.state,
                b.rows,
                b.total if eyes.content(t.id) else "…",
                "DEMO" if b.demo else "",
            ]
            for b, t in reading.exec(query)
            if eyes.exists(t.id)
        ]
    tables.show(
        say("Nr.|Stapel|Kommune|Stand|Zeilen|Summe|", "Id|Batch|Tenant|State|Rows|Total|").split("|"), rows
    )
    leave(0)


@app.command(help=say("Zeigt die Zeilen eines Stapels.", "Shows the rows of a batch."))
def show(number: Number) -> None:
    """Exit 0."""
    from einvoice.approval.batches import rows_of
    from einvoice.approval.sight import sight
    from einvoice.store.tables import Batch

    with place() as here, here.store.reading() as reading:
        batch = reading.get(Batch, number)
        if batch is not None:
            sight(here.store).demand(batch.tenant_id)
        said = [
            (row.position, row.invoice_id, row.content or {}, row.amount) for row in rows_of(reading, number)
        ]
    heads = say("Pos.|Nr.|Rechnung|Verkäufer|Betrag", "Pos|No|Invoice|Seller|Amount").split("|")
    tables.show(
        heads, [[pos, inv, content["number"], content["seller"], sum_] for pos, inv, content, sum_ in said]
    )
    leave(0)


@app.command(help=say("Bildet einen Stapel aus Angeordnetem.", "Builds a batch of what is authorised."))
def build(
    tenant: Annotated[str, typer.Option(help=say("Kommune", "Tenant"))],
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NR...]")] = None,
    as_: As = None,
) -> None:
    """Exit 0 built, 1 refused."""
    from einvoice.approval import batches, persons

    with place() as here:
        made = batches.build(here.store, persons.actor(here.store, as_), tenant, numbers or None)
    print(say(f"Stapel {made} gebildet.", f"Batch {made} built."))
    leave(0)


@app.command(
    help=say("Schließt einen Stapel unter der nächsten Nummer.", "Closes a batch under the next number.")
)
def close(number: Number, as_: As = None) -> None:
    """Exit 0 closed, 1 refused."""
    from einvoice.approval import batches, persons

    with place() as here:
        called = batches.close(here.store, persons.actor(here.store, as_), number)
    print(say(f"Stapel {number} geschlossen als {called}.", f"Batch {number} closed as {called}."))
    leave(0)


@app.command(help=say("Exportiert einen geschlossenen Stapel.", "Exports a closed batch."))
def export(
    number: Number,
    form: Annotated[
        str,
        typer.Option(
            "--format", help=say("datev-extf oder csv (beide geprüft)", "datev-extf or csv (both proved)")
        ),
    ] = "datev-extf",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=say("Ordner", "Folder"))] = None,
    as_: As = None,
) -> None:
    """Exit 0 written, 1 refused."""
    from einvoice.approval import persons
    from einvoice.exports.delivery import export as deliver
    from einvoice.exports.formats import format_named

    format_named(form)
    with place() as here:
        who = persons.actor(here.store, as_)
        folder = output or here.workplace.exports
        for path in deliver(here.store, here.archive, who, number, form, folder):
            print(path)
    leave(0)


@app.command(help=say("Sagt, von welchem Stapel eine Datei ist.", "Says of which batch a file is an export."))
def verify(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Exit 0 it is an export, byte for byte, 1 it is not."""
    from einvoice.approval.batches import name
    from einvoice.exports.verifying import exported_as

    with place() as here:
        found = exported_as(here.store, file.read_bytes())
    for export, batch in found:
        print(
            say(
                f"{file}: Export von Stapel {name(batch)} ({export.format}), {export.made}, Byte für Byte.",
                f"{file}: export of batch {name(batch)} ({export.format}), {export.made}, byte for byte.",
            )
        )
    if not found:
        print(say(f"{file}: ist kein Export eines Stapels.", f"{file}: is no export of a batch."))
    leave(0 if found else 1)
