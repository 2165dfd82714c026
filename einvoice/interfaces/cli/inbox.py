"""`einvoice inbox`: what is there, one invoice in full, notes, assigning by hand."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox_dunning import app as of_dunning
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.interfaces.cli.session import note as note_
from einvoice.model.accounts import grouped
from einvoice.render import reasons, states
from einvoice.store.times import BERLIN
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from sqlmodel import Session

    from einvoice.approval.creditors import Payee
    from einvoice.store.tables import Invoice, Report

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=say(
        "Der Eingang: was da ist und wo es steht. Beispiel: einvoice inbox list --tenant musterlippe",
        "The inbox: what is there and where it stands. Example: einvoice inbox list --tenant musterlippe",
    ),
)

Number = Annotated[
    int, typer.Argument(metavar="NR", help=say("Nummer der Rechnung", "Number of the invoice"))
]
Because = Annotated[str, typer.Option("--because", metavar=say("GRUND", "REASON"), help=say("Warum", "Why"))]
As = Annotated[
    str | None,
    typer.Option(
        "--as", help=say("Demo-Person, nur im Demo-Arbeitsplatz", "Demo person, in a demo workplace only")
    ),
]
Town = Annotated[str, typer.Option("--tenant", metavar=say("KÜRZEL", "NAME"), help=say("Kommune", "Tenant"))]
"""The town that something is done for."""


@app.command(
    "list",
    help=told(
        "Listet Rechnungen: die neuesten, älteste zuerst.",
        "Lists invoices: the newest, oldest first.",
        "einvoice inbox list --tenant musterlippe --state held",
    ),
)
def list_(
    tenant: Annotated[str | None, typer.Option(help=say("Nur diese Kommune", "This tenant only"))] = None,
    state: Annotated[str | None, typer.Option(help=say("Nur dieser Stand", "This state only"))] = None,
    most: Annotated[
        int,
        typer.Option(
            "--most", min=1, metavar=say("ZAHL", "COUNT"), help=say("Höchstens so viele", "At most so many")
        ),
    ] = 500,
    before: Annotated[
        int | None, typer.Option(metavar="NR", help=say("Nur ältere als diese", "Only older ones than this"))
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0."""
    from einvoice.approval.sight import sight
    from einvoice.pipeline.results import page
    from einvoice.store import people

    if state is not None and state not in states.STATES:
        raise Refused(f"--state {state}: {', '.join(states.STATES)}")
    with place() as here:
        town = None
        if tenant is not None:
            with here.store.reading() as reading:
                town = people.tenant(reading, tenant).id
        rows, more = page(here, sight(here.store, as_), most, before, town, state)
    heads = say(
        "Nr.|Rechnung|Verkäufer|Brutto|Kommune|Stand|Grund", "No|Invoice|Seller|Gross|Tenant|State|Reason"
    )
    tables.show(
        heads.split("|"),
        [
            [
                one.id,
                one.number,
                one.seller,
                one.gross,
                one.tenant,
                states.state(one.state, session.lang),
                reasons.words(one.reason, session.lang),
            ]
            for one in rows
        ],
    )
    if more:
        first = rows[0].id
        note_(say(f"Es gibt ältere: --before {first}", f"There are older ones: --before {first}"))
    leave(0)


@app.command(
    help=say("Zeigt eine Rechnung mit Befunden und Verlauf.", "Shows an invoice with findings and history.")
)
def show(number: Number, as_: As = None) -> None:
    """Exit 0 shown, 1 there is none."""
    from sqlmodel import col, select

    from einvoice.approval.acts import history
    from einvoice.approval.creditors import payee
    from einvoice.approval.hints import surroundings
    from einvoice.approval.postings import deductions, rows
    from einvoice.approval.sight import looked, sight
    from einvoice.interfaces.cli import posting_linking, posting_showing
    from einvoice.store.tables import Invoice, Report
    from einvoice.validation.report import report_from
    from einvoice.validation.reports import writer

    with place() as here:
        with here.store.reading() as reading:
            invoice = reading.exec(select(Invoice).where(Invoice.id == number)).one_or_none()
            eyes = sight(here.store, as_)
            if invoice is None or not eyes.exists(invoice.tenant_id):
                raise Refused(f"There is no invoice {number}.", f"Es gibt keine Rechnung {number}.")
            said = select(Report).where(Report.invoice_id == number).order_by(col(Report.id).desc())
            report = reading.exec(said).first()
            paid_to = payee(reading, invoice)
            postings, off = rows(reading, number), deductions(reading, number)
            around = surroundings(reading, invoice)
            where = _standing(reading, invoice) if eyes.content(invoice.tenant_id, number) else []
        acts = history(here.store, number)
        if not eyes.content(invoice.tenant_id, number):
            _without_content(invoice, report)
        looked(here.store, eyes, invoice)
    import sys

    why = printable(reasons.words(invoice.reason, session.lang))
    print(f"{number}: {states.state(invoice.state, session.lang)}  {why}".rstrip())
    if report:
        writer("text")([report_from((report.content or {})["report"])], sys.stdout, session.lang)
    print(printable("  " + _account(paid_to)))
    if postings:
        posting_showing.tell(invoice, postings, off)
    posting_linking.tell(around)
    for act, name in acts:
        undone = say("  (zurückgenommen)", "  (taken back)") if act.undone else ""
        print(printable(f"  {act.time[:16]}  {_act(act.kind)}  {name}  {act.statement}{undone}"))
    for line in where:
        print(printable(f"  {line}"))
    leave(0)


