"""`einvoice batch export|protocol|verify`: the files of a batch, what they leave out, and whether one is genuine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from einvoice.errors import Refused, StoreError, UsageError
from einvoice.exports.formats import FORMATS, format_named
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.export_target import to_target
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, note, say, session

if TYPE_CHECKING:
    from sqlmodel import Session

    from einvoice.pipeline.workplace import Opened
    from einvoice.store.tables import Batch, Tenant

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Number = Annotated[
    int, typer.Argument(metavar="NR", help=say("Nummer des Stapels in der Liste", "Id of the batch"))
]
STANDING = {"proved": ("geprüft", "proved"), "trial": ("in Erprobung", "on trial")}
"""Classes of formats in German and English."""


def _formats() -> str:
    """The formats there are, with their class."""
    return ", ".join(f"{name} ({say(*STANDING[one.standing])})" for name, one in FORMATS.items())


Form = Annotated[str, typer.Option("--format", metavar="FORMAT", help=_formats())]


def known(here: "Opened", reading: "Session", number: int, acting_as: str | None) -> "tuple[Batch, Tenant]":
    """A batch that this person may look into, and its town. Raises Refused."""
    from sqlmodel import select

    from einvoice.approval.sight import sight
    from einvoice.store.tables import Batch, Tenant

    batch, eyes = reading.get(Batch, number), sight(here.store, acting_as)
    if batch is None or not eyes.exists(batch.tenant_id):
        raise Refused(f"There is no batch {number}.", f"Es gibt keinen Stapel {number}.")
    eyes.demand(batch.tenant_id)
    return batch, reading.exec(select(Tenant).where(Tenant.id == batch.tenant_id)).one()


@app.command(
    help=told(
        "Exportiert einen geschlossenen Stapel; erneut exportiert sind es dieselben Bytes.",
        "Exports a closed batch; exported again it is the same bytes.",
        "einvoice batch export 1 --format datev-extf -o export/",
    )
)
def export(
    number: Number,
    form: Form = "datev-extf",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=say("Ordner", "Folder"))] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", help=say("An dieses Ziel der Kommune", "To this target of the tenant")),
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 written, 1 refused, 3 the target could not be reached: the next run tries again."""
    from einvoice.approval import persons
    from einvoice.exports.delivery import export as deliver
    from einvoice.exports.making import made

    format_named(form)
    with place() as here:
        who = persons.actor(here.store, as_)
        if target is not None:
            form, sent = to_target(here, who, number, target)
            print(*sent, sep="\n")
            _tell(made(here.store, here.archive, who, number, form).protocol)
            leave(0)
        folder = (output or here.workplace.exports).resolve()
        for path in deliver(here.store, here.archive, who, number, form, folder):
            print(path)
        _tell(made(here.store, here.archive, who, number, form).protocol)
    leave(0)


@app.command(
    help=told(
        "Zeigt das Protokoll eines Exports: was die Dateien halten, was nicht und warum.",
        "Shows the protocol of an export: what the files hold, what they do not and why.",
        "einvoice batch protocol 1 --format sepa",
    )
)
def protocol(number: Number, form: Form = "datev-extf", as_: As = None) -> None:
    """Exit 0 shown, 1 there is none."""
    from einvoice.exports.making import earlier

    format_named(form)
    with place() as here, here.store.reading() as reading:
        known(here, reading, number, as_)
        found = earlier(reading, here.archive, number, form)
    if found is None:
        raise Refused(
            f"Batch {number} was not exported as {form}.",
            f"Stapel {number} wurde nicht als {form} exportiert.",
        )
    _tell(found.protocol, print)
    leave(0)


def _tell(said: dict[str, Any], out: Any = note) -> None:
    """A protocol in words."""
    if not said:
        return
    standing = say(*STANDING[said["class"]])
    text = say(
        "{0} ({1}): {2} von {3} Zeilen in den Dateien.", "{0} ({1}): {2} of {3} rows are in the files."
    )
    out(text.format(said["format"], standing, said["in_files"], said["rows"]))
    for one in said["left"]:
        text = say("Zeile {0} (Rechnung {1}) nicht enthalten: {2}", "Row {0} (invoice {1}) is not in it: {2}")
        out(text.format(one["position"], one["number"], one[session.lang]))
    for name, remarks in said["files"].items():
        for remark in remarks:
            out(f"{name}: {remark}")
    for one in said["remarks"]:
        out(one[session.lang])


@app.command(
    help=told(
        "Sagt, von welchem Stapel eine Datei ist, Byte für Byte, und wohin er ging; oder was an ihr anders ist.",
        "Says of which batch a file is an export, byte for byte, and where it went; or how it differs from one.",
        "einvoice batch verify EXTF_musterlippe_2026-0001.csv",
    )
)
def verify(
    file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"))],
    as_: As = None,
) -> None:
    """Exit 0 it is one, byte for byte; 1 it is not, or its batch was reopened; 2 usage; 3 not to be looked at."""
    from einvoice.approval.sight import sight
    from einvoice.exports.verifying import verified
    from einvoice.interfaces.cli.batch_words import of_file

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read ({error.strerror})", f"{file}: nicht lesbar ({error.strerror})"
        ) from None
    with place() as here:
        eyes = sight(here.store, as_)
        try:
            found = verified(here.store, here.archive, data, file.name, eyes.content)
        except StoreError as error:
            note(error.said(session.lang))
            leave(3)
    for line in of_file(str(file), found):
        print(line)
    leave(0 if found is not None and found.genuine else 1)


@app.command(
    help=told(
        "Das Stapelblatt, eine Seite zum Abgleich: Summen, Prüfsumme, wer bestätigt und angeordnet hat, Dateien. "
        "Als Text, oder mit -o als .html, .pdf, .txt.",
        "The batch sheet, a page to compare by: sums, digest, who confirmed and authorised, files. As text, or with "
        "-o as .html, .pdf, .txt.",
        "einvoice batch sheet 1 -o stapelblatt.pdf",
        "einvoice batch sheet 1 -o batch-sheet.pdf",
    )
)
def sheet(
    number: Number,
    output: Annotated[Path | None, typer.Option("-o", "--output", help=say("Datei", "File"))] = None,
    as_: As = None,
) -> None:
    """Exit 0 written, 1 refused, 2 usage."""
    from einvoice.exports.closed import closed_batch
    from einvoice.exports.sheet import exports_of
    from einvoice.exports.sheet import sheet as made
    from einvoice.render import form_html, pdf
    from einvoice.store import durable

    form = (output.suffix if output else ".txt").lower()
    if form not in (".txt", ".html", ".pdf"):
        raise UsageError(f"{output}: .txt, .html, .pdf")
    with place() as here:
        with here.store.reading() as reading:
            known(here, reading, number, as_)
            exports = exports_of(reading, number)
        shown = made(closed_batch(here.store, here.archive, number), exports, session.lang)
    if output is None:
        print(form_html.written(shown), end="")
        leave(0)
    data = pdf.form(shown) if form == ".pdf" else b""
    if form != ".pdf":
        data = (form_html.page(shown) if form == ".html" else form_html.written(shown)).encode()
    durable.write(output, data)
    print(output)
    leave(0)
