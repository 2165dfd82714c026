"""`einvoice approve return`: back to the supplier, with a reply built from the findings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.approve_choosing import Numbers, Reason, chosen, each
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, note, say
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from einvoice.approval.persons import Actor
    from einvoice.pipeline.returning import Letter
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)


Language = Literal["de", "en"]


@app.command(
    "return",
    help=told(
        "Gibt an den Lieferanten zurück. Die Antwort entsteht aus Befunden und Grund; sie liegt als Entwurf im "
        "Ausgang (einvoice outbox), wird mit --send gesendet oder mit --save gespeichert.",
        "Returns to the supplier. The reply is built from the findings and the reason; it is a draft in the outbox "
        "(einvoice outbox), sent with --send, or saved with --save.",
        'einvoice approve return 7 --reason "Bestellung unbekannt" --preview',
        'einvoice approve return 7 --reason "unknown order" --preview',
    ),
)
def return_(
    reason: Reason,
    numbers: Numbers = None,
    language: Annotated[
        Language, typer.Option("--reply-in", help=say("Sprache der Antwort", "Language of the reply"))
    ] = "de",
    warnings: Annotated[
        bool, typer.Option("--warnings", help=say("Auch Warnungen nennen", "Tell warnings, too"))
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help=say("Antwort nur zeigen", "Only show the reply"))
    ] = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="MAIL", help=say("An diese Adresse", "To this address"))
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help=say("Mit dem nächsten Lauf senden", "Send with the next run"))
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar=say("ORDNER", "FOLDER"), help=say("Als Dateien speichern", "Save as files")),
    ] = None,
    no_reply: Annotated[
        bool, typer.Option("--no-reply", help=say("Ohne Antwort", "Without a reply"))
    ] = False,
    as_: As = None,
) -> None:
    """Exit 0 all done, 1 one refused, 2 usage."""
    if no_reply and (to or send or save or preview):
        raise UsageError("--no-reply goes with nothing else.", "--no-reply passt zu nichts anderem.")
    if save is not None and (to or send or not save.is_dir()):
        raise UsageError(
            "--save names a folder that is there, and goes without --to and --send.",
            "--save nennt einen Ordner, den es gibt, und geht nicht mit --to und --send.",
        )
    if preview:
        _preview(numbers or [], reason, language, warnings)

    def act(here: "Opened", who: "Actor", number: int) -> str:
        from einvoice.pipeline.returning import give_back, letter

        made = None if no_reply else letter(here, number, reason, language, warnings=warnings)
        unsent = save is not None or not (to or send or _can_go(here, made))
        row = give_back(here, who, number, reason, None if unsent else made, to, send=send)
        returned = say("zurückgegeben", "returned")
        if row is not None:
            state = say("wird gesendet", "will be sent") if send else say("Entwurf", "draft")
            return f"{returned}; {say('Antwort', 'reply')} {row}: {state}"
        if save is not None and made is not None:
            return f"{returned}; {_save(save, number, made)}"
        if not no_reply:
            note(
                say(
                    f"{number}: keine Antwort (kein [mail], oder keine bewiesene Adresse): --to oder --save.",
                    f"{number}: no reply (no [mail], or no proved address): --to or --save.",
                )
            )
        return returned

    each(as_, lambda here, who: chosen(here, who, numbers, (), False), act)


def _can_go(here: "Opened", made: "Letter | None") -> bool:
    return made is not None and here.workplace.mail is not None and made.recipient is not None


def _preview(numbers: list[int], reason: str, language: Language, warnings: bool) -> None:
    from einvoice.approval.sight import sight
    from einvoice.pipeline.returning import letter
    from einvoice.store.tables import Invoice

    with place() as here:
        for number in numbers:
            with here.store.reading() as reading:
                invoice = reading.get(Invoice, number)
            if invoice is None:
                raise Refused(f"There is no invoice {number}.", f"Es gibt keine Rechnung {number}.")
            sight(here.store).demand(invoice.tenant_id, number)
            made = letter(here, number, reason, language, warnings=warnings)
            print(printable(f"{say('An', 'To')}: {made.recipient or '–'}"))
            print(printable(f"{say('Betreff', 'Subject')}: {made.words.subject}") + "\n")
            print("\n".join(printable(line) for line in made.words.text.splitlines()))
    leave(0)


def _save(folder: Path, number: int, made: "Letter") -> str:
    """The reply as text and page."""
    from einvoice.store.durable import write

    name = folder / f"{say('antwort', 'reply')}-{number}"
    write(name.with_suffix(".txt"), f"{made.words.subject}\n\n{made.words.text}".encode())
    write(name.with_suffix(".html"), made.words.html.encode())
    return f"{name}.txt, {name}.html"
