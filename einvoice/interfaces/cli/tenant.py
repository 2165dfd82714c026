"""`einvoice tenant`: the towns of an installation and their claims on Leitweg-IDs."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import acting, change, tell
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.interfaces.cli.tenant_chain import app as of_chain
from einvoice.interfaces.cli.tenant_deadlines import app as of_deadlines
from einvoice.interfaces.cli.tenant_leaving import app as of_leaving
from einvoice.interfaces.cli.tenant_paying import app as of_paying
from einvoice.interfaces.cli.tenant_posting import app as of_posting
from einvoice.interfaces.cli.tenant_routing import app as of_routing
from einvoice.interfaces.cli.tenant_running import app as running
from einvoice.render import states
from einvoice.validation.reports.text_report import printable

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

    from einvoice.approval.towns import Town, value
    from einvoice.pipeline.tenants import proper
    from einvoice.store.tables import Tenant

    claims = tuple(dict.fromkeys(one.strip().upper() for one in leitweg or ()))
    proper("", name, claims)
    with place() as here:
        with here.store.reading() as reading:
            if reading.exec(select(Tenant).where(Tenant.name == name)).first():
                raise Refused(f"There is a tenant {name} already.", f"Die Kommune {name} gibt es schon.")
        said = say(f"Kommune {title} aufgenommen ({name}).", f"Tenant {title} added ({name}).")
        change(here, "towns", name, None, value([Town(name, title, claims)]), said)
    leave(0)


@app.command(
    "import",
    help=told(
        "Nimmt Kommunen aus einer TOML-Datei auf oder ändert sie ([[tenant]] mit name, title, leitweg, addresses, "
        "mail, Regeln); dieselbe Datei noch einmal ändert nichts.",
        "Adds or changes towns from a TOML file ([[tenant]] with name, title, leitweg, addresses, mail, policies); "
        "the same file again changes nothing.",
        "einvoice tenant import kommunen.toml --dry-run",
        "einvoice tenant import towns.toml --dry-run",
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"))],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say("Nur zeigen, was sich ändern würde", "Only show changes"))
    ] = False,
) -> None:
    """Exit 0 as the file says, 1 refused, 2 a file or a claim that cannot be."""
    from einvoice.approval.towns import changes
    from einvoice.pipeline.tenants import bring, read_towns, warnings

    towns = read_towns(file)
    for name, claim in warnings(towns):
        note(
            say(
                f"{name}: Prüfziffern von {claim} stimmen nicht", f"{name}: check digits of {claim} are wrong"
            )
        )
    with place() as here:
        proposal = None
        if dry_run:
            with here.store.reading() as reading:
                found = changes(reading, towns)
        else:
            found, proposal = bring(here.store, acting(here), towns)
    heads = say("Kommune|Was|Bisher|Neu", "Tenant|What|So far|New")
    tables.show(heads.split("|"), [(one.town, _what(one.what), one.old, one.new) for one in found])
    count = len({one.town for one in found})
    if dry_run or proposal is None:
        wanted = say("würden geändert", "would change") if dry_run else say("geändert", "changed")
        note(say(f"{count} von {len(towns)} Kommunen {wanted}.", f"{count} of {len(towns)} towns {wanted}."))
    else:
        tell(
            proposal,
            say(f"{count} von {len(towns)} Kommunen geändert.", f"{count} of {len(towns)} towns changed."),
            note,
        )
    leave(0)


def _what(name: str) -> str:
    words = {"title": say("Name", "name"), "claim": say("Anspruch", "claim")}
    return words.get(name, name)


@app.command(
    help=told(
        "Zeigt eine Kommune: wie sie adressiert wird, ihre Regeln, was dort liegt.",
        "Shows a tenant: how it is addressed, its policies, what lies there.",
        "einvoice tenant show musterlippe",
    )
)
def show(name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))]) -> None:
    """Exit 0 shown, 2 there is none."""
    from sqlmodel import col, func, select

    from einvoice.approval.towns import stated
    from einvoice.store import people
    from einvoice.store.tables import Invoice, Policy

    with place() as here, here.store.reading() as reading:
        row = people.tenant(reading, name)
        town = stated(reading, row)
        policies = sorted(set(reading.exec(select(Policy.name).where(Policy.tenant_id == row.id))))
        count = select(Invoice.state, func.count()).where(Invoice.tenant_id == row.id).group_by(Invoice.state)
        counted = reading.exec(count.order_by(col(Invoice.state))).all()
        values = {one: people.policy(reading, row.id or 0, one) for one in policies}
    print(f"{town.name}: {town.title}{' (DEMO)' if row.demo else ''}")
    for claim in town.claims():
        print(f"  {claim}")
    for key, value in values.items():
        if not key.startswith("rules/") and "text" not in value:
            print(printable(f"  {key}: {', '.join(f'{k} = {v}' for k, v in value.items())}"))
    for state, found in counted:
        print(f"  {found} {states.state(state, session.lang)}")
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
    with place() as here:
        said = say(f"Antworten von {name}: {mode.value}", f"Answers of {name}: {mode.value}")
        change(here, "policy", "answers", name, {"mode": mode.value}, said)
    leave(0)


def administrator(here: "Opened") -> tuple[int, bool]:
    """The person of this account if he administers the installation, and whether all is DEMO; else Refused.

    In a demo workplace, where no account is a person, the service itself acts.
    """
    from einvoice.approval.kind import ADMINISTRATORS
    from einvoice.approval.persons import holders
    from einvoice.rulebook.releases import today
    from einvoice.store import people

    with here.store.reading() as reading:
        if people.installation(reading).demo:
            return people.SERVICE, True
        person = people.person_of(reading)
        if person.id not in holders(reading, ADMINISTRATORS, None, today()):
            raise Refused(
                f"{person.name} does not administer this installation.",
                f"{person.name} verwaltet diese Installation nicht (Rolle „administrator“).",
            )
    return person.id or 0, False


app.registered_commands += of_routing.registered_commands
app.registered_commands += running.registered_commands
app.registered_commands += of_paying.registered_commands
app.registered_commands += of_leaving.registered_commands
app.registered_commands += of_chain.registered_commands
app.registered_commands += of_deadlines.registered_commands
app.registered_commands += of_posting.registered_commands
