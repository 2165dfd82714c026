"""`einvoice show FILE`: the invoice as a person reads it, in the terminal, as HTML or as PDF/A-3."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.errors import NotAnInvoice, SeveralDocuments, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.clustered import ClusterAddress
from einvoice.interfaces.cli.documents import data_of
from einvoice.interfaces.cli.output import apart, target, unwritable
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.interfaces.cli.show_many import show_many
from einvoice.validation.files import Found, Reached
from einvoice.validation.options import Options
from einvoice.validation.report import Report

if TYPE_CHECKING:
    from einvoice.model.content import Content
    from einvoice.render.sheet import Sheet

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Form = Literal["text", "html", "pdf"]


@app.command(
    help=told(
        "Zeigt eine Rechnung so, wie ein Mensch sie liest: im Terminal, als HTML-Seite oder als PDF/A-3.",
        "Shows an invoice as a person reads it: in the terminal, as an HTML page or as PDF/A-3.",
        "einvoice show rechnung.xml --html -o rechnung.html",
        "einvoice show invoice.xml --html -o invoice.html",
    )
)
def show(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar=say("DATEI...", "FILE..."),
            help=say(
                "Rechnung oder -; mehrere oder Ordner: je Rechnung eine Seite nach -o ORDNER",
                "Invoice or -; several or folders: a page each into -o FOLDER",
            ),
        ),
    ],
    html: Annotated[bool, typer.Option("--html", help=say("Als HTML-Seite", "As an HTML page"))] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help=say("Als PDF/A-3 (braucht typst)", "As PDF/A-3 (needs typst)"))
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=say("Datei für die Seite", "File for the page"))
    ] = None,
    attachments: Annotated[
        Path | None,
        typer.Option(
            "--attachments",
            metavar=say("ORDNER", "FOLDER"),
            help=say("Eingebettete Dateien in einem Ordner ablegen", "Save embedded files into a folder"),
        ),
    ] = None,
    document: Annotated[
        str | None,
        typer.Option(help=say("Welche Rechnung aus einem Sammelbehälter", "Which invoice of a container")),
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=0, help=say("Bei mehreren: zugleich (0: alle Kerne)", "Of several: at a time"))
    ] = 0,
    cluster: ClusterAddress = None,
) -> None:
    """Exit 0 shown, 1 nothing to show, 2 usage, 3 could not be opened."""
    several = Reached(paths, output)
    found = next(iter(several), None)
    if len(several) != 1 or found is None or [found.name] != paths:
        if attachments is not None or document is not None:
            raise UsageError(
                "--attachments and --document go with one file.",
                "--attachments und --document gibt es nur bei einer Datei.",
            )
        leave(show_many(several, "pdf" if pdf else "html" if html else None, output, jobs, cluster))
    form = _form(html, pdf, output)
    apart([found], output)
    data = data_of(found)
    report, inner = _chosen(data, found, document)
    content, sheet = _read(report, inner)
    _write(sheet, form, output)
    if attachments is not None and content is not None:
        _save(content, attachments)
    if content is None:
        raise NotAnInvoice(
            f"{found.name}: {' '.join(f.message for f in report.findings[:1]) or report.reason}"
        )
    leave(0)


def _form(html: bool, pdf: bool, output: Path | None) -> Form:
    """Which form is asked for; the ending of -o decides where no option does."""
    if html and pdf:
        raise UsageError(say("Bitte --html oder --pdf, nicht beides.", "Give --html or --pdf, not both."))
    suffix = output.suffix.lower() if output else ""
    form: Form = "html" if html else "pdf" if pdf else "html" if suffix in (".html", ".htm") else "text"
    if not (html or pdf) and suffix == ".pdf":
        form = "pdf"
    if form == "pdf" and output is None and sys.stdout.isatty():
        raise UsageError(say("--pdf: bitte mit -o eine Datei nennen.", "--pdf: name a file with -o."))
    return form


def _chosen(data: bytes, found: Found, name: str | None) -> tuple[Report, bytes]:
    """The report and the bytes of the one document to show; no bytes where there is no document in the file."""
    from einvoice.formats.opening import open_safely
    from einvoice.validation.batch import validate_bytes

    options = Options(lang=session.lang)
    delivery = open_safely(data, found.name, options.seconds(len(data)))
    reports = validate_bytes(data, found.name, options)
    chosen = [n for n, d in enumerate(delivery.documents) if name in (None, d.path)]
    if len(chosen) > 1:
        note(say("Auswählen mit --document NAME.", "Choose one with --document NAME."))
        raise SeveralDocuments(tuple(delivery.documents[n].path or "" for n in chosen))
    if not chosen and delivery.documents:
        known = ", ".join(d.path or "" for d in delivery.documents)
        raise NotAnInvoice(
            f"{found.name}: there is no {name} in it. To choose from: {known}",
            f"{found.name}: darin gibt es kein {name}. Zur Wahl: {known}",
        )
    if not chosen:
        return reports[0], b""
    whole = len(reports) == len(delivery.documents)  # else one report says why none could be checked
    return reports[chosen[0] if whole else 0], delivery.documents[chosen[0]].data


def _read(report: Report, data: bytes) -> "tuple[Content | None, Sheet]":
    """What the document says, and its page; without content where it cannot be read as an invoice."""
    from einvoice.render.sheet import sheet_of

    return sheet_of(report, data, session.lang)


def _write(sheet: "Sheet", form: Form, output: Path | None) -> None:
    if form == "pdf":
        _write_pdf(sheet, output)
    else:
        with target(output) as stream:
            if form == "html":
                from einvoice.render import html

                stream.writelines(html.page(sheet))
            else:
                from einvoice.render.terminal import render

                width = min(shutil.get_terminal_size((100, 24)).columns, 120)
                stream.writelines(f"{line}\n" for line in render(sheet, width))
    if output is not None:
        note(say(f"Geschrieben: {output}", f"Written: {output}"))


def _write_pdf(sheet: "Sheet", output: Path | None) -> None:
    from einvoice.render.pdf import typeset

    made = typeset(sheet)
    if output is None:
        sys.stdout.buffer.write(made)
        return
    try:
        output.write_bytes(made)
    except OSError as error:
        raise unwritable(output, error) from None


def _save(content: "Content", folder: Path) -> None:
    """Writes the embedded files and says where they are; a file that may run something is named with a warning."""
    from einvoice.render.attachments import all_embedded, save, warning

    try:
        saved = save(all_embedded(content), folder)
    except OSError as error:
        raise unwritable(folder, error) from None
    for file, path in saved:
        name = file.name or say("Datei ohne Namen", "file without a name")
        if path is None:
            note(say(f"{name}: nicht lesbar (kein Base64)", f"{name}: cannot be read (no base64)"))
        else:
            note(f"{name} → {path}" + (f"  {warning(session.lang)}" if file.is_active else ""))
    if not saved:
        note(say("Keine eingebetteten Dateien.", "No embedded files."))
