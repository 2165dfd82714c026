"""`einvoice tenant`: the towns of an installation and their claims on Leitweg-IDs."""

import enum
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.session import leave, say
from einvoice.interfaces.cli.tenant_routing import app as of_routing
from einvoice.interfaces.cli.tenant_running import app as running

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Die Kommunen (Mandanten).", "The towns (tenants).", "einvoice tenant list"),
)


class Answers(enum.Enum):
    """What becomes of answers: none, drafts a clerk sends, sent."""

    off = "off"
    draft = "draft"
    send = "send"


NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
CLAIM = re.compile(r"[0-9]{2,12}(?:-[A-Z0-9]{1,30}(?:-[0-9]{2})?)?|[0-9]{2,12}[A-Z0-9-]{0,34}\*")


@app.command("list", help=told("Listet die Kommunen.", "Lists the tenants.", "einvoice tenant list"))
def list_() -> None:
    """Exit 0."""
    from sqlmodel import select

    from einvoice.store import people
    from einvoice.store.tables import LeitwegPattern

    with place() as here, here.store.reading() as reading:
        claims: dict[int, list[str]] = {}
        for row in reading.exec(select(LeitwegPattern)):
            claims.setdefault(row.tenant_id, []).append(row.pattern)
        rows = [
            (one.name, one.title, ", ".join(claims.get(one.id or 0, ())), "DEMO" if one.demo else "")
            for one in people.tenants(reading)
        ]
    tables.show((say("Kürzel", "Name"), say("Kommune", "Tenant"), "Leitweg-IDs", ""), rows)
    leave(0)


@app.command(
    help=told(
        "Nimmt eine Kommune auf.",
        "Adds a tenant.",
        'einvoice tenant add musterlippe --title "Stadt Musterlippe" --leitweg "05766999*"',
    )
)
def add(
    name: Annotated[
        str, typer.Argument(metavar=say("KÜRZEL", "NAME"), help=say("a-z, 0-9 und -", "a-z, 0-9 and -"))
    ],
    title: Annotated[str, typer.Option(help=say("Voller Name", "Full name"))],
    leitweg: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help=say("Leitweg-ID; * am Ende: jeder Rest", "Leitweg-ID; final *: any rest")
        ),
    ] = None,
) -> None:
    """Exit 0 added, 1 refused, 2 a name or claim that cannot be."""
    from sqlmodel import select

    from einvoice.store import people
    from einvoice.store.tables import Tenant

    claims = tuple(dict.fromkeys(one.strip().upper() for one in leitweg or ()))
    _proper(name, claims)
    with place() as here:
        actor, demo = administrator(here)
        with here.store.writing(actor) as work:
            if work.session.exec(select(Tenant).where(Tenant.name == name)).first():
                raise Refused(f"There is a tenant {name} already.", f"Die Kommune {name} gibt es schon.")
            people.add_tenant(work, name, title, claims, demo=demo)
    print(say(f"Kommune {title} aufgenommen ({name}).", f"Tenant {title} added ({name})."))
    leave(0)


@app.command(
    help=told(
        "Setzt, wie eine Kommune bucht: Tabelle [posting] einer TOML-Datei mit consultant, client, account_length, "
        "expense, creditor, fiscal_year, tax_keys.",
        "Sets how a tenant books: table [posting] of a TOML file with consultant, client, account_length, expense, "
        "creditor, fiscal_year, tax_keys.",
        "einvoice tenant posting musterlippe buchung.toml",
    )
)
def posting(
    name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"))],
) -> None:
    """Exit 0 set, 1 refused, 2 a file that cannot be read. Holds for invoices that are routed from now on."""
    from einvoice.approval.postings import checked_settings
    from einvoice.pipeline.workplace import set_policy
    from einvoice.store import people

    try:
        table = tomllib.loads(file.read_text("utf-8")).get("posting", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})") from None
    settings = checked_settings(table)
    with place() as here:
        actor, _ = administrator(here)
        with here.store.writing(actor) as work:
            set_policy(work, people.tenant(work.session, name), "posting", settings)
    print(say(f"Buchungseinstellungen von {name} gesetzt.", f"Posting settings of {name} set."))
    leave(0)


@app.command(
    help=told(
        "Setzt, ob Lieferanten einer Kommune beantwortet werden; nie mehr, als die Quelle erlaubt.",
        "Sets whether a tenant's suppliers are answered; never more than the source allows.",
        "einvoice tenant answers musterlippe draft",
    )
)
def answers(
    name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    mode: Annotated[Answers, typer.Argument(metavar="off|draft|send")],
) -> None:
    """Exit 0 set, 1 refused."""
    from einvoice.pipeline.workplace import set_policy
    from einvoice.store import people

    with place() as here:
        actor, _ = administrator(here)
        with here.store.writing(actor) as work:
            set_policy(work, people.tenant(work.session, name), "answers", {"mode": mode.value})
    print(say(f"Antworten von {name}: {mode.value}", f"Answers of {name}: {mode.value}"))
    leave(0)


def _proper(name: str, claims: tuple[str, ...]) -> None:
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name}: a name has a-z, 0-9 and -, and begins with neither -.",
            f"{name}: ein Kürzel besteht aus a-z, 0-9 und - und beginnt nicht mit -.",
        )
    for claim in claims:
        if not CLAIM.fullmatch(claim):
            raise UsageError(
                f"{claim} is no Leitweg-ID and no beginning of one with * at its end.",
                f"{claim} ist keine Leitweg-ID und kein Anfang einer solchen mit * am Ende.",
            )


def administrator(here: "Opened") -> tuple[int, bool]:
    """The person of this account if he administers the installation, and whether all is DEMO; else Refused.

    In a demo workplace, where no account is a person, the service itself acts.
    """
    from sqlmodel import col, select

    from einvoice.store import people
    from einvoice.store.tables import Role

    with here.store.reading() as reading:
        if people.installation(reading).demo:
            return people.SERVICE, True
        person = people.person_of(reading)
        held = select(Role).where(
            Role.person_id == person.id, Role.role == "administrator", col(Role.tenant_id).is_(None)
        )
        if reading.exec(held).first() is None:
            raise Refused(
                f"{person.name} does not administer this installation.",
                f"{person.name} verwaltet diese Installation nicht (Rolle „administrator“).",
            )
    return person.id or 0, False


app.registered_commands += of_routing.registered_commands
app.registered_commands += running.registered_commands
