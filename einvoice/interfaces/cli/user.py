"""`einvoice user`: the persons of an installation, their accounts and what they may."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, say
from einvoice.interfaces.cli.tenant import administrator
from einvoice.model.lexical import decimal

if TYPE_CHECKING:
    from sqlmodel import Session

    from einvoice.store.tables import Person

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Personen und Rollen.", "Persons and roles.", "einvoice user list"),
)

Role = Literal["clerk", "confirmer", "authoriser", "cash", "audit", "administrator"]


@app.command("list", help=told("Listet die Personen.", "Lists the persons.", "einvoice user list"))
def list_() -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.store import tables as rows_of
    from einvoice.store.tables import Account, Person, Tenant

    with place() as here, here.store.reading() as reading:
        towns = {one.id: one.name for one in reading.exec(select(Tenant))}
        accounts, roles = dict[int, list[str]](), dict[int, list[str]]()
        for account in reading.exec(select(Account)):
            accounts.setdefault(account.person_id, []).append(account.name)
        for role in reading.exec(select(rows_of.Role)):
            limit = "" if role.limit is None else f" ≤ {role.limit}"
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
            people.add_person(work, name, accounts, demo=demo).mail = written
    print(say(f"{name} aufgenommen.", f"{name} added."))
    leave(0)


@app.command(
    help=told(
        "Setzt die Mailadresse einer Person, für die Morgenmail; ohne Adresse wird sie gelöscht.",
        "Sets a person's mail address, for the morning mail; without an address it is removed.",
        'einvoice user mail "Sabine Sander" sander@musterlippe.example',
    )
)
def mail(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("Name oder Konto", "Name or account"))],
    address: Annotated[str | None, typer.Argument(metavar="[MAIL]")] = None,
) -> None:
    """Exit 0 set, 1 refused, 2 no mail address."""
    written = _address(address)
    with place() as here:
        actor, _ = administrator(here)
        with here.store.writing(actor) as work:
            person = _person(work.session, name)
            person.mail = written
            work.session.add(person)
            work.event("person-changed", person)
    print(f"{person.name}: {written or say('keine Mailadresse', 'no mail address')}")
    leave(0)


def _address(given: str | None) -> str | None:
    from einvoice.formats.mail import address

    if given is not None and address(given) is None:
        raise UsageError(f"{given} is no mail address.", f"{given} ist keine Mailadresse.")
    return address(given) if given is not None else None


@app.command(
    help=told(
        "Gibt einer Person eine Rolle in einer Kommune.",
        "Gives a person a role in a tenant.",
        'einvoice user role "Anton Albers" authoriser --tenant musterlippe --limit 5000',
    )
)
def role(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("Name oder Konto", "Name or account"))],
    role: Annotated[Role, typer.Argument(metavar=say("ROLLE", "ROLE"), help="|".join(Role.__args__))],
    tenant: Annotated[
        str | None,
        typer.Option(help=say("Kommune (fehlt nur bei administrator)", "Tenant (not for administrator)")),
    ] = None,
    limit: Annotated[
        str | None, typer.Option(metavar="EUR", help=say("Höchster Betrag", "Greatest amount"))
    ] = None,
) -> None:
    """Exit 0 given, 1 refused, 2 usage."""
    from einvoice.store import people

    amount = _amount(limit)
    if (tenant is None) != (role == "administrator"):
        raise UsageError(
            "Every role but administrator needs --tenant, and administrator none.",
            "Jede Rolle außer administrator braucht --tenant, administrator keine.",
        )
    with place() as here:
        actor, _ = administrator(here)
        with here.store.writing(actor) as work:
            person = _person(work.session, name)
            town = people.tenant(work.session, tenant) if tenant else None
            people.add_role(work, person, town, role).limit = amount
    where = f" ({town.title})" if town else ""
    print(say(f"{person.name}: Rolle {role}{where}.", f"{person.name}: role {role}{where}."))
    leave(0)


def _amount(limit: str | None) -> Decimal | None:
    if limit is None:
        return None
    amount = decimal(limit)
    if amount is None or amount < 0:
        raise UsageError(f"--limit {limit}: 5000.00", f"--limit {limit}: ein Betrag wie 5000.00")
    return amount


def _person(session: "Session", name: str) -> "Person":
    """The person of a name or account; raises Refused if there is none."""
    from sqlmodel import select

    from einvoice.store.tables import Account, Person

    by_name = select(Person).where(Person.name == name, Person.kind == "person")
    by_account = select(Person).join(Account).where(Account.kind == "os", Account.name == name)
    found = session.exec(by_name).first() or session.exec(by_account).first()
    if found is None:
        raise Refused(f"There is no person {name}.", f"Die Person {name} gibt es nicht.")
    return found
