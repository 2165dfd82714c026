"""`einvoice user web-invite|web-link|web-reset|token`: how persons come in through the browser and the API."""

from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import change, person
from einvoice.interfaces.cli.session import leave, note, say

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)
tokens = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Schlüssel zur REST-Schnittstelle.", "Keys to the REST API.", "einvoice user token list"),
)
app.add_typer(tokens, name="token")

Name = Annotated[str, typer.Argument(metavar="NAME", help=say("Name oder Konto", "Name or account"))]
Login = Annotated[str, typer.Option(metavar=say("KONTO", "LOGIN"), help=say("Kontoname", "Login"))]


@app.command(
    "web-invite",
    help=told(
        "Lädt eine Person in den Browser ein: gibt einen Link aus, mit dem sie einmal ihr Passwort setzt. "
        "Auch, wenn sie es vergessen hat.",
        "Invites a person into the browser: prints a link by which he sets his password once. Also where he has "
        "forgotten it.",
        'einvoice user web-invite "Sabine Sander" --login sander',
    ),
)
def web_invite(
    name: Name,
    login: Login,
    hours: Annotated[
        float, typer.Option(min=0.25, max=168, help=say("Wie viele Stunden er gilt", "Hours it is valid"))
    ] = 24,
) -> None:
    """Exit 0 invited, or the account is proposed; 1 refused."""
    from einvoice.approval.access import accounts
    from einvoice.interfaces.cli.tenant import administrator

    login = login.strip().lower()
    accounts.demand_login(login)
    with place() as here:
        actor, _ = administrator(here)
        if not _account(here, name, "web", login):
            note(say("Danach bitte denselben Befehl noch einmal.", "Then please the same command again."))
            leave(0)
        secret = accounts.invite(here.store, actor, login, hours)
        address = here.workplace.desk.url or "http://127.0.0.1:8000"
    print(f"{address.rstrip('/')}/welcome/{secret}")
    note(
        say(
            f"Der Link gilt einmal, {hours:g} Stunden. Bitte nur {name} selbst geben.",
            f"The link is valid once, for {hours:g} hours. Give it to {name} only.",
        )
    )
    leave(0)


@app.command(
    "web-link",
    help=told(
        "Verknüpft eine Person mit ihrem Konto beim Anmeldedienst (OpenID Connect); Rechte kommen nie von dort.",
        "Links a person with his account at the identity provider (OpenID Connect); no rights come from there.",
        'einvoice user web-link "Sabine Sander" --subject 248289761001',
    ),
)
def web_link(
    name: Name,
    subject: Annotated[
        str, typer.Option(metavar="SUB", help=say("Ihre Kennung dort (sub)", "His id there (sub)"))
    ],
) -> None:
    """Exit 0 linked or proposed, 1 refused, 2 no provider is set."""
    with place() as here:
        provider = here.workplace.desk.oidc
        if provider is None:
            raise UsageError(
                f"{here.workplace.file} names no identity provider: [web.oidc]",
                f"{here.workplace.file} nennt keinen Anmeldedienst: [web.oidc]",
            )
        _account(here, name, "oidc", f"{provider.issuer} {subject}")
    leave(0)


@app.command(
    "web-reset",
    help=told(
        "Lässt eine Person ihre Einmalcodes neu einrichten (Telefon verloren); eine zweite Person muss zustimmen.",
        "Lets a person set up one-time codes anew (telephone lost); a second person has to agree.",
        "einvoice user web-reset --login sander",
    ),
)
def web_reset(login: Login) -> None:
    """Exit 0 reset or proposed, 1 refused."""
    with place() as here:
        said = say(f"{login} richtet Einmalcodes neu ein.", f"{login} sets up one-time codes anew.")
        change(here, "onetime", f"web:{login.strip().lower()}", None, None, said)
    leave(0)


