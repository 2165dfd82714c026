"""`einvoice rules install|use|remove|decide`: rule sets as data in a workplace, each change an event."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import agreed, change
from einvoice.interfaces.cli.session import leave, note, say

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened
    from einvoice.validation.rulesets.package import RuleSet

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help=say("Name des Regelsatzes", "Name of the rule set"))
]
Town = Annotated[
    str | None,
    typer.Option(
        "--tenant", metavar=say("KÜRZEL", "NAME"), help=say("Hausregeln dieser Kommune", "This tenant's")
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar=say("TAG", "DAY"), help=say("Ab wann [Standard: heute]", "From when [default: today]")
    ),
]


@app.command(
    help=told(
        "Installiert eine Regelausgabe oder die Hausregeln einer Kommune: geprüft, ganz oder gar nicht.",
        "Installs a release or a tenant's house rules: checked, all or nothing.",
        "einvoice rules install hausregeln/ --tenant musterlippe",
        "einvoice rules install house-rules/ --tenant musterlippe",
    )
)
def install(
    path: Annotated[
        Path,
        typer.Argument(
            metavar=say("PFAD", "PATH"), help=say("Ordner, ZIP oder TOML-Datei", "Folder, zip or TOML file")
        ),
    ],
    tenant: Town = None,
    since: Since = None,
) -> None:
    """Exit 0 installed or proposed, 1 refused, 2 it does not make sense."""
    from einvoice.interfaces.cli.tenant import administrator
    from einvoice.pipeline.rules import install as put
    from einvoice.pipeline.rules import said_of
    from einvoice.validation.rulesets.package import read_ruleset

    ruleset = read_ruleset(path)
    day = _day(since)
    with place() as here:
        actor, _ = administrator(here)
        town = _town(here, ruleset, tenant, day)
        agreed(here, f"rules install {ruleset.name}", town, said_of(ruleset, day))
        note(say("Wird geprüft …", "Checking …"))
        ran = put(here, ruleset, town, day, actor)
    what = say("Hausregeln", "House rules") if ruleset.kind == "house" else say("Ausgabe", "Release")
    print(
        say(
            f"{what} {ruleset.name} installiert (sha256 {ruleset.digest[:16]}); {ran} Beispiele halten.",
            f"{what} {ruleset.name} installed (sha256 {ruleset.digest[:16]}); {ran} examples hold.",
        )
    )
    leave(0)


def _town(here: "Opened", ruleset: "RuleSet", tenant: str | None, since: date | None) -> str | None:
    """The tenant of house rules; a release has none."""
    from einvoice.store import people

    if ruleset.kind == "release":
        if tenant is not None or since is not None:
            raise UsageError(
                f"{ruleset.name} is a release: its day stands in its file, or in `einvoice rules use --since`.",
                f"{ruleset.name} ist eine Ausgabe: ihr Tag steht in ihrer Datei oder in `rules use --since`.",
            )
        return None
    with here.store.reading() as session:
        names = [one.name for one in people.tenants(session)]
    if tenant is None and len(names) != 1:
        raise UsageError(
            f"Whose house rules? Name the tenant with --tenant: {', '.join(names)}",
            f"Wessen Hausregeln? Bitte die Kommune mit --tenant nennen: {', '.join(names)}",
        )
    return tenant or names[0]


@app.command(
    help=told(
        "Verwendet eine Ausgabe ab einem Tag, auch ohne amtlichen Tag.",
        "Uses a release from a day on, also one without an official day.",
        "einvoice rules use en16931-1.3.16 --since 2027-01-31",
    )
)
def use(name: Name, since: Since = None) -> None:
    """Exit 0 in use or proposed, 1 refused, 2 no such release."""
    from einvoice.interfaces.cli.tenant import administrator
    from einvoice.pipeline.rules import use as take
    from einvoice.rulebook.releases import today

    with place() as here:
        actor, _ = administrator(here)
        wanted = _day(since) or today()
        agreed(here, f"rules use {name}", None, {"since": wanted.isoformat()})
        day = take(here, name, wanted, actor)
    print(say(f"Ab {day} gilt hier: {name}.", f"From {day} on, in use here: {name}."))
    leave(0)


@app.command(
    help=told(
        "Nimmt eine installierte Ausgabe oder Hausregeln außer Kraft; frühere Urteile bleiben wiederholbar.",
        "Takes an installed release or house rules out of force; past verdicts can still be repeated.",
        "einvoice rules remove kosit-2027-01-31",
    )
)
def remove(name: Name, tenant: Town = None) -> None:
    """Exit 0 removed or proposed, 1 refused."""
    from einvoice.interfaces.cli.tenant import administrator
    from einvoice.pipeline.rules import remove as take_out

    with place() as here:
        actor, _ = administrator(here)
        agreed(here, f"rules remove {name}", tenant, {"name": name})
        take_out(here, name, tenant, actor)
    print(
        say(
            f"{name} ist außer Kraft. Frühere Urteile wiederholt: einvoice validate --rules {name}",
            f"{name} is out of force. To repeat past verdicts: einvoice validate --rules {name}",
        )
    )
    leave(0)


@app.command(
    help=told(
        "Legt fest, welche eigenen Befunde (EI-…) bei einer Kommune zurückstellen oder ablehnen; ersetzt, was galt.",
        "Sets which findings of ours (EI-…) hold back or reject at a tenant; replaces what was set.",
        "einvoice rules decide musterlippe --hold EI-HOUSE-BESTELLNUMMER",
    )
)
def decide(
    tenant: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    hold: Annotated[
        list[str] | None, typer.Option(metavar="ID", help=say("stellt zurück", "holds back"))
    ] = None,
    reject: Annotated[list[str] | None, typer.Option(metavar="ID", help=say("lehnt ab", "rejects"))] = None,
) -> None:
    """Exit 0 set, 1 refused, 2 an id that is none of ours."""
    holding, rejecting = sorted(set(hold or ())), sorted(set(reject or ()))
    for rule in (*holding, *rejecting):
        if not rule.startswith("EI-"):
            raise UsageError(
                f"{rule}: only findings of ours (EI-…) are decided on; official rules decide by themselves.",
                f"{rule}: festgelegt werden nur eigene Befunde (EI-…); amtliche Regeln entscheiden selbst.",
            )
    none = say("nichts", "nothing")
    said = say(
        f"{tenant}: zurückgestellt wird bei {', '.join(holding) or none}, abgelehnt bei "
        f"{', '.join(rejecting) or none}.",
        f"{tenant}: held back for {', '.join(holding) or none}, rejected for {', '.join(rejecting) or none}.",
    )
    with place() as here:
        change(here, "policy", "findings", tenant, {"hold": holding, "reject": rejecting}, said)
    leave(0)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--since {text}: a day looks like 2027-01-31.",
            f"--since {text}: ein Tag sieht so aus: 2027-01-31.",
        ) from None