def _account(found: "Payee") -> str:
    """How it stands with the account to be paid to."""
    from einvoice.approval.creditors import WORDS

    status, why = say(*WORDS[found.status]), say(*found.why)
    number = found.account.id if found.account else None
    account = say(f" (Konto {number})", f" (account {number})") if number else ""
    about = f": {why}" if why else ""
    return f"{say('Zahlung an', 'Paid to')} {found.holder or '–'} {grouped(found.iban)}  {status}{account}{about}"


_KINDS = {
    "return": ("zurückgegeben", "returned"),
    "hold": ("zurückgestellt", "held"),
    "release": ("freigegeben", "released"),
    "reject-duplicate": ("für doppelt erklärt", "declared a duplicate"),
    "take-over": ("übernommen", "taken over"),
    "assign": ("zugeordnet", "assigned"),
    "note": ("Notiz", "note"),
    "question": ("Frage", "question"),
    "answer": ("Antwort", "answer"),
    "undo": ("zurückgenommen", "taken back"),
    "post": ("kontiert", "posted"),
    "deduct": ("Abzug", "deduction"),
    "take-back": ("Abzug zurückgenommen", "deduction taken back"),
    "release-retention": ("Einbehalt freigegeben", "retained sum released"),
    "open-to-operator": ("dem Betreiber geöffnet", "opened to the operator"),
}


def _act(kind: str) -> str:
    """What an act is called."""
    from einvoice.approval.chain import ACTS, act_name

    return (
        act_name(kind, session.lang)
        if kind in ACTS and kind != "assign"
        else say(*_KINDS.get(kind, (kind, kind)))
    )


def _standing(reading: "Session", invoice: "Invoice") -> list[str]:
    """What is next in the chain, until when, and who may do it."""
    from einvoice.approval.progress import progress, waits_for
    from einvoice.rulebook.releases import today
    from einvoice.store.tables import Person

    if invoice.tenant_id is None:
        return []
    run = progress(reading, invoice)
    if run.next is None:
        return []
    names = [
        reading.get_one(Person, one).name or f"#{one}" for one in waits_for(reading, invoice, today(), run)
    ]
    step, nobody = run.next.step.name(session.lang), say("niemanden", "nobody")
    until = f" ({run.next.due.isoformat()})" if run.next.due else ""
    text = say("Als Nächstes: {0}{1}; wartet auf {2}", "Next: {0}{1}; waits for {2}")
    changed = (
        say(" – seit der Bestätigung geändert", " – changed since it was confirmed") if run.stale else ""
    )
    return [text.format(step, until, ", ".join(sorted(names)) or nobody) + changed]


def _without_content(invoice: "Invoice", report: "Report | None") -> NoReturn:
    """What the operator sees of a town's invoice: state, reason without content, and which rules it broke."""
    why = reasons.words(reasons.bare(invoice.reason), session.lang)
    print(f"{invoice.id}: {states.state(invoice.state, session.lang)}  {why}".rstrip())
    found = ((report.content or {}).get("report", {}) if report else {}).get("findings", ())
    for severity, rule in sorted({(str(one["severity"]), str(one["rule"])) for one in found}):
        print(printable(f"  {severity}  {rule}"))
    note_(say("Der Inhalt gehört der Kommune.", "What is in it is the town's."))
    leave(0)


@app.command(
    "open-to-operator",
    help=told(
        "Öffnet eine Rechnung dem Betreiber bis zu einem Zeitpunkt; jeder Blick steht in der Kette der Kommune.",
        "Opens an invoice to the operator until a time; each look is an event in the town's chain.",
        "einvoice inbox open-to-operator 7 --until 2026-12-24",
    ),
)
def open_to_operator(
    number: Number,
    until: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help=say(
                "Bis wann (Europe/Berlin); Vergangenes schließt", "Until when (Europe/Berlin); past: closes"
            ),
        ),
    ],
    because: Annotated[str, typer.Option("--because", help=say("Warum", "Why"))] = "",
    as_: As = None,
) -> None:
    """Exit 0 opened, 1 refused."""
    from einvoice.approval import persons
    from einvoice.approval.sight import open_to_operator as let

    with place() as here:
        end = until.replace(tzinfo=BERLIN)
        let(here.store, persons.actor(here.store, as_), number, end, because)
    print(
        say(
            f"Der Betreiber sieht Rechnung {number} bis {until:%d.%m.%Y %H:%M}.",
            f"The operator sees invoice {number} until {until:%Y-%m-%d %H:%M}.",
        )
    )
    leave(0)


