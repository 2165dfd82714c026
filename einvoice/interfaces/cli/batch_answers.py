"""`einvoice batch acknowledge|reopen`: what the accounting system answers, and taking a batch back by two persons."""

from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.batch_files import Number, known
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.session import leave, say

if TYPE_CHECKING:
    from einvoice.approval.acknowledging import Acknowledged

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    "acknowledge",
    help=told(
        "Quittiert einen exportierten Stapel, ganz oder zeilenweise: angenommen (mit Belegnummer) oder abgelehnt mit "
        "Grund. Abgelehnte Rechnungen gehen zurück in die Bearbeitung.",
        "Acknowledges an exported batch, wholly or by row: accepted (with voucher number) or rejected with a reason. "
        "Rejected invoices go back to the clerk.",
        'einvoice batch acknowledge 1 --reject "3=Kreditor gesperrt" --voucher 2=4711 --rest-accepted',
        'einvoice batch acknowledge 1 --reject "3=creditor is blocked" --voucher 2=4711 --rest-accepted',
    ),
)
def acknowledge(
    number: Number,
    reject: Annotated[
        list[str] | None,
        typer.Option(metavar=say("POS=GRUND", "POS=REASON"), help=say("Zeile abgelehnt", "Row rejected")),
    ] = None,
    voucher: Annotated[
        list[str] | None,
        typer.Option(metavar=say("POS=NUMMER", "POS=NUMBER"), help=say("Zeile angenommen", "Row accepted")),
    ] = None,
    rest: Annotated[
        bool, typer.Option("--rest-accepted", help=say("Alle anderen angenommen", "All others accepted"))
    ] = False,
    number_of_all: Annotated[
        str | None,
        typer.Option(
            "--rest-voucher",
            metavar=say("NUMMER", "NUMBER"),
            help=say("Belegnummer der anderen", "Their voucher"),
        ),
    ] = None,
    reject_all: Annotated[
        str | None,
        typer.Option(
            "--reject-rest",
            metavar=say("GRUND", "REASON"),
            help=say("Alle anderen abgelehnt", "All others rejected"),
        ),
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 acknowledged, 1 refused, 2 usage."""
    from einvoice.approval import acknowledging, persons

    answers = [
        *(acknowledging.Answer(pos, False, reason=text) for pos, text in _rows("--reject", reject)),
        *(acknowledging.Answer(pos, True, voucher=text) for pos, text in _rows("--voucher", voucher)),
    ]
    if rest or number_of_all:
        answers.append(acknowledging.Answer(None, True, voucher=number_of_all))
    if reject_all:
        answers.append(acknowledging.Answer(None, False, reason=reject_all))
    if not answers:
        raise UsageError(
            "Say what was answered: --rest-accepted, --voucher, --reject …",
            "Bitte die Antwort angeben: --rest-accepted, --voucher, --reject …",
        )
    with place() as here:
        done = acknowledging.acknowledge(here.store, persons.actor(here.store, as_), number, answers)
    tell(number, done)
    leave(0)


def tell(number: int, done: "Acknowledged") -> None:
    """What an acknowledgement did."""
    print(
        say(
            f"Stapel {number}: {done.accepted} angenommen, {done.rejected} abgelehnt, {done.known} schon quittiert, "
            f"{done.open} noch offen.",
            f"Batch {number}: {done.accepted} accepted, {done.rejected} rejected, {done.known} answered before, "
            f"{done.open} still open.",
        )
    )


def _rows(option: str, given: list[str] | None) -> list[tuple[int, str]]:
    found = []
    for one in given or ():
        position, equals, text = one.partition("=")
        if not (equals and position.strip().isdigit() and text.strip()):
            raise UsageError(f"{option} {one}: 3=TEXT", f"{option} {one}: 3=TEXT")
        found.append((int(position), text.strip()))
    return found


@app.command(
    "reopen",
    help=told(
        "Schlägt vor, einen geschlossenen Stapel wieder zu öffnen; wirksam, wenn eine zweite Person zustimmt. Nicht, "
        "wenn er schon quittiert ist. Seine Rechnungen sind dann angeordnet wie zuvor, die Nummer bleibt vergeben.",
        "Proposes to reopen a closed batch; in force once a second person agrees. Not once it is acknowledged. Its "
        "invoices are authorised as before, its number stays taken.",
        'einvoice batch reopen 1 --because "Kasse hat die Datei nicht angenommen"',
        'einvoice batch reopen 1 --because "the cash office refused the file"',
    ),
)
def reopen(
    number: Number,
    because: Annotated[str, typer.Option("--because", help=say("Grund", "Reason"))],
    as_: As = None,
) -> None:
    """Exit 0 proposed, 1 refused."""
    from einvoice.approval import persons
    from einvoice.approval.proposals import propose
    from einvoice.interfaces.cli.proposing import tell

    with place() as here:
        with here.store.reading() as reading:
            _, town = known(here, reading, number, as_)
        who = persons.actor(here.store, as_)
        new = {"state": "reopened", "reason": because}
        row = propose(here.store, who, "batch-reopen", str(number), town.name, new)
    tell(row, say(f"Stapel {number} wieder öffnen", f"Reopen batch {number}"))
    leave(0)
