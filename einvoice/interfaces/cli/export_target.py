"""`einvoice export target`: where the exports of a tenant go; set and removed by two persons."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As, Town
from einvoice.interfaces.cli.proposing import acting, tell
from einvoice.interfaces.cli.session import leave, say

if TYPE_CHECKING:
    from einvoice.approval.persons import Actor
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Ziele: welches Format einer Kommune an welchen Ort geht. Orte nennt der Betreiber als [[place]] in "
        "einvoice.toml (Ordner, Adresse, HTTP; in Erprobung: DMS über CMIS); ein Ziel gilt, wenn eine zweite "
        "Person zugestimmt hat.",
        "Targets: which format of a tenant goes to which place. Places are the operator's, as [[place]] in "
        "einvoice.toml (folder, location, HTTP; on trial: a document system by CMIS); a target holds once a second "
        "person has agreed.",
        "einvoice export target list",
    ),
)

Name = Annotated[str, typer.Argument(metavar=say("ZIEL", "TARGET"))]


@app.command(
    "list", help=told("Listet Ziele und Orte.", "Lists targets and places.", "einvoice export target list")
)
def list_() -> None:
    """Exit 0."""
    from einvoice.approval.sight import sight
    from einvoice.exports.targets import targets
    from einvoice.store import people

    with place() as here, here.store.reading() as reading:
        eyes = sight(here.store)
        rows = [
            (
                town.name,
                one.name,
                one.form,
                one.settings.get("place"),
                one.settings.get("address"),
                say("von selbst", "by itself") if one.since else say("auf Befehl", "on command"),
            )
            for town in people.tenants(reading)
            if eyes.exists(town.id)
            for one in targets(reading, town)
        ]
        places = [("", "", "", one.name, one.address, "") for one in here.workplace.places.values()]
    heads = say("Kommune|Ziel|Format|Ort|Adresse|Wann", "Tenant|Target|Format|Place|Address|When").split("|")
    tables.show(heads, [*rows, *places])
    leave(0)


@app.command(
    "set",
    help=told(
        "Legt ein Ziel fest: Format oder eigenes Profil, und Ort.",
        "Sets a target: a format or a profile of one's own, and a place.",
        "einvoice export target set kasse --tenant musterlippe --profile kasse.toml --place hkr",
    ),
)
def set_(
    name: Name,
    tenant: Town,
    where: Annotated[str, typer.Option("--place", help=say("Ort aus [[place]]", "Place out of [[place]]"))],
    form: Annotated[
        str | None, typer.Option("--format", help=say("Format (einvoice export formats)", "Format"))
    ] = None,
    profile: Annotated[
        Path | None, typer.Option("--profile", help=say("Eigenes Profil", "Profile of one's own"))
    ] = None,
    manual: Annotated[
        bool, typer.Option("--manual", help=say("Nur auf Befehl senden", "Send only on command"))
    ] = False,
    as_: As = None,
) -> None:
    """Exit 0 set or proposed, 1 refused, 2 usage."""
    from einvoice.approval.proposals import propose
    from einvoice.exports.targets import agreed
    from einvoice.store.times import utc_now

    _is_name(name)
    if (form is None) == (profile is None):
        raise UsageError("Either --format or --profile.", "Entweder --format oder --profile angeben.")
    with place() as here:
        there = here.workplace.places.get(where)
        if there is None:
            listed = ", ".join(here.workplace.places) or "-"
            raise UsageError(
                f"--place {where}: the configuration has {listed}.",
                f"--place {where}: In der Konfiguration stehen {listed}.",
            )
        kind, text = _form(name, form, profile)
        wish = agreed(there, kind, since=None if manual else utc_now(), profile=text)
        text = f"{name}: {kind} → {there.name} ({there.address})"
        row = propose(here.store, acting(here, as_), "export-target", name, tenant, wish)
        tell(row, say(f"Ziel {text}", f"Target {text}"))
    leave(0)


@app.command(
    help=told(
        "Nimmt ein Ziel weg.",
        "Takes a target away.",
        "einvoice export target remove kasse --tenant musterlippe",
    )
)
def remove(name: Name, tenant: Town, as_: As = None) -> None:
    """Exit 0 removed or proposed, 1 refused."""
    from einvoice.approval.proposals import propose

    with place() as here:
        row = propose(here.store, acting(here, as_), "export-target", name, tenant, None)
        tell(row, say(f"Ziel {name} ist weg.", f"Target {name} is gone."))
    leave(0)


@app.command(
    help=told(
        "Zeigt, was der nächste Lauf wohin schicken würde; schickt nichts.",
        "Shows what the next run would send where; sends nothing.",
        "einvoice export target due",
    )
)
def due() -> None:
    """Exit 0."""
    from einvoice.approval.sight import sight
    from einvoice.pipeline.automatic import what_is_due

    with place() as here:
        eyes = sight(here.store)
        found = [one for one in what_is_due(here) if eyes.exists(one.tenant_id)]
    tables.show(
        say("Stapel|Format|Ziel", "Batch|Format|Target").split("|"), [(d.said, d.form, d.key) for d in found]
    )
    leave(0)


def to_target(here: "Opened", who: "Actor", number: int, name: str) -> tuple[str, list[str]]:
    """Sends a batch to a target of its tenant: the format, and where its files lie."""
    from einvoice.exports.targets import target
    from einvoice.pipeline.automatic import Due, send
    from einvoice.store.tables import Batch, Tenant

    with here.store.reading() as reading:
        batch = reading.get(Batch, number)
        if batch is None:
            raise Refused(f"There is no batch {number}.", f"Es gibt keinen Stapel {number}.")
        found = target(reading, reading.get_one(Tenant, batch.tenant_id), name)
    due = Due(number, batch.tenant_id, "", found.form, found.key, found)
    return found.form, send(here, who, due)


def _is_name(name: str) -> None:
    import re

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,29}", name):
        raise UsageError(
            f"{name}: a name of a target has a-z, 0-9 and hyphens.",
            f"{name}: Ein Ziel heißt mit a-z, 0-9 und Bindestrich.",
        )


def _form(name: str, form: str | None, profile: Path | None) -> tuple[str, str | None]:
    """The format of a target, and the text of its profile. A profile must hold the sample batch."""
    from einvoice.exports.formats import format_named
    from einvoice.exports.profiles.profiled import form_of
    from einvoice.exports.profiles.reading import named, read
    from einvoice.exports.profiles.sample import sample_case
    from einvoice.exports.profiles.writing import write

    if profile is None:
        format_named(form or "")
        return form or "", None
    found = read(named(str(profile)))
    write(found, sample_case(found))
    return form_of(name, found), found.text
