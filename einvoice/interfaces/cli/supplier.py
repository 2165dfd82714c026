"""`einvoice supplier`: creditors and their bank accounts: who is known, which account was confirmed, and by whom."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As
from einvoice.interfaces.cli.proposing import tell
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.model.accounts import grouped
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from sqlmodel import Session

    from einvoice.approval.sight import Sight
    from einvoice.store.tables import Creditor, CreditorAccount

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Lieferanten und ihre Bankverbindungen: gezahlt wird nur an bestätigte.",
        "Suppliers and their bank accounts: only confirmed ones are paid to.",
        "einvoice supplier list --open",
    ),
)

Number = Annotated[
    int, typer.Argument(metavar="NR", help=say("Nummer des Lieferanten", "Number of the supplier"))
]
Town = Annotated[str | None, typer.Option("--tenant", help=say("Nur diese Kommune", "This tenant only"))]
Form = Annotated[Literal["text", "json"], typer.Option("--format", help=say("Ausgabe", "Output"))]


@app.command(
    "list",
    help=told(
        "Listet Lieferanten mit ihren Konten.",
        "Lists suppliers with their accounts.",
        "einvoice supplier list --open",
    ),
)
def list_(
    tenant: Town = None,
    open_: Annotated[
        bool,
        typer.Option("--open", help=say("Nur mit unbestätigten Konten", "With unconfirmed accounts only")),
    ] = False,
    form: Form = "text",
    as_: As = None,
) -> None:
    """Exit 0."""
    from einvoice.approval.sight import sight

    with place() as here:
        eyes = sight(here.store, as_)
        with here.store.reading() as reading:
            found = [one for one in _known(reading, eyes, tenant) if not open_ or _waits(one)]
    if form == "json":
        print(json.dumps(found, ensure_ascii=False, indent=1))
        leave(0)
    heads = say("Nr.|Kommune|Kreditor|Name|USt-IdNr.|Konto|IBAN|Stand|Seit", "No|Tenant|Creditor|Name|VAT id|Account|"
                "IBAN|State|Since")  # fmt: skip
    tables.show(heads.split("|"), [row for one in found for row in _rows(one)])
    leave(0)


@app.command(
    help=told(
        "Zeigt einen Lieferanten: Konten, wer sie bestätigt hat und wogegen.",
        "Shows a supplier: accounts, who confirmed them and against what.",
        "einvoice supplier show 3",
    )
)
def show(number: Number, form: Form = "text", as_: As = None) -> None:
    """Exit 0 shown, 1 there is none."""
    from einvoice.approval.sight import sight

    with place() as here:
        eyes = sight(here.store, as_)
        with here.store.reading() as reading:
            found = next((one for one in _known(reading, eyes, None) if one["id"] == number), None)
    if found is None:
        raise _nobody(number)
    if form == "json":
        print(json.dumps(found, ensure_ascii=False, indent=1))
        leave(0)
    print(printable(f"{number}: {found['name']}  {found['vat_id'] or ''}".rstrip()))
    print(printable(say(f"  Kreditor {found['number'] or '–'}, {found['tenant']}",
                        f"  creditor {found['number'] or '–'}, {found['tenant']}")))  # fmt: skip
    if found["merged_into"]:
        print(say(f"  aufgegangen in {found['merged_into']}", f"  merged into {found['merged_into']}"))
    for one in found["accounts"]:
        _tell_account(one)
    leave(0)


def _tell_account(one: Mapping[str, Any]) -> None:
    holder = f" ({one['holder']})" if one["holder"] else ""
    print(printable(f"  {one['id']}: {grouped(one['iban'])}{holder}  {_word(one['status'])}"))
    if one["confirmed_at"]:
        by = " + ".join(one["persons"])
        print(printable(f"     {tables.berlin(one['confirmed_at'])}  {by}: {one['source']}"))


@app.command(
    "confirm-iban",
    help=told(
        "Bestätigt ein Konto gegen eine Quelle außerhalb der Rechnung; wirksam, sobald eine zweite es tut.",
        "Confirms an account against a source outside the invoice; in force once a second person does the same.",
        'einvoice supplier confirm-iban --invoice 12 --source "Rückruf unter der Nummer aus dem Vertrag, Frau Meier"',
        'einvoice supplier confirm-iban --invoice 12 --source "Called back at the contract\'s number, Mrs Meier"',
    ),
)
def confirm_iban(
    accounts: Annotated[
        list[int] | None, typer.Argument(metavar="[KONTO...]", help=say("Nummern der Konten", "Numbers of accounts"))
    ] = None,
    invoice: Annotated[
        list[int] | None,
        typer.Option("--invoice", metavar="NR", help=say("Das Konto dieser Rechnung", "The account of this invoice")),
    ] = None,
    source: Annotated[
        str, typer.Option(help=say("Wogegen bestätigt wird; die zweite Person braucht es nicht", "Against what; the "
                                   "second person need not say it"))
    ] = "",
    as_: As = None,
) -> None:  # fmt: skip
    """Exit 0 all proposed or confirmed, 1 one refused, 2 usage."""
    from einvoice.interfaces.cli.supplier_acts import account_of_invoice, confirm

    if not accounts and not invoice:
        raise UsageError("Name an account, or --invoice.", "Bitte ein Konto oder --invoice nennen.")
    with place() as here:
        chosen = [*(accounts or ()), *(account_of_invoice(here, number, as_) for number in invoice or ())]
        refused = sum(not confirm(here, number, source, as_) for number in chosen)
    leave(1 if refused else 0)


@app.command(
    "withdraw-iban",
    help=told(
        "Nimmt ein Konto sofort außer Gebrauch: gesperrt, bis zwei Personen es neu bestätigen.",
        "Takes an account out of use at once: payments to it are blocked until two persons confirm it anew.",
        'einvoice supplier withdraw-iban 4 --because "Bank warnt vor Betrug"',
        'einvoice supplier withdraw-iban 4 --because "The bank warns of fraud"',
    ),
)
def withdraw_iban(
    account: Annotated[int, typer.Argument(metavar=say("KONTO", "ACCOUNT"))],
    because: Annotated[
        str, typer.Option("--because", metavar=say("GRUND", "REASON"), help=say("Warum", "Why"))
    ],
    as_: As = None,
) -> None:
    """Exit 0 withdrawn, 1 refused."""
    from einvoice.approval import bank, persons

    with place() as here:
        row = bank.withdraw(here.store, persons.actor(here.store, as_), account, because)
    shown = grouped(row.iban)
    print(say(f"{shown} ist gesperrt.", f"{shown} is blocked."))
    leave(0)


@app.command(
    help=told(
        "Führt zwei Lieferanten zusammen, die einer sind; eine zweite Person stimmt zu.",
        "Merges two suppliers who are one; a second person agrees.",
        "einvoice supplier merge 7 --into 3",
    )
)
def merge(
    number: Number,
    into: Annotated[int, typer.Option("--into", metavar="NR", help=say("Der andere", "The other"))],
    as_: As = None,
) -> None:
    """Exit 0 proposed, 1 refused."""
    from einvoice.approval import persons
    from einvoice.approval.proposals import propose
    from einvoice.store.tables import Creditor, Tenant

    with place() as here:
        with here.store.reading() as reading:
            row = reading.get(Creditor, number)
            if row is None:
                raise _nobody(number)
            town = reading.get_one(Tenant, row.tenant_id).name
        who = persons.actor(here.store, as_)
        made = propose(here.store, who, "creditor-merge", str(number), town, {"into": into})
    tell(made, say(f"{number} geht in {into} auf", f"{number} is merged into {into}"))
    leave(0)


def _nobody(number: int) -> Refused:
    return Refused(f"There is no supplier {number}.", f"Den Lieferanten {number} gibt es nicht.")


def _known(reading: "Session", eyes: "Sight", tenant: str | None) -> list[dict[str, Any]]:
    from einvoice.approval.creditors import of_tenant
    from einvoice.store import people

    towns = [people.tenant(reading, tenant)] if tenant else people.tenants(reading)
    return [
        _plain(reading, town.title, *one)
        for town in towns
        if eyes.content(town.id)
        for one in of_tenant(reading, town.id or 0)
    ]


def _plain(
    reading: "Session", town: str, row: "Creditor", accounts: "list[CreditorAccount]"
) -> dict[str, Any]:
    from einvoice.approval.bank import confirmers
    from einvoice.approval.creditors import status_of

    return {
        "id": row.id, "tenant": town, "number": row.number, "name": row.name, "vat_id": row.vat_id,
        "merged_into": row.merged_into, "retired": row.until,
        "accounts": [
            {
                "id": one.id, "iban": one.iban, "holder": one.holder, "status": status_of(one), "seen": one.seen,
                "confirmed_at": one.confirmed_at if status_of(one) == "confirmed" else None,
                "persons": [_name(reading, who) for who in confirmers(reading, one)],
                "source": one.source, "withdrawn": one.until,
            }
            for one in accounts
        ],
    }  # fmt: skip


def _name(reading: "Session", number: int) -> str:
    from einvoice.store.tables import Person

    row = reading.get(Person, number)
    return row.name if row and row.name else f"#{number}"


def _rows(one: Mapping[str, Any]) -> list[list[Any]]:
    head = [one["id"], one["tenant"], one["number"], one["name"], one["vat_id"]]
    if not one["accounts"]:
        return [[*head, None, None, say("kein Konto bekannt", "no account known"), None]]
    return [
        [*head, a["id"], grouped(a["iban"]), _word(a["status"]),
         tables.berlin(a["withdrawn"] or a["confirmed_at"] or a["seen"])]
        for a in one["accounts"]
    ]  # fmt: skip


def _waits(one: Mapping[str, Any]) -> bool:
    return any(account["status"] == "unconfirmed" for account in one["accounts"])


def _word(status: str) -> str:
    from einvoice.approval.creditors import WORDS

    return WORDS[status][session.lang != "de"]
