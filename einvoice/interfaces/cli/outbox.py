"""`einvoice outbox`: answers to suppliers: what waits, one in full, sending and discarding by a clerk."""

from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from einvoice.intake.smtp import Outcome
    from einvoice.pipeline.workplace import Opened
    from einvoice.store.tables import Outbox

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Antworten an Lieferanten.", "Answers to suppliers.", "einvoice outbox list"),
)
STATES = {
    "waiting": ("wartet auf Prüfung", "waits for the check"),
    "none": ("keine Antwort", "no answer"),
    "draft": ("Entwurf", "draft"),
    "ready": ("zu senden", "to be sent"),
    "sending": ("vielleicht gesendet", "perhaps sent"),
    "sent": ("gesendet", "sent"),
    "failed": ("abgelehnt", "refused"),
    "discarded": ("verworfen", "discarded"),
}
REASONS = {
    "off": ("ausgeschaltet", "switched off"),
    "no-invoice": ("keine Rechnung darin", "no invoice in it"),
    "auto-submitted": ("von einem Programm gesendet", "sent by a program"),
    "list": ("Verteiler oder Massenmail", "list or bulk mail"),
    "bounce": ("Zustellbericht", "delivery report"),
    "suppressed": ("Absender wünscht keine", "sender wants none"),
    "nobody-reads-it": ("Adresse, die niemand liest", "address nobody reads"),
    "our-own": ("unsere eigene Adresse", "our own address"),
    "null-sender": ("kein Absender", "no sender"),
    "sender-not-proved": ("Absender nicht bewiesen", "sender not proved"),
}
"""Why there is no answer, in words."""

_SENDABLE = ("draft", "ready", "sending", "failed")

Number = Annotated[int, typer.Argument(metavar="NR", help=say("Nummer der Antwort", "Number of the answer"))]
As = Annotated[
    str | None,
    typer.Option(
        "--as", help=say("Demo-Person, nur im Demo-Arbeitsplatz", "Demo person, in a demo workplace only")
    ),
]


@app.command("list", help=told("Listet Antworten.", "Lists answers.", "einvoice outbox list --state draft"))
def list_(
    state: Annotated[str | None, typer.Option(help=say("Nur dieser Stand", "This state only"))] = None,
) -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.approval.sight import sight
    from einvoice.store.tables import Outbox

    if state is not None and state not in STATES:
        raise Refused(f"--state {state}: {', '.join(STATES)}")
    with place() as here, here.store.reading() as reading:
        query = select(Outbox).where(Outbox.kind == "mail").order_by(col(Outbox.id))
        eyes = sight(here.store)
        rows = [
            _row(row, eyes.content(row.tenant_id))
            for row in reading.exec(query)
            if state in (None, row.state) and eyes.exists(row.tenant_id)
        ]
    heads = say("Nr.|Lieferung|An|Betreff|Stand|Grund", "No|Delivery|To|Subject|State|Reason")
    tables.show(heads.split("|"), rows)
    leave(0)


def _row(row: "Outbox", content: bool) -> list[object]:
    fields = (row.content or {}).get("fields", {})
    state = STATES[row.state][session.lang != "de"]
    whom, about = (row.recipient, fields.get("Subject")) if content else ("…", "…")
    return [row.id, row.delivery_id, whom, about, state, _why(row)]


def _why(row: "Outbox") -> str | None:
    said = REASONS.get(row.problem or "")
    return say(*said) if said else row.problem


@app.command(help=told("Zeigt eine Antwort.", "Shows an answer.", "einvoice outbox show 1"))
def show(number: Number) -> None:
    """Exit 0 shown, 1 there is none."""
    from einvoice.approval.sight import sight

    with place() as here:
        row = _found(here, number)
        sight(here.store).demand(row.tenant_id)
    print(f"{number}: {STATES[row.state][session.lang != 'de']}  {printable(_why(row) or '')}".rstrip())
    if row.content is not None:
        for name, value in {**row.content["fields"], "To": row.recipient}.items():
            print(printable(f"{name}: {value}"))
        print()
        print("\n".join(printable(line) for line in row.content["text"].splitlines()))
    leave(0)


@app.command(
    help=told(
        "Sendet Antworten, auch solche, die vielleicht schon gesendet sind: dieser Mensch weiß es.",
        "Sends answers, also those perhaps sent already: this person knows.",
        "einvoice outbox send 1 2",
    )
)
def send(numbers: Annotated[list[int], typer.Argument(metavar="NR")], as_: As = None) -> None:
    """Exit 0 sent, 1 refused or not sent, 2 there is no [mail] in the configuration."""
    from einvoice.errors import ConfigurationError
    from einvoice.pipeline.sending import send_one

    done = True
    with place() as here:
        settings = here.workplace.mail
        if settings is None:
            raise ConfigurationError(
                f"{here.workplace.file}: answers are sent as [mail] says; there is none.",
                f"{here.workplace.file}: Wie gesendet wird, sagt [mail]; das fehlt.",
            )
        for number in numbers:
            who = _actor(here, _found(here, number), as_)
            outcome = send_one(here, settings, number, who, _SENDABLE)
            done = done and outcome is not None and outcome.state == "sent"
            _tell(number, outcome)
    leave(0 if done else 1)


def _tell(number: int, outcome: "Outcome | None") -> None:
    if outcome is None:
        de = "ist nicht zu senden, oder die Grenze je Stunde ist erreicht."
        print(say(f"{number}: {de}", f"{number}: not to be sent, or the limit of the hour is reached."))
        return
    state = {"later": "ready", "unknown": "sending"}.get(outcome.state, outcome.state)
    print(printable(f"{number}: {STATES[state][session.lang != 'de']}  {outcome.said}").rstrip())


@app.command(help=told("Verwirft Antworten.", "Discards answers.", "einvoice outbox discard 1"))
def discard(numbers: Annotated[list[int], typer.Argument(metavar="NR")], as_: As = None) -> None:
    """Exit 0 discarded, 1 refused."""
    from einvoice.pipeline import sending

    with place() as here:
        for number in numbers:
            sending.discard(here, number, _actor(here, _found(here, number), as_))
            print(say(f"Antwort {number} ist verworfen.", f"Answer {number} is discarded."))
    leave(0)


def _found(here: "Opened", number: int) -> "Outbox":
    from sqlmodel import select

    from einvoice.store.tables import Outbox

    with here.store.reading() as reading:
        row = reading.exec(select(Outbox).where(Outbox.id == number)).one_or_none()
    if row is None:
        raise Refused(f"There is no answer {number}.", f"Es gibt keine Antwort {number}.")
    return row


def _actor(here: "Opened", row: "Outbox", as_: str | None) -> int:
    """The person who acts: one with a role in the answer's tenant, or the operator's administrator for the rest."""
    from einvoice.approval import persons

    who = persons.actor(here.store, as_)
    with here.store.reading() as reading:
        if not persons.involved(reading, who.person_id, row.tenant_id):
            raise Refused(f"{who.name} has no role there.", f"{who.name} hat dort keine Rolle (user role).")
    return who.person_id
