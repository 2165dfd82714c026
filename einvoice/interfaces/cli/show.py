"""`einvoice show FILE`: the invoice as a person reads it."""

import shutil
from typing import Annotated

import typer

from einvoice.errors import NotAnInvoice, SeveralDocuments, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.documents import data_of
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.validation.files import Found, reach
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from einvoice.validation.reports.text_report import WORDS, printable

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Zeigt eine Rechnung so, wie ein Mensch sie liest.",
        "Shows an invoice as a person reads it.",
        "einvoice show rechnung.pdf",
        "einvoice show invoice.pdf",
    )
)
def show(
    file: Annotated[
        str, typer.Argument(metavar=say("DATEI", "FILE"), help=say("Rechnung oder -", "Invoice or -"))
    ],
    document: Annotated[
        str | None,
        typer.Option(help=say("Welche Rechnung aus einem Sammelbehälter", "Which invoice of a container")),
    ] = None,
) -> None:
    """Exit 0 shown, 1 nothing to show, 2 usage, 3 could not be opened."""
    found = next(reach([file]), None)
    if found is None or found.name != file:
        raise UsageError(say(f"{file}: bitte eine Datei angeben.", f"{file}: give a file."))
    _print(data_of(found), found, document)
    leave(0)


def _print(data: bytes, found: Found, name: str | None) -> None:
    from einvoice.formats import xml
    from einvoice.formats.opening import open_safely
    from einvoice.formats.reading import read
    from einvoice.render.outline import outline
    from einvoice.render.terminal import render
    from einvoice.validation.batch import validate_bytes

    options = Options(lang=session.lang)
    delivery = open_safely(data, found.name, options.seconds(len(data)))
    reports = validate_bytes(data, found.name, options)
    chosen = [n for n, d in enumerate(delivery.documents) if name in (None, d.path)]
    if len(chosen) > 1:
        raise SeveralDocuments(tuple(delivery.documents[n].path or "" for n in chosen))
    if not chosen:
        reasons = " ".join(f.message for report in reports for f in report.findings)
        raise NotAnInvoice(f"{found.name}: {reasons or say('keine solche Rechnung', 'no such invoice')}")
    report, held = reports[chosen[0]], delivery.documents[chosen[0]]
    print(_headline(report))
    try:
        reading = read(xml.parse(held.data))
    except xml.Refused:
        raise NotAnInvoice(f"{found.name}: {report.findings[0].message}") from None
    rest = [(one.path, one.text) for one in reading.further]
    sections = outline(reading.content(), session.lang, report.findings, rest)
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    for line in render(sections, width, session.lang):
        print(line)
    _others(report)


def _headline(report: Report) -> str:
    words = WORDS[session.lang]
    return printable(f"{words[report.verdict]}  {report.file}  ({report.profile or report.reason})")


def _others(report: Report) -> None:
    """Findings that concern no single field."""
    rest = [finding for finding in report.findings if not finding.terms]
    if rest:
        print("\n" + say("Befunde zur ganzen Rechnung", "Findings about the whole invoice"))
        for finding in rest:
            label = WORDS[session.lang][finding.severity]
            print(printable(f"! {label}: {finding.message} [{finding.rule}]"))
