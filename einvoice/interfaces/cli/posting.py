"""`einvoice posting`: where an invoice is booked: show, set, split."""

from typing import Annotated, Literal

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli import posting_showing
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As, Number
from einvoice.interfaces.cli.posting_deducting import app as deducting
from einvoice.interfaces.cli.posting_linking import app as linking
from einvoice.interfaces.cli.posting_showing import Form
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Die Kontierung: wo eine Rechnung gebucht wird, was abgezogen wird, womit sie zusammenhängt.",
        "Posting: where an invoice is booked, what is deducted, what it is linked to.",
        "einvoice posting show 12",
    ),
)

Codes = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME=CODE...",
        help=say(
            "konto, produkt, kst, ktr, investition, steuerschlüssel, jahr, mittelbindung, kreditor, text",
            "account, product, cost_centre, cost_object, investment, tax_key, budget_year, commitment, "
            "contra_account, text",
        ),
    ),
]
Positions = Annotated[
    list[int] | None,
    typer.Option(
        "--pos", metavar="N", help=say("Nur diese Kontierung (mehrfach)", "This posting only (repeatable)")
    ),
]


@app.command(
    help=told(
        "Zeigt die Kontierung einer Rechnung, Abzüge und genehmigten Betrag.",
        "Shows the postings of an invoice, deductions and the approved sum.",
        "einvoice posting show 12",
    )
)
def show(number: Number, form: Form = "text", as_: As = None) -> None:
    """Exit 0 shown, 1 there is none or not to be seen."""
    with place() as here:
        posting_showing.show(here, number, form, as_)
    leave(0)


@app.command(
    "set",
    help=told(
        "Setzt, wo eine Rechnung gebucht wird; ein leerer Code nimmt die Angabe weg. "
        "Was bestätigt war, ist es danach nicht mehr.",
        "Sets where an invoice is booked; an empty code takes it away. What was confirmed no longer is.",
        "einvoice posting set 12 konto=5231000 produkt=211101 kst=4010",
        "einvoice posting set 12 account=5231000 product=211101 cost_centre=4010",
    ),
)
def set_(number: Number, codes: Codes, pos: Positions = None, form: Form = "text", as_: As = None) -> None:
    """Exit 0 set, 1 refused, 2 a name or code that cannot be."""
    from einvoice.approval import booked, persons
    from einvoice.approval.said import pairs

    wanted = pairs(codes)
    with place() as here:
        booked.place(here.store, persons.actor(here.store, as_), number, wanted, pos or ())
        posting_showing.show(here, number, form, as_)
    leave(0)


@app.command(
    help=told(
        "Teilt den Rechnungsbetrag auf: nach Zeilen, nach Steuergruppen oder in Teile (60%, 1/3, 250,00, "
        "zeilen:1,3-5, rest), auf den Cent genau. Jeder Teil kann Codes haben.",
        "Splits the invoice total: by lines, by VAT groups, or in parts (60%, 1/3, 250.00, lines:1,3-5, rest), "
        "exact to the cent. Each part may have codes.",
        'einvoice posting split 12 --part "60% kst=4010" --part "rest kst=4020"',
        'einvoice posting split 12 --part "60% cost_centre=4010" --part "rest cost_centre=4020"',
    )
)
def split(
    number: Number,
    by: Annotated[
        Literal["line", "vat"] | None,
        typer.Option(
            "--by",
            metavar="line|vat",
            help=say("Je Zeile oder Steuergruppe eine", "One per line or VAT group"),
        ),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", metavar=say("TEIL", "PART"), help=say("Anteil und Codes", "Share and codes")),
    ] = None,
    form: Form = "text",
    as_: As = None,
) -> None:
    """Exit 0 split, 1 refused, 2 parts that do not make up the invoice."""
    from einvoice.approval import booked, persons, splitting
    from einvoice.pipeline.posting import lines

    if (by is None) == (not part):
        raise UsageError(
            "Say either --by line|vat, or --part several times.",
            "Bitte entweder --by line|vat oder mehrmals --part angeben.",
        )
    wanted = [splitting.part_of(one) for one in part or ()]
    with place() as here:
        who = persons.actor(here.store, as_)
        known = lines(here, number) if by == "line" or any(one.lines for one in wanted) else []
        booked.split(here.store, who, number, by or wanted, known)
        posting_showing.show(here, number, form, as_)
    leave(0)


@app.command(
    help=told(
        "Schlägt die Kontierung neu vor: nach Regeln, Auftrag und der letzten Rechnung des Lieferanten.",
        "Proposes the postings anew: by rules, order and the supplier's last invoice.",
        "einvoice posting propose 12",
    )
)
def propose(number: Number, form: Form = "text", as_: As = None) -> None:
    """Exit 0 proposed, 1 refused."""
    from einvoice.approval import persons
    from einvoice.pipeline.posting import propose_again

    with place() as here:
        propose_again(here, persons.actor(here.store, as_), number)
        posting_showing.show(here, number, form, as_)
    leave(0)


app.registered_commands += linking.registered_commands
app.registered_commands += deducting.registered_commands
