"""`einvoice posting deduct|retain|skonto|take-back|retained|release`: what is taken off an invoice, and why."""

import json
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As, Because, Number
from einvoice.interfaces.cli.posting_showing import Form
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.render import words
from einvoice.render.posted import amount, deduction

if TYPE_CHECKING:
    from einvoice.approval.deductions import Off
    from einvoice.intake.positions import Line
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)

HowMuch = Annotated[
    str,
    typer.Argument(metavar=say("BETRAG", "AMOUNT"), help=say("Brutto: 50,00 oder 5%", "Gross: 50.00 or 5%")),
]
Which = Annotated[
    int,
    typer.Argument(
        metavar=say("ABZUG", "DEDUCTION"), help=say("Nummer des Abzugs", "Number of the deduction")
    ),
]


@app.command(
    help=told(
        "Kürzt eine Rechnung, im Ganzen oder eine Zeile, mit Begründung.",
        "Cuts an invoice, in total or one line, with the reason.",
        'einvoice posting deduct 12 59,50 --line 2 --because "Nur 4 von 5 Stück geliefert"',
        'einvoice posting deduct 12 59.50 --line 2 --because "Only 4 of 5 delivered"',
    )
)
def deduct(
    number: Number,
    how_much: HowMuch,
    because: Because,
    line: Annotated[
        str | None,
        typer.Option("--line", metavar=say("ZEILE", "LINE"), help=say("Zeile (BT-126)", "Line (BT-126)")),
    ] = None,
    net: Annotated[
        bool,
        typer.Option("--net", help=say("Betrag ist netto (mit --line)", "The amount is net (with --line)")),
    ] = False,
    as_: As = None,
) -> None:
    """Exit 0 deducted, 1 refused, 2 usage."""
    from einvoice.approval.deductions import Off
    from einvoice.errors import UsageError

    if net and line is None:
        raise UsageError("--net needs --line.", "--net braucht --line.")
    with place() as here:
        said, percent = _how_much(how_much)
        off = Off("cut", because, said, percent, net, _line(here, number, line) if line is not None else None)
        _take(here, number, off, as_)


@app.command(
    help=told(
        "Behält eine Sicherheit ein, in Prozent oder als Betrag, bis zu einem Tag.",
        "Retains a security, as a percentage or an amount, until a day.",
        'einvoice posting retain 12 5% --until 2030-11-30 --because "Gewährleistung, keine Bürgschaft"',
        'einvoice posting retain 12 5% --until 2030-11-30 --because "Warranty, no guarantee"',
    )
)
def retain(
    number: Number,
    how_much: HowMuch,
    because: Because,
    until: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d", "%d.%m.%Y"], metavar=say("TAG", "DAY"), help=say("Bis", "Until")),
    ],
    as_: As = None,
) -> None:
    """Exit 0 retained, 1 refused, 2 usage."""
    from einvoice.approval.deductions import Off

    said, percent = _how_much(how_much)
    with place() as here:
        _take(here, number, Off("retention", because, said, percent, until=until.date()), as_)


@app.command(
    help=told(
        "Zieht Skonto ab, in Prozent oder als Betrag; ohne Angabe, was die Rechnung heute noch gewährt (BT-20).",
        "Takes Skonto off, as a percentage or an amount; without one, what the invoice still grants today (BT-20).",
        "einvoice posting skonto 12 2%",
    )
)
def skonto(
    number: Number,
    how_much: Annotated[
        str | None,
        typer.Argument(metavar=say("[BETRAG]", "[AMOUNT]"), help=say("50,00 oder 2%", "50.00 or 2%")),
    ] = None,
    because: Annotated[str, typer.Option("--because", help=say("Warum", "Why"))] = "",
    as_: As = None,
) -> None:
    """Exit 0 deducted, 1 refused, 2 usage."""
    from einvoice.approval.deductions import Off

    said, percent = _how_much(how_much) if how_much else (None, None)
    with place() as here:
        if how_much is None:
            said, because = _granted(here, number)
        _take(here, number, Off("skonto", because or f"Skonto {how_much}", said, percent), as_)


@app.command(
    "take-back",
    help=told(
        "Nimmt einen Abzug zurück.",
        "Takes a deduction back.",
        'einvoice posting take-back 12 1 --because "Rest wurde nachgeliefert"',
        'einvoice posting take-back 12 1 --because "The rest was delivered"',
    ),
)
def take_back(number: Number, which: Which, because: Because, as_: As = None) -> None:
    """Exit 0 taken back, 1 refused."""
    from einvoice.approval import deductions, persons

    with place() as here:
        approved = deductions.take_back(here.store, persons.actor(here.store, as_), number, which, because)
    _approved(number, approved)
    leave(0)