@app.command(help=say("Schreibt eine Notiz.", "Writes a note."))
def note(number: Number, text: Annotated[str, typer.Argument()], as_: As = None) -> None:
    """Exit 0 written, 1 refused."""
    from einvoice.approval import acts, persons

    with place() as here:
        acts.note(here.store, persons.actor(here.store, as_), number, text)
    leave(0)


@app.command(
    help=told(
        "Fragt eine Kollegin oder einen Kollegen zu einer Rechnung; das hält nichts auf.",
        "Asks a colleague about an invoice; that holds nothing up.",
        'einvoice inbox ask 7 "Rolf Rechner" "Ist der Aufschlag vereinbart?"',
        'einvoice inbox ask 7 "Rolf Rechner" "Was the surcharge agreed?"',
    )
)
def ask(
    number: Number,
    colleague: Annotated[str, typer.Argument(metavar="NAME")],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    as_: As = None,
) -> None:
    """Exit 0 asked, 1 refused."""
    from einvoice.approval import assigning, persons
    from einvoice.interfaces.cli.proposing import person

    with place() as here:
        with here.store.reading() as reading:
            other = person(reading, colleague)
        assigning.ask(here.store, persons.actor(here.store, as_), number, other.id or 0, text)
    print(say(f"Rechnung {number}: {colleague} ist gefragt.", f"Invoice {number}: {colleague} is asked."))
    leave(0)


@app.command(
    help=told(
        "Beantwortet die älteste offene Frage an mich zu einer Rechnung.",
        "Answers the oldest open question to me about an invoice.",
        'einvoice inbox answer 7 "Ja, Nachtrag 2"',
        'einvoice inbox answer 7 "Yes, amendment 2"',
    )
)
def answer(number: Number, text: Annotated[str, typer.Argument(metavar="TEXT")], as_: As = None) -> None:
    """Exit 0 answered, 1 refused."""
    from einvoice.approval import assigning, persons

    with place() as here:
        assigning.answer(here.store, persons.actor(here.store, as_), number, text)
    print(say(f"Rechnung {number}: beantwortet.", f"Invoice {number}: answered."))
    leave(0)


@app.command(
    help=told(
        "Gibt Zurückgestelltes frei: eine Person hat den Grund geprüft.",
        "Releases what was held: a person has looked into the reason.",
        'einvoice inbox release 7 --because "Neue IBAN telefonisch bestätigt"',
        'einvoice inbox release 7 --because "New IBAN confirmed by telephone"',
    )
)
def release(number: Number, because: Because, as_: As = None) -> None:
    """Exit 0 open again, 1 refused."""
    from einvoice.approval import acts, persons

    with place() as here:
        acts.release(here.store, persons.actor(here.store, as_), number, because)
    print(say(f"Rechnung {number} ist wieder offen.", f"Invoice {number} is open again."))
    leave(0)


@app.command(
    "reject-duplicate",
    help=told(
        "Erklärt eine zurückgestellte Rechnung für doppelt: sie wird nie bezahlt.",
        "Declares a held invoice a duplicate: it will never be paid.",
        'einvoice inbox reject-duplicate 7 --because "Zweitschrift, telefonisch bestätigt"',
        'einvoice inbox reject-duplicate 7 --because "A second copy, confirmed by telephone"',
    ),
)
def reject_duplicate(
    number: Number,
    because: Because,
    of: Annotated[
        int | None,
        typer.Option(metavar="NR", help=say("Die andere Rechnung", "The other invoice")),
    ] = None,
    as_: As = None,
) -> None:
    """Exit 0 declared, 1 refused."""
    from einvoice.approval import acts, persons

    with place() as here:
        other = acts.reject_duplicate(here.store, persons.actor(here.store, as_), number, because, of)
    print(say(f"Rechnung {number} ist doppelt zu {other}.", f"Invoice {number} is a duplicate of {other}."))
    leave(0)


@app.command(
    help=say("Ordnet eine Rechnung von Hand einer Kommune zu.", "Assigns an invoice to a tenant by hand.")
)
def assign(number: Number, tenant: Annotated[str, typer.Argument()], as_: As = None) -> None:
    """Exit 0 assigned, 1 refused."""
    from einvoice.approval import persons
    from einvoice.pipeline.steps import assign as hand_over

    with place() as here:
        who = persons.actor(here.store, as_)
        title = hand_over(here, number, tenant, who.person_id)
    print(say(f"Rechnung {number} gehört jetzt {title}.", f"Invoice {number} now belongs to {title}."))
    leave(0)


app.registered_commands += of_dunning.registered_commands
