"""`einvoice approve voucher`: the Anordnungsbeleg of an invoice, as PDF/A, page or text."""

from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.output import unwritable
from einvoice.interfaces.cli.session import leave, say, session

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    "voucher",
    help=told(
        "Gibt den Anordnungsbeleg aus: auf der Konsole, oder als .pdf (PDF/A), .html oder .txt.",
        "Gives the payment voucher: in the terminal, or as .pdf (PDF/A), .html or .txt.",
        "einvoice approve voucher 12 -o beleg.pdf",
        "einvoice approve voucher 12 -o voucher.pdf",
    ),
)
def voucher(
    numbers: Annotated[list[int], typer.Argument(metavar="NR...", help=say("Rechnungen", "Invoices"))],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=say("Datei, oder Ordner für mehrere", "File, or folder")),
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 written, 1 there is no such invoice, 2 usage."""
    from einvoice.approval.sight import sight
    from einvoice.exports.vouchers import voucher as made
    from einvoice.store.tables import Invoice

    folder = output is not None and output.is_dir()
    kind = None if folder else "txt" if output is None else _kind(output)
    if len(numbers) > 1 and output is not None and not folder:
        raise UsageError(
            f"{output}: several vouchers need a folder.", f"{output}: mehrere Belege brauchen einen Ordner."
        )
    with place() as here:
        eyes = sight(here.store, as_)
        for number in numbers:
            with here.store.reading() as reading:
                invoice = reading.get(Invoice, number)
                if invoice is not None:
                    eyes.demand(invoice.tenant_id, number)
                file = made(reading, number, session.lang, kind)
            if output is None:
                print(file.data.decode())
                continue
            target = output / file.name if folder else output
            try:
                target.write_bytes(file.data)
            except OSError as error:
                raise unwritable(target, error) from None
            print(target)
    leave(0)


def _kind(output: Path) -> str:
    from einvoice.exports.vouchers import KINDS

    kind = output.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise UsageError(
            f"{output}: .pdf, .html, .txt, or a folder.", f"{output}: .pdf, .html, .txt oder ein Ordner."
        )
    return kind
