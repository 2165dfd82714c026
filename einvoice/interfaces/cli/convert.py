"""`einvoice convert FILE --to …`: the same invoice in another form, and what the form cannot hold."""

from typing import Annotated, Literal

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.documents import data_of
from einvoice.interfaces.cli.session import note, say
from einvoice.interfaces.cli.writing import (
    AllowLoss,
    AllowRejected,
    Force,
    Output,
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
        "Wandelt eine Rechnung in eine andere Form um: gleicher Inhalt; was die Form nicht fasst, wird genannt.",
        "Converts an invoice: same content; what the form cannot hold is named.",
        "einvoice convert rechnung.xml --to cii -o rechnung-cii.xml",
        "einvoice convert invoice.xml --to cii -o invoice-cii.xml",
    )
)
def convert(
    file: Annotated[
        str,
        typer.Argument(
            metavar=say("DATEI", "FILE"),
            help=say("Rechnung (XML, PDF, JSON …) oder -", "Invoice (XML, PDF, JSON …) or -"),
        ),
    ],
    to: Annotated[Literal["ubl", "cii", "zugferd", "json"], typer.Option("--to", help=say("Form", "Form"))],
    output: Output,
    profile: ProfileName = None,
    document: Annotated[
        str | None,
        typer.Option(help=say("Welche Rechnung aus einem Sammelbehälter", "Which invoice of a container")),
    ] = None,
    pdf: Picture = None,
    allow_loss: AllowLoss = False,
    allow_rejected: AllowRejected = False,
    report: ReportFile = None,
    force: Force = False,
) -> None:
    """Exit 0 written, 1 not written (a loss; rejected, and what was given is not), 2 usage, 3 unchecked."""
    from einvoice.outgoing import given, outgoing

    if to == "json" and profile:
        raise UsageError(say("--profile gilt nicht für JSON.", "JSON takes no --profile."))
    found = next(reach([file]), None)
    if found is None or found.name != file:
        raise UsageError(say(f"{file}: bitte eine Datei angeben.", f"{file}: give a file."))
    judged = options()
    source = given(data_of(found), found.name, judged, document)
    written = outgoing(source, to, judged, profile, picture(pdf, to))
    if not (written.is_accepted or allow_rejected) and source.was_rejected(judged):
        note(say("Schon die Vorlage wird abgelehnt.", "The invoice given is rejected, too."))
    finish(written, output, allow_loss=allow_loss, allow_rejected=allow_rejected, force=force, report=report)