@app.command(
    help=told(
        "Listet die Sicherheitseinbehalte: was bis wann einbehalten ist.",
        "Lists what is retained, and until when.",
        "einvoice posting retained --tenant musterlippe",
    )
)
def retained(
    tenant: Annotated[str | None, typer.Option(help=say("Nur diese Kommune", "This tenant only"))] = None,
    form: Form = "text",
    as_: As = None,
) -> None:
    """Exit 0."""
    from einvoice.approval.retained import retained as found
    from einvoice.approval.sight import sight
    from einvoice.store import people

    with place() as here:
        eyes = sight(here.store, as_)
        with here.store.reading() as reading:
            town = people.tenant(reading, tenant).id if tenant else None
            rows = [
                one for one in found(reading, town) if eyes.content(one.invoice.tenant_id, one.invoice.id)
            ]
    if form == "json":
        said = [
            {
                "invoice": one.invoice.id, "number": one.invoice.number, "seller": one.invoice.seller,
                "deduction": one.number, "amount": str(one.amount), "until": one.until, "released": one.released,
                "claim": one.claim, "reason": one.reason,
            }
            for one in rows
        ]  # fmt: skip
        print(json.dumps(said, ensure_ascii=False, indent=2))
        leave(0)
    lang = session.lang
    heads = say(
        "Nr.|Rechnung|Verkäufer|Abzug|Betrag|Bis|Freigegeben|Grund",
        "No|Invoice|Seller|Deduction|Amount|Until|Released|Reason",
    )
    tables.show(
        heads.split("|"),
        [
            [
                one.invoice.id, one.invoice.number, one.invoice.seller, one.number, amount(one.amount, lang),
                words.day(one.until or "", lang), words.day((one.released or "")[:10], lang), one.reason,
            ]
            for one in rows
        ],
    )  # fmt: skip
    leave(0)


@app.command(
    help=told(
        "Gibt einen Sicherheitseinbehalt frei.",
        "Releases what was retained.",
        'einvoice posting release 12 1 --because "Bürgschaft liegt vor"',
        'einvoice posting release 12 1 --because "A guarantee was given"',
    )
)
def release(number: Number, which: Which, because: Because, as_: As = None) -> None:
    """Exit 0 released, 1 refused."""
    from einvoice.approval import persons, retained

    with place() as here:
        claim = retained.release(here.store, persons.actor(here.store, as_), number, which, because)
    print(
        say(f"Rechnung {number}: Der Abzug entfällt.", f"Invoice {number}: the deduction is gone.")
        if claim is None
        else say(
            f"Rechnung {number}: Einbehalt freigegeben. Die Rechnung ist schon ausgegeben; der Betrag wartet als "
            f"Vorgang {claim} auf Bestätigung und Anordnung und kommt in einen späteren Stapel.",
            f"Invoice {number}: released. The invoice was exported already; the sum waits as case {claim} for "
            "confirmation and authorisation, and goes into a later batch.",
        )
    )
    leave(0)


def _granted(here: "Opened", number: int) -> tuple[Decimal, str]:
    """The best Skonto that an invoice still grants today, and its words. Raises Refused where there is none."""
    from einvoice.approval.discount import best, claim
    from einvoice.rulebook.releases import today
    from einvoice.store.tables import Invoice

    with here.store.reading() as reading:
        invoice = reading.get(Invoice, number)
    tier = best(claim(invoice), today()) if invoice else None
    if tier is None:
        raise Refused(
            f"Invoice {number} grants no Skonto today: say how much.",
            f"Rechnung {number} gewährt heute kein Skonto: bitte einen Betrag angeben.",
        )
    return tier.off, f"{words.percent(str(tier.percent), 'de')} Skonto bis {words.day(str(tier.until), 'de')}"


def _how_much(text: str) -> tuple[Decimal | None, Decimal | None]:
    """(amount, percent) of what a person wrote: one of the two."""
    from einvoice.approval.said import money

    return (None, money(text[:-1].strip())) if text.rstrip().endswith("%") else (money(text), None)


def _line(here: "Opened", number: int, wanted: str) -> "Line":
    from einvoice.pipeline.posting import lines

    known = lines(here, number)
    for one in known:
        if one.id == wanted:
            return one
    listed = ", ".join(one.id for one in known[:20])
    raise Refused(
        f"Invoice {number} has no line {wanted}. Lines: {listed}",
        f"Rechnung {number} hat keine Zeile {wanted}. Zeilen: {listed}",
    )


def _take(here: "Opened", number: int, off: "Off", as_: str | None) -> None:
    from einvoice.approval import deductions, persons

    approved = deductions.deduct(here.store, persons.actor(here.store, as_), number, off)
    print(f"{deduction(off.kind, session.lang)}: {off.reason}")
    _approved(number, approved)
    leave(0)


def _approved(number: int, approved: Decimal) -> None:
    said = amount(approved, session.lang)
    print(say(f"Rechnung {number}: genehmigter Betrag {said}", f"Invoice {number}: approved sum {said}"))
