"""`einvoice tenant route|routing`: where an invoice goes and why; the rules that decide where no address does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import acting, tell
from einvoice.interfaces.cli.session import leave, say
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from einvoice.intake.routing import Answer
    from einvoice.pipeline.workplace import Opened

app = typer.Typer(add_completion=False, rich_markup_mode=None)

LAYERS = {
    "BT-10": ("Leitweg-ID (BT-10)", "Leitweg-ID (BT-10)"),
    "BT-49": ("Elektronische Adresse (BT-49)", "Electronic address (BT-49)"),
    "recipient": ("Empfänger der Mail", "Recipient of the mail"),
    "source": ("Quelle", "Source"),
    "rules": ("Zuordnungsregeln", "Routing rules"),
    "hand": ("von Hand", "by hand"),
}
"""Layers in German and English."""

HINTS = {
    "check-digits": ("Prüfziffern stimmen nicht", "check digits are wrong"),
    "several": ("passt auf mehrere Kommunen", "fits several towns"),
}


@app.command(
    help=told(
        "Sagt, wohin eine Rechnung geht oder warum sie wo liegt: eine Datei, oder eine Nummer aus dem Eingang.",
        "Says where an invoice goes, or why it lies where it lies: a file, or a number of the inbox.",
        "einvoice tenant route rechnung.xml --explain",
        "einvoice tenant route invoice.xml --explain",
    )
)
def route(
    what: Annotated[str, typer.Argument(metavar=say("DATEI|NR", "FILE|NO"))],
    explain: Annotated[
        bool, typer.Option("--explain", help=say("Was jede Stufe antwortet", "What each layer answers"))
    ] = False,
) -> None:
    """Exit 0 a town is known, 1 none (the manual queue), 2 no such file."""
    from einvoice.pipeline.routing import explained, kept, tried

    with place() as here:
        towns = _towns(here)
        if what.isdigit() and not Path(what).exists():
            _may_look(here, int(what))
            said = kept(here, int(what))
            if said:
                print(_kept(said, towns))
            found = [(f"#{what}", explained(here, int(what)))]
        else:
            found = tried(here, Path(what))
    for name, answers in found:
        _tell(name, answers, towns, explain)
    leave(0 if found and all(any(one.route for one in answers) for _, answers in found) else 1)


def _may_look(here: "Opened", number: int) -> None:
    """What an invoice says of its recipient is content: whoever looks must be allowed to."""
    from einvoice.approval.sight import looked, sight
    from einvoice.store.tables import Invoice

    with here.store.reading() as reading:
        invoice = reading.get(Invoice, number)
    if invoice is not None:
        eyes = sight(here.store)
        eyes.demand(invoice.tenant_id, number)
        looked(here.store, eyes, invoice)


def _towns(here: "Opened") -> dict[int, str]:
    from sqlmodel import select

    from einvoice.store.tables import Tenant

    with here.store.reading() as reading:
        return {one.id or 0: one.title for one in reading.exec(select(Tenant))}


def _kept(said: "Mapping[str, object]", towns: dict[int, str]) -> str:
    """What the transfer recorded, which is why an invoice lies where it lies."""
    layer = _layer(str(said.get("by")))
    fitting = " = ".join(str(said[key]) for key in ("value", "pattern") if said.get(key))
    town = towns.get(int(str(said.get("tenant") or 0)), "–")
    where = f"{town}: {layer}{f' ({fitting})' if fitting else ''}"
    return printable(say(f"Zugeordnet an {where}", f"Routed to {where}"))


def _layer(name: str) -> str:
    return say(*LAYERS.get(name, (name, name)))


def _tell(name: str, answers: "Sequence[Answer]", towns: dict[int, str], explain: bool) -> None:
    first = next((one.route for one in answers if one.route), None)
    queue = say("keine Kommune: Zuordnung von Hand", "no town: to be assigned by hand")
    town = towns.get(first.tenant_id, "?") if first else queue
    because = f" ({_layer(first.by)}: {first.value} ~ {first.pattern or first.value})" if first else ""
    print(printable(f"{name}: {town}{because}"))
    for number, one in enumerate(answers if explain else (), 1):
        print(printable(f"  {number}. {_layer(one.layer)}: {_answer(one, towns)}"))


def _answer(one: "Answer", towns: dict[int, str]) -> str:
    value = one.value or say("nichts angegeben", "nothing stated")
    if one.route:
        value = f"{value} → {towns.get(one.route.tenant_id, '?')} ({one.route.pattern or one.route.value})"
    elif one.value:
        value = f"{value} → {say('passt auf keine Kommune', 'fits no town')}"
    return f"{value} [{say(*HINTS[one.hint]) if one.hint in HINTS else one.hint}]" if one.hint else value


@app.command(
    help=told(
        "Setzt Zuordnungsregeln aus einer TOML-Datei ([NAME] mit to und if), für alle oder von einer Kommune; "
        "ersetzt die bisherigen. --none: keine mehr.",
        "Sets routing rules from a TOML file ([NAME] with to and if), for all or of one town; replaces those "
        "there were. --none: no more rules.",
        "einvoice tenant routing regeln.toml",
        "einvoice tenant routing rules.toml",
    )
)
def routing(
    file: Annotated[Path | None, typer.Argument(metavar=say("DATEI", "FILE"))] = None,
    tenant: Annotated[
        str | None,
        typer.Option(metavar=say("KÜRZEL", "NAME"), help=say("Regeln dieser Kommune", "This tenant's rules")),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help=say("Keine Regeln mehr", "No more rules"))] = False,
) -> None:
    """Exit 0 set, 1 refused, 2 a rule that makes no sense (file:line)."""
    from einvoice.pipeline.routing import set_rules

    if (file is None) != none:
        raise UsageError("Name a file, or say --none.", "Bitte eine Datei nennen, oder --none.")
    with place() as here:
        count, row = set_rules(here.store, acting(here), file, tenant)
    tell(row, say(f"{count} Zuordnungsregeln gelten.", f"{count} routing rules are in force."))
    leave(0)
