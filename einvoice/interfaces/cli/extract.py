"""`einvoice extract PATH…`: what invoices say, as structured data."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.errors import EinvoiceError, Unchecked
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.documents import data_of, failure
from einvoice.interfaces.cli.output import nothing_found, target
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, say, session

if TYPE_CHECKING:
    from einvoice.formats.delivery import Delivery, Document
    from einvoice.formats.extracting import Extract
    from einvoice.validation.files import Found

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Format = Literal["json", "jsonl", "csv"]


@app.command(
    help=told(
        "Liest Rechnungen aus: alle Angaben als JSON, JSON Lines oder CSV (eine Zeile je Rechnungsposition).",
        "Extracts invoices: all they state as JSON, JSON Lines or CSV (a row for each invoice line).",
        "einvoice extract eingang/ --format csv -o rechnungen.csv",
        "einvoice extract inbox/ --format csv -o invoices.csv",
    )
)
def extract(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar=say("PFAD...", "PATH..."),
            help=say("Dateien, Ordner, Muster oder -", "Files, folders, globs or -"),
        ),
    ],
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help=say("Form der Daten [Standard: jsonl]", "Form of the data [default: jsonl]")
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=say("Datei für die Daten", "File for the data"))
    ] = None,
    attachments: Annotated[
        bool,
        typer.Option("--attachments", help=say("Eingebettete Anlagen mitgeben", "With embedded attachments")),
    ] = False,
) -> None:
    """Exit 0 all read, 1 one is no readable invoice, 2 usage or nothing to do, 3 one could not be opened."""
    from einvoice.formats import extracting
    from einvoice.validation.files import reach

    files = list(reach(paths))
    if not files:
        raise nothing_found()
    failures: list[EinvoiceError] = []
    with Progress(len(files), quiet=session.quiet) as progress, target(output) as stream:
        found = _extracts(progress.follow(files), failures)
        if (form or _usual(output)) == "csv":
            stream.writelines(extracting.as_csv(found))
        else:
            write = extracting.as_json if (form or _usual(output)) == "json" else extracting.as_jsonl
            stream.writelines(write(found, attachments=attachments))
    leave(3 if any(isinstance(one, Unchecked) for one in failures) else 1 if failures else 0)


def _usual(output: Path | None) -> Format:
    suffix = output.suffix if output else ""
    return "csv" if suffix == ".csv" else "json" if suffix == ".json" else "jsonl"


def _extracts(files: Iterator["Found"], failures: list[EinvoiceError]) -> Iterator["Extract"]:
    """What can be read; the rest is said on stderr and counted, and does not stop the others."""
    for found in files:
        try:
            opened = _open(found)
        except EinvoiceError as error:
            _fail(found.name, error, failures)
            continue
        for document in opened.documents:
            try:
                yield _read(found, opened.container, document)
            except EinvoiceError as error:
                name = found.name + (f"!/{document.path}" if document.path else "")
                _fail(name, error, failures)


def _fail(name: str, error: EinvoiceError, failures: list[EinvoiceError]) -> None:
    failures.append(error)
    print(f"einvoice: {name}: {error.said(session.lang)}", file=sys.stderr)


def _open(found: "Found") -> "Delivery":
    """The documents of a file. Raises Unchecked where it cannot be opened, NotAnInvoice where there is none in it."""
    from einvoice.formats.opening import open_safely
    from einvoice.validation.options import Options

    data = data_of(found)
    opened = open_safely(data, found.name, Options().seconds(len(data)))
    if not opened.documents:
        raise failure(opened.problems[0])
    return opened


def _read(found: "Found", container: str, document: "Document") -> "Extract":
    """One document's data. Raises Unchecked or NotAnInvoice with the reason."""
    from einvoice.formats import xml
    from einvoice.formats.extracting import Extract
    from einvoice.formats.understanding import invoice_of
    from einvoice.validation.origin import origin

    if any(problem.rule == "EI-FILE" for problem in document.problems):
        raise failure(document.problems[0])
    try:
        root = xml.parse(document.data)
    except xml.Refused as refused:
        raise failure(refused.problem) from None
    invoice = invoice_of(root)
    source = origin(root, container, document.in_pdf)
    return Extract(found.name, document.path, hashlib.sha256(document.data).hexdigest(), invoice, source)
