"""`einvoice user`: the persons of an installation, their accounts and what they may."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import change, person
from einvoice.interfaces.cli.session import leave, say
from einvoice.interfaces.cli.tenant import administrator
from einvoice.interfaces.cli.user_web import app as web
from einvoice.model.lexical import decimal

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Personen und Rollen.", "Persons and roles.", "einvoice user list"),
)

Name = Annotated[str, typer.Argument(metavar="NAME", help=say("Name oder Konto", "Name or account"))]
Since = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help=say("Erster Tag", "First day"))
]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help=say("Letzter Tag", "Last day"))]
End = Annotated[bool, typer.Option("--end", help=say("Beendet es", "Ends it"))]
Role = Literal["clerk", "confirmer", "authoriser", "cash", "audit", "administrator"]


@app.command("list", help=told("Listet die Personen.", "Lists the persons.", "einvoice user list"))
def list_() -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.rulebook.releases import today
    from einvoice.store import tables as rows_of
    from einvoice.store.tables import Account, Person, Tenant

    with place() as here, here.store.reading() as reading:
        towns = {one.id: one.name for one in reading.exec(select(Tenant))}
        accounts, roles = dict[int, list[str]](), dict[int, list[str]]()
        for account in reading.exec(select(Account)):
            accounts.setdefault(account.person_id, []).append(account.name)
        offices = {one.id: one.code for one in reading.exec(select(rows_of.Office))}
        day = today().isoformat()
        for role in reading.exec(select(rows_of.Role)):
            if (role.until or day) < day:
                continue
            limit = "" if role.limit is None else f" ≤ {role.limit}"
            limit += f" [{offices.get(role.office_id)}]" if role.office_id else ""
            limit += f" {role.since or ''}–{role.until or ''}" if role.since or role.until else ""
            roles.setdefault(role.person_id, []).append(
                f"{role.role}@{towns.get(role.tenant_id, '*')}{limit}"
            )
        persons = reading.exec(select(Person).where(Person.kind == "person").order_by(col(Person.id))).all()
    rows = [
        (one.name, ", ".join(accounts.get(one.id or 0, ())), ", ".join(roles.get(one.id or 0, ())))
        for one in persons
    ]
    tables.show((say("Person", "Person"), say("Konten", "Accounts"), say("Rollen", "Roles")), rows)
    leave(0)


@app.command(
    help=told(
        "Nimmt eine Person auf, mit ihren Konten des Betriebssystems.",
        "Adds a person with his accounts of the operating system.",
        'einvoice user add "Sabine Sander" --account sander',
    )
)
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("Vor- und Nachname", "Full name"))],
    account: Annotated[
        list[str] | None,
        typer.Option(metavar=say("KONTO", "ACCOUNT"), help=say("Konto (id -un)", "Account (id -un)")),
    ] = None,
    mail: Annotated[
        str | None,
        typer.Option(metavar="MAIL", help=say("Adresse für die Morgenmail", "Address for the morning mail")),
    ] = None,
) -> None:
    """Exit 0 added, 1 refused, 2 no mail address."""
    from sqlmodel import col, select

    from einvoice.store import people
    from einvoice.store.tables import Account, Person

    accounts, written = tuple(dict.fromkeys(account or ())), _address(mail)
    with place() as here:
        actor, demo = administrator(here)
        with here.store.writing(actor) as work:
            same = work.session.exec(select(Person.name).where(Person.name == name)).first()
            taken = work.session.exec(select(Account.name).where(col(Account.name).in_(accounts))).first()
            if same or taken:
                raise Refused(f"{same or taken} is there already.", f"{same or taken} gibt es schon.")
            person = people.add_person(work, name, demo=demo)
            person.mail = written
        print(say(f"{name} aufgenommen.", f"{name} added."))
        for one in accounts:  # it is the account by which a person can act
            said = say(f"Konto {one} gehört {name}.", f"Account {one} belongs to {name}.")
            change(here, "account", f"os:{one}", None, {"person": person.id}, said)
    leave(0)


@app.command(
    help=told(
        "Setzt die Mailadresse einer Person, für die Morgenmail; ohne Adresse wird sie gelöscht.",
        "Sets a person's mail address, for the morning mail; without an address it is removed.",
        'einvoice user mail "Sabine Sander" sander@musterlippe.example',
    )
)
def mail(
    name: Name,
    address: Annotated[str | None, typer.Argument(metavar="[MAIL]")] = None,
) -> None:
    """Exit 0 set, 1 refused, 2 no mail address."""
    written = _address(address)
    with place() as here:
        with here.store.reading() as reading:
            found = person(reading, name)
        said = f"{found.name}: {written or say('keine Mailadresse', 'no mail address')}"
        change(here, "person", str(found.id), None, {"mail": written}, said)
    leave(0)


def _address(given: str | None) -> str | None:
    from einvoice.formats.mail import address

    if given is not None and address(given) is None:
        raise UsageError(f"{given} is no mail address.", f"{given} ist keine Mailadresse.")
    return address(given) if given is not None else None


@app.command(
    help=told(
        "Gibt einer Person eine Rolle in einer Kommune, oder nimmt sie ihr (--end).",
        "Gives a person a role in a tenant, or takes it away (--end).",
        'einvoice user role "Anton Albers" authoriser --tenant musterlippe --limit 5000',
    )
)
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(metavar=say("ROLLE", "ROLE"), help="|".join(Role.__args__))],
    tenant: Annotated[
        str | None,
        typer.Option(
            help=say(
                "Kommune (darf nur bei administrator fehlen)", "Tenant (may be left out for administrator)"
            )
        ),
    ] = None,
    limit: Annotated[
        str | None, typer.Option(metavar="EUR", help=say("Höchster Betrag", "Greatest amount"))
    ] = None,
    office: Annotated[
        str | None,
        typer.Option(metavar=say("AMT", "OFFICE"), help=say("Nur dieses Amtes", "Of this office only")),
    ] = None,
    since: Since = None,
    until: Until = None,
    end: End = False,
) -> None:
    """Exit 0 given or proposed, 1 refused, 2 usage."""
    amount = _amount(limit)
    if tenant is None and role != "administrator":
        raise UsageError(
            "Every role but administrator needs --tenant.",
            "Jede Rolle außer administrator braucht --tenant.",
        )
    stated = {"limit": None if amount is None else str(amount), "since": _day(since), "until": _day(until)}
    new = None if end else {key: one for key, one in stated.items() if one is not None}
    with place() as here:
        with here.store.reading() as reading:
            found = person(reading, name)
        where = f" ({tenant})" if tenant else ""
        of = f"/{office}" if office else ""
        gone = say(" beendet", " ended") if end else ""
        said = say(f"{found.name}: Rolle {role}{where}{gone}.", f"{found.name}: role {role}{where}{gone}.")
        change(here, "role", f"{found.id}/{role}{of}", tenant, new, said)
    leave(0)


@app.command(
    help=told(
        "Lässt eine Person eine andere vertreten, von einem Tag bis zu einem Tag (einschließlich).",
        "Lets a person stand in for another, from a day until a day (inclusive).",
        'einvoice user deputy "Dora Dahl" --for Albers --tenant musterlippe --from 2027-07-01 --until 2027-07-21',
    )
)
def deputy(
    name: Name,
    absent: Annotated[
        str, typer.Option("--for", metavar="NAME", help=say("Wer vertreten wird", "Who is absent"))
    ],
    tenant: Annotated[str, typer.Option(help=say("Kommune", "Tenant"))],
    since: Since = None,
    until: Until = None,
    end: End = False,
) -> None:
    """Exit 0 given or proposed, 1 refused, 2 usage."""
    days = {"since": _day(since), "until": _day(until)}
    if not end and not all(days.values()):
        raise UsageError("Say --from and --until.", "Bitte --from und --until angeben.")
    with place() as here:
        with here.store.reading() as reading:
            other, one = person(reading, name), person(reading, absent)
        gone = say(" nicht mehr", " no longer") if end else ""
        said = say(
            f"{other.name} vertritt {one.name}{gone} ({tenant}).",
            f"{other.name} stands in for {one.name}{gone} ({tenant}).",
        )
        change(here, "deputy", f"{one.id}/{other.id}", tenant, None if end else days, said)
    leave(0)


@app.command(
    "leave",
    help=told(
        "Eine Person scheidet aus: alle Rollen enden.",
        "A person leaves: all roles end.",
        'einvoice user leave "Sabine Sander"',
    ),
)
def leaving(name: Name) -> None:
    """Exit 0 gone or proposed, 1 refused."""
    with place() as here:
        with here.store.reading() as reading:
            found = person(reading, name)
        said = say(f"{found.name} ist ausgeschieden.", f"{found.name} has left.")
        change(here, "person", str(found.id), None, {"left": True}, said)
    leave(0)


@app.command(
    help=told(
        "Was einer Person selbst gehört (Firma, USt-IdNr., IBAN, Mailadresse): an Rechnungen damit handelt sie nie. "
        "Ersetzt die bisherigen Angaben.",
        "What is a person's own (firm, VAT id, IBAN, mail address): he never acts on invoices that state it. "
        "Replaces what was said so far.",
        'einvoice user own "Sabine Sander" --firm "Malerbetrieb Sander" --iban DE02120300000000202051',
    )
)
def own(
    name: Name,
    firm: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=say("Name der Firma", "Name of the firm"))
    ] = None,
    vat: Annotated[list[str] | None, typer.Option(metavar="ID", help=say("USt-IdNr.", "VAT id"))] = None,
    iban: Annotated[list[str] | None, typer.Option(metavar="IBAN", help="IBAN")] = None,
    mail: Annotated[
        list[str] | None, typer.Option(metavar="MAIL", help=say("Mailadresse", "Mail address"))
    ] = None,
) -> None:
    """Exit 0 said or proposed, 1 refused."""
    stated = {"name": firm, "vat": vat, "iban": iban, "mail": mail}
    new = {kind: sorted(set(values)) for kind, values in stated.items() if values}
    with place() as here:
        with here.store.reading() as reading:
            found = person(reading, name)
        said = say(f"Eigenes von {found.name} gesetzt.", f"Own matters of {found.name} set.")
        change(here, "own", str(found.id), None, new, said)
    leave(0)


def _day(text: datetime | None) -> str | None:
    return text.date().isoformat() if text else None


def _amount(limit: str | None) -> Decimal | None:
    if limit is None:
        return None
    amount = decimal(limit)
    if amount is None or amount < 0:
        raise UsageError(f"--limit {limit}: 5000.00", f"--limit {limit}: ein Betrag wie 5000.00")
    return amount


app.registered_commands += web.registered_commands
app.registered_groups += web.registered_groups
