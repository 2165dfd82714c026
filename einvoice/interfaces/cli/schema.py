"""`einvoice schema`: the JSON Schema of an extracted invoice."""

import json
from pathlib import Path
from typing import Annotated

import typer

from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.output import target
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Gibt das JSON-Schema der ausgelesenen Rechnung aus (`invoice` in der Ausgabe von extract).",
        "Prints the JSON Schema of an extracted invoice (`invoice` in what extract writes).",
        "einvoice schema -o rechnung.schema.json",
        "einvoice schema -o invoice.schema.json",
    )
)
def schema(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=say("Datei für das Schema", "File for the schema"))
    ] = None,
) -> None:
    """Exit 0 written, 2 usage."""
    from einvoice.model.invoice import Invoice

    table = Invoice.model_json_schema()
    table = {"$schema": "https://json-schema.org/draft/2020-12/schema", **table}
    with target(output) as stream:
        stream.write(json.dumps(table, ensure_ascii=False, indent=2) + "\n")
    leave(0)
