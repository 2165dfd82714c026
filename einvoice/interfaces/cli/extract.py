"""`einvoice extract PATH…`: what invoices say, as structured data."""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.errors import EinvoiceError, NotCarried, Unchecked, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.documents import data_of, failure
from einvoice.interfaces.cli.output import apart, nothing_found, target
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.interfaces.cli.writing import save

if TYPE_CHECKING:
    from einvoice.formats.delivery import Delivery, Document
    from einvoice.formats.extracting import Extract
    from einvoice.formats.tables import TableName
    from einvoice.validation.files import Found

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Format = Literal["json", "jsonl", "csv", "xlsx", "parquet"]
_SUFFIXES: dict[str, Format] = {
    ".json": "json",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}


@app.command(
    help=told(
        "Liest Rechnungen aus: alle Angaben als JSON oder JSON Lines, das Wichtigste als Tabelle (CSV, Parquet; "
        "Excel mit Blättern für Rechnungen, Positionen und Umsatzsteuer).",
        "Extracts invoices: all they state as JSON or JSON Lines, the essentials as a table (CSV, Parquet; "
        "Excel with sheets for invoices, lines and VAT).",
        "einvoice extract eingang/ -o rechnungen.xlsx",
        "einvoice extract inbox/ -o invoices.xlsx",
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
    table: Annotated[
        Literal["invoices", "lines", "vat"] | None,
        typer.Option(
            "--table",
            help=say(
                "CSV, Parquet: eine Zeile je Rechnung, Position oder Steuersatz [Standard: lines]",
                "CSV, Parquet: a row for each invoice, line or VAT row [default: lines]",
            ),
        ),
    ] = None,
    attachments: Annotated[
        bool,
        typer.Option("--attachments", help=say("Eingebettete Anlagen mitgeben", "With embedded attachments")),
    ] = False,
) -> None:
    """Exit 0 all read, 1 one is no readable invoice, 2 usage or nothing to do, 3 one could not be opened."""
    from einvoice.validation.files import reach

    chosen = form or _usual(output)
    _fits(chosen, table, attachments)
    files = list(reach(paths))
    if not files:
        raise nothing_found()
    apart(files, output)
    failures: list[EinvoiceError] = []
    with Progress(len(files), quiet=session.quiet) as progress:
        found = _extracts(progress.follow(files), failures)
        if chosen in ("xlsx", "parquet"):
            _write_binary(found, chosen, output, table or "lines", failures)
        else:
            _write_text(found, chosen, output, table or "lines", attachments)
    leave(3 if any(isinstance(one, Unchecked) for one in failures) else 1 if failures else 0)


def _fits(form: Format, table: "TableName | None", attachments: bool) -> None:
    """Raises UsageError for options that the form does not have."""
    if table is not None and form not in ("csv", "parquet"):
        raise UsageError(say(f"--table gilt nicht für {form}.", f"{form} takes no --table."))
    if attachments and form not in ("json", "jsonl"):
        raise UsageError(say(f"--attachments gilt nicht für {form}.", f"{form} takes no --attachments."))


def _write_text(
    found: Iterator["Extract"], form: Format, output: Path | None, table: "TableName", attachments: bool
) -> None:
    from einvoice.formats import extracting

    with target(output) as stream:
        if form == "csv":
            stream.writelines(extracting.as_csv(found, table))
        else:
            write = extracting.as_json if form == "json" else extracting.as_jsonl
            stream.writelines(write(found, attachments=attachments))


def _write_binary(
    found: Iterator["Extract"],
    form: Format,
    output: Path | None,
    table: "TableName",
    failures: list[EinvoiceError],
) -> None:
    """Into a draft first: the file is whole or not there. What a cell cannot hold counts as not carried."""
    if output is None and sys.stdout.isatty():
        raise UsageError(say(f"{form} bitte mit -o in eine Datei.", f"{form} goes into a file: -o."))

    def tell(de: str, en: str) -> None:
        failures.append(NotCarried((say(de, en),)))
        print(f"einvoice: {say(de, en)}", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft"
        if form == "xlsx":
            from einvoice.formats.spreadsheet import write_xlsx

            write_xlsx(found, draft, session.lang, tell)
        else:
            from einvoice.formats.parquet import write_parquet

            write_parquet(found, draft, table, tell)
        if output is None:
            sys.stdout.buffer.write(draft.read_bytes())
        else:
            save(output, draft.read_bytes(), force=True)


def _usual(output: Path | None) -> Format:
    return _SUFFIXES.get(output.suffix.lower() if output else "", "jsonl")


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