@tokens.command(
    "add",
    help=told(
        "Gibt einer Person einen Schlüssel zur REST-Schnittstelle, für eine Kommune; er wird einmal gezeigt. "
        "Für read, batches und cash nur sich selbst.",
        "Gives a person a key to the REST API, for one tenant; it is shown once. For read, batches and cash only to "
        "oneself.",
        'einvoice user token add "Sabine Sander" --tenant musterlippe --scope upload --days 90',
    ),
)
def add(
    name: Name,
    tenant: Annotated[str, typer.Option(help=say("Kommune", "Tenant"))],
    scope: Annotated[
        list[str],
        typer.Option(help=say("Wofür: upload, read, batches, cash", "For what: upload, read, batches, cash")),
    ],
    days: Annotated[int, typer.Option(min=1, max=366, help=say("Wie viele Tage er gilt", "Days"))] = 90,
    label: Annotated[str, typer.Option(help=say("Wie er heißen soll", "What to call it"))] = "",
) -> None:
    """Exit 0 made, 1 refused."""
    from einvoice.approval.access import tokens as keys
    from einvoice.store import people

    with place() as here:
        with here.store.reading() as reading:
            found, town = person(reading, name), people.tenant(reading, tenant)
        actor = _for_himself_or_others(here, found.id or 0)
        print(keys.make(here.store, actor, found.id or 0, town, label or name, tuple(scope), days))
    note(say("Er wird nicht noch einmal gezeigt.", "It is not shown again."))
    leave(0)


@tokens.command("list", help=told("Listet die Schlüssel.", "Lists the keys.", "einvoice user token list"))
def list_() -> None:
    """Exit 0."""
    from einvoice.approval.access import tokens as keys

    with place() as here:
        rows = [
            (
                one.id,
                one.name,
                who.name,
                town.name,
                ", ".join(one.scopes or ()),
                one.until[:10],
                _ended(one.revoked),
            )
            for one, who, town in keys.listed(here.store)
        ]
    heads = say("Nr.|Name|Person|Kommune|Wofür|Bis|Widerrufen", "No|Name|Person|Tenant|For|Until|Revoked")
    tables.show(heads.split("|"), rows)
    leave(0)


@tokens.command(
    "revoke",
    help=told("Widerruft einen Schlüssel sofort.", "Revokes a key at once.", "einvoice user token revoke 3"),
)
def revoke(number: Annotated[int, typer.Argument(metavar="NR")]) -> None:
    """Exit 0 revoked, 1 refused."""
    from einvoice.approval.access import tokens as keys
    from einvoice.interfaces.cli.tenant import administrator

    with place() as here:
        keys.revoke(here.store, administrator(here)[0], number)
    print(say(f"Schlüssel {number} widerrufen.", f"Key {number} revoked."))
    leave(0)


def _for_himself_or_others(here: "Opened", number: int) -> int:
    """Who makes a key of a person: the person himself, or else an administrator. Raises Refused."""
    from einvoice.interfaces.cli.tenant import administrator
    from einvoice.store import people

    with here.store.reading() as reading:
        demo = people.installation(reading).demo
        if not demo and people.person_of(reading).id == number:
            return number
    return administrator(here)[0]


def _ended(time: str | None) -> str:
    return time[:10] if time else ""


def _account(here: "Opened", name: str, kind: str, account: str) -> bool:
    """Whether an account is a person's now; proposed where it is not. Raises Refused for somebody else's."""
    from einvoice.approval.access import accounts

    with here.store.reading() as reading:
        wanted = person(reading, name)
        there = accounts.named(reading, kind, account)
    if there is None:
        said = say(f"Konto {account} gehört {name}.", f"Account {account} belongs to {name}.")
        change(here, "account", f"{kind}:{account}", None, {"person": wanted.id}, said)
        with here.store.reading() as reading:
            there = accounts.named(reading, kind, account)
    if there is not None and there[1].id != wanted.id:
        raise Refused(
            f"The account {account} is another person's.", f"Das Konto {account} gehört einer anderen Person."
        )
    return there is not None
