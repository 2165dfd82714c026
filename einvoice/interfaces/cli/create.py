"""`einvoice create DATA.json --to …`: a new invoice from data; what would be rejected is not written."""

import json
from typing import Annotated, Literal

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.documents import data_of
from einvoice.interfaces.cli.session import leave, note, say
from einvoice.interfaces.cli.writing import (
    AllowLoss,
    Force,
    Picture,
    ProfileName,
    ReportFile,
    finish,
    options,
    picture,
)
from einvoice.validation.files import reach

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Erstellt eine Rechnung aus Daten (JSON, Felder: einvoice schema). Summen und Steuern werden berechnet, "
        "wo sie fehlen; was abgelehnt würde, wird nicht geschrieben.",
        "Creates an invoice from data (JSON, fields: einvoice schema). Totals and taxes are computed where they "
        "are left out; what would be rejected is not written.",
        "einvoice create daten.json --to ubl -o rechnung.xml",
        "einvoice create data.json --to ubl -o invoice.xml",
    )
)
def create(
    data: Annotated[
        str | None,
        typer.Argument(metavar=say("DATEN.json", "DATA.json"), help=say("Daten oder -", "Data or -")),
    ] = None,
    to: Annotated[
        Literal["ubl", "cii", "zugferd"] | None, typer.Option("--to", help=say("Form", "Form"))
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar=say("DATEI", "FILE"),
            help=say("Wohin, - für stdout", "Where to, - for stdout"),
        ),
    ] = None,
    profile: ProfileName = None,
    pdf: Picture = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example", help=say("Ein Beispiel der Daten ausgeben", "Print an example of the data")
        ),
    ] = False,
    allow_loss: AllowLoss = False,
    report: ReportFile = None,
    force: Force = False,
) -> None:
    """Exit 0 written, 1 not written (data not usable, it would be rejected, a loss), 2 usage, 3 unchecked."""
    if example:
        print(_example())
        leave(0)
    if data is None or to is None or output is None:
        raise UsageError(
            say(
                "Bitte Daten, --to und -o angeben (oder --example).", "Give data, --to and -o (or --example)."
            )
        )
    found = next(reach([data]), None)
    if found is None or found.name != data:
        raise UsageError(say(f"{data}: bitte eine Datei angeben.", f"{data}: give a file."))
    from einvoice.outgoing import completed, given_json, outgoing

    judged = options(new=True)
    source, filled = completed(given_json(data_of(found), found.name), to, profile)
    for name, text in filled:
        note(say(f"Ergänzt: {name} = {text}", f"Filled in: {name} = {text}"))
    written = outgoing(source, to, judged, profile, picture(pdf, to))
    finish(written, output, allow_loss=allow_loss, allow_rejected=None, force=force, report=report)


def _example() -> str:
    """The data of a small invoice, without what is computed."""
    from einvoice.formats.extracting import invoice_table
    from einvoice.model.bases import base
    from einvoice.model.invoice import Invoice

    table = invoice_table(Invoice.from_content(base("small")))
    for computed in ("totals", "vat_breakdown", "process_control"):
        table.pop(computed, None)
    for line in table["lines"]:
        line.pop("net_amount", None)
    return json.dumps(table, ensure_ascii=False, indent=2)
