"""`einvoice posting linked|standing-order|…`: what an invoice is linked to: instalments, orders, standing orders."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As, Because, Number
from einvoice.interfaces.cli.posting_showing import Form
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.render import states, words
from einvoice.render.posted import amount
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from einvoice.approval.hints import Surroundings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Zeigt, womit eine Rechnung zusammenhängt: Abschläge, Schlussrechnung, Auftrag, Daueranordnung, Mahnung.",
        "Shows what an invoice is linked to: instalments and final invoice, order, standing order, dunning letters.",
        "einvoice posting linked 12",
    )
)
def linked(number: Number, form: Form = "text", as_: As = None) -> None:
    """Exit 0 shown, 1 there is none or not to be seen."""
    from einvoice.approval.hints import surroundings
    from einvoice.approval.sight import looked, sight
    from einvoice.store.tables import Invoice

    with place() as here:
        eyes = sight(here.store, as_)
        with here.store.reading() as reading:
            invoice = reading.get(Invoice, number)
            if invoice is None or not eyes.exists(invoice.tenant_id):
                raise Refused(f"There is no invoice {number}.", f"Es gibt keine Rechnung {number}.")
            eyes.demand(invoice.tenant_id, number)
            around = surroundings(reading, invoice)
        looked(here.store, eyes, invoice)
    if form == "json":
        print(json.dumps(_plain(number, around), ensure_ascii=False, indent=2))
    else:
        tell(around)
    leave(0)


def tell(around: "Surroundings") -> None:
    """Prints what an invoice is linked to; nothing where it stands alone."""
    lang = session.lang
    if around.members:
        heads = say(
            "Nr.|Rechnung|Datum|Art|über|Brutto|genehmigt|einbehalten|ausgegeben|Stand",
            "No|Invoice|Date|Type|by|Gross|approved|retained|handed over|State",
        )
        figures = ("invoiced", "approved", "retained", "paid")
        rows = [
            [
                one.invoice.id, one.invoice.number, words.day(one.invoice.issue_date or "", lang),
                one.invoice.type_code, one.by, *(amount(getattr(one, name), lang) for name in figures),
                states.state(one.invoice.state, lang),
            ]
            for one in around.members
        ]  # fmt: skip
        whole = [amount(getattr(around.total, name), lang) for name in figures]
        tables.show(
            heads.split("|"), [*rows, ["", say("mit dieser", "with this one"), "", "", "", *whole, ""]]
        )
    for order in around.orders:
        left = say("es bleiben", "left")
        print(
            printable(
                f"  {say('Auftrag', 'Order')} {order.code} {order.text}: {say('offen', 'open')} "
                f"{amount(order.open_amount, lang) or '?'} ({words.day(order.as_of or '', lang)}), "
                f"{say('andere', 'others')} {amount(order.used, lang)}, {say('diese', 'this')} "
                f"{amount(order.here, lang)}, {left} {amount(order.left, lang) or '?'}"
            )
        )
    for one in around.hints:
        print(printable(f"  ! {say(one.de, one.en)}"))


def _plain(number: int, around: "Surroundings") -> dict[str, Any]:
    figures = ("invoiced", "approved", "retained", "paid")
    return {
        "invoice": number,
        "linked": [
            {
                "invoice": one.invoice.id, "number": one.invoice.number, "issue_date": one.invoice.issue_date,
                "type": one.invoice.type_code, "by": one.by, "state": one.invoice.state,
                **{name: str(getattr(one, name)) for name in figures},
            }
            for one in around.members
        ],
        "sums": {name: str(getattr(around.total, name)) for name in figures},
        "orders": [
            {
                "code": one.code, "text": one.text, "as_of": one.as_of, "used": str(one.used), "here": str(one.here),
                "open": str(one.open_amount) if one.open_amount is not None else None,
                "left": str(one.left) if one.left is not None else None,
            }
            for one in around.orders
        ],
        "hints": [{"code": one.code, "text": say(one.de, one.en)} for one in around.hints],
    }  # fmt: skip


Period = Literal["month", "quarter", "half-year", "year"]


@app.command(
    "standing-order",
    help=told(
        "Macht aus einer Rechnung eine Daueranordnung: Lieferant, Vertrag und Kontierung; eine Rechnung je Zeitraum "
        "innerhalb der Spanne ist gedeckt, jede andere fällt auf. Braucht die Rolle authoriser.",
        "Makes a standing order of an invoice: supplier, contract and posting; one invoice per period within the "
        "span is covered, any other is said. Takes the role authoriser.",
        'einvoice posting standing-order 12 --around 10% --period month --until 2027-12-31 --because "Strom"',
        'einvoice posting standing-order 12 --around 10% --period month --until 2027-12-31 --because "Power"',
    ),
)
def standing_order(
    number: Number,
    until: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d", "%d.%m.%Y"], metavar=say("TAG", "DAY"), help=say("Bis", "Until")),
    ],
    because: Because,
    period: Annotated[
        Period, typer.Option(metavar="month|quarter|half-year|year", help=say("Zeitraum", "Period"))
    ] = "month",
    around: Annotated[
        str | None, typer.Option(metavar="10%", help=say("Spanne um den Betrag", "Span around the amount"))
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="EUR", help=say("Mindestens", "At least"))
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="EUR", help=say("Höchstens", "At most"))] = None,
    as_: As = None,
) -> None:
    """Exit 0 made, 1 refused, 2 usage."""
    from einvoice.approval import persons, standing_making
    from einvoice.approval.said import money
    from einvoice.store.tables import Invoice

    if (around is None) == (from_ is None or to is None):
        raise UsageError(
            "Say --around 10%, or --from and --to.", "Bitte --around 10% oder --from und --to angeben."
        )
    with place() as here:
        if around is not None:
            with here.store.reading() as reading:
                invoice = reading.get(Invoice, number)
            gross = invoice.gross if invoice and invoice.gross else money("0")
            least, most = standing_making.around(gross, money(around.rstrip("% ")))
        else:
            least, most = money(from_ or ""), money(to or "")
        terms = standing_making.Terms(least, most, period, until.date())
        code = standing_making.make(here.store, persons.actor(here.store, as_), number, terms, because)
    span = f"{amount(least, session.lang)} – {amount(most, session.lang)}"
    print(say(f"Daueranordnung {code}: {span}.", f"Standing order {code}: {span}."))
    leave(0)


@app.command(
    "standing-orders",
    help=told(
        "Listet die Daueranordnungen einer Kommune.",
        "Lists the standing orders of a town.",
        "einvoice posting standing-orders --tenant musterlippe",
    ),
)
def standing_orders(
    tenant: Annotated[str, typer.Option(help=say("Kommune", "Tenant"))], form: Form = "text", as_: As = None
) -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.approval.sight import sight
    from einvoice.approval.standing import KIND
    from einvoice.store import people
    from einvoice.store.tables import Master

    lang = session.lang
    with place() as here, here.store.reading() as reading:
        owner = people.tenant(reading, tenant)
        sight(here.store, as_).demand(owner.id)
        query = (
            select(Master).where(Master.tenant_id == owner.id, Master.kind == KIND).order_by(col(Master.code))
        )
        found = [(row.code, row.text, row.until, row.content or {}) for row in reading.exec(query)]
    if form == "json":
        said = [
            {"code": code, "text": text, "until": until, **content} for code, text, until, content in found
        ]
        print(json.dumps(said, ensure_ascii=False, indent=2))
        leave(0)
    heads = say("Nummer|Wofür|Von|Bis|Zeitraum|Vertrag|Gültig bis", "Code|For|From|To|Period|Contract|Until")
    tables.show(
        heads.split("|"),
        [
            [
                code,
                text,
                one["least"],
                one["most"],
                one["period"],
                one.get("contract"),
                words.day(until or "", lang),
            ]
            for code, text, until, one in found
        ],
    )
    leave(0)


@app.command(
    "end-standing-order",
    help=told(
        "Beendet eine Daueranordnung.",
        "Ends a standing order.",
        'einvoice posting end-standing-order DE123456789/1 --tenant musterlippe --because "Vertrag gekündigt"',
        'einvoice posting end-standing-order DE123456789/1 --tenant musterlippe --because "Contract ended"',
    ),
)
def end_standing_order(
    code: Annotated[str, typer.Argument(metavar=say("NUMMER", "CODE"))],
    tenant: Annotated[str, typer.Option(help=say("Kommune", "Tenant"))],
    because: Because,
    as_: As = None,
) -> None:
    """Exit 0 ended, 1 refused."""
    from einvoice.approval import persons, standing_making

    with place() as here:
        standing_making.end(here.store, persons.actor(here.store, as_), tenant, code, because)
    print(say(f"Daueranordnung {code} ist beendet.", f"Standing order {code} has ended."))
    leave(0)
