"""`einvoice tenant chain|office|reply`: how a town approves, its offices, and its words to suppliers."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import Refused, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import change
from einvoice.interfaces.cli.session import leave, say, session
from einvoice.validation.reports.text_report import printable

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))]


@app.command(
    help=told(
        "Zeigt oder setzt die Freigabekette einer Kommune: Tabelle [chain] einer TOML-Datei (docs/approval.md).",
        "Shows or sets a tenant's chain of approval: table [chain] of a TOML file (docs/approval.md).",
        "einvoice tenant chain musterlippe kette.toml",
        "einvoice tenant chain musterlippe chain.toml",
    )
)
def chain(
    name: Name,
    file: Annotated[Path | None, typer.Argument(metavar=say("[DATEI]", "[FILE]"))] = None,
) -> None:
    """Exit 0 shown, set or proposed, 1 refused, 2 a file or a chain that cannot be."""
    from einvoice.approval.chain import POLICY, chain_from, chain_of
    from einvoice.approval.conditions import check
    from einvoice.store import people

    with place() as here:
        if file is not None:
            try:
                wanted = chain_from(tomllib.loads(file.read_text("utf-8")).get("chain", {}))
                check(wanted)
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise UsageError(
                    f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})"
                ) from None
            except UsageError as error:
                raise UsageError(f"{file}: {error}", f"{file}: {error.said('de')}") from None
            done = say(f"Freigabekette von {name} gesetzt.", f"Chain of approval of {name} set.")
            change(here, "policy", POLICY, name, wanted.stored(), done)
        with here.store.reading() as reading:
            found = chain_of(reading, people.tenant(reading, name).id or 0)
    for number, step in enumerate(found.steps, 1):
        stated = {key: one for key, one in step.stored().items() if key != "act"}
        text = "; ".join(
            f"{key} = {', '.join(one) if isinstance(one, list) else one}" for key, one in stated.items()
        )
        print(printable(f"{number}. {step.name(session.lang)} ({step.act}): {text}"))
    for one in found.combine:
        until = say(f" bis {one.up_to} EUR", f" up to {one.up_to} EUR") if one.up_to is not None else ""
        print(
            say("eine Person darf verbinden: ", "one person may combine: ")
            + ", ".join(sorted(one.acts))
            + until
        )
    if found.take_over:
        print(say("abgelehnte Rechnungen dürfen übernommen werden", "rejected invoices may be taken over"))
    leave(0)


@app.command(
    help=told(
        "Nimmt ein Amt einer Kommune auf, oder benennt es um.",
        "Adds an office of a tenant, or renames it.",
        "einvoice tenant office musterlippe 66 Tiefbauamt",
        "einvoice tenant office musterlippe 66 Roads",
    )
)
def office(
    name: Name,
    code: Annotated[str, typer.Argument(metavar=say("NUMMER", "CODE"))],
    title: Annotated[str, typer.Argument(metavar=say("AMT", "TITLE"))],
) -> None:
    """Exit 0 added, 1 refused."""
    from einvoice.interfaces.cli.tenant import administrator
    from einvoice.store import people

    if "/" in code or not code.strip():
        raise Refused("A code has no /.", "Eine Amtsnummer enthält kein /.")
    with place() as here:
        actor, _ = administrator(here)
        with here.store.writing(actor) as work:
            town = people.tenant(work.session, name)
            people.name_office(work, town, code, title)
    print(f"{town.title}: {code} {title}")
    leave(0)


@app.command(
    help=told(
        "Setzt die eigenen Vorlagen der Antwort, mit der eine Kommune Rechnungen zurückgibt: Tabelle [reply] einer "
        "TOML-Datei mit contact und de/en (subject, text, html; docs/approval.md).",
        "Sets a tenant's own templates of the reply with which invoices are returned: table [reply] of a TOML file "
        "with contact and de/en (subject, text, html; docs/approval.md).",
        "einvoice tenant reply musterlippe antwort.toml",
        "einvoice tenant reply musterlippe reply.toml",
    )
)
def reply(name: Name, file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"))]) -> None:
    """Exit 0 set or proposed, 1 refused, 2 a file or a template that cannot be."""
    from einvoice.errors import EinvoiceError
    from einvoice.intake.returns import POLICY, checked_settings

    try:
        settings = checked_settings(tomllib.loads(file.read_text("utf-8")).get("reply", {}))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})") from None
    except EinvoiceError as error:
        raise UsageError(f"{file}: {error}", f"{file}: {error.said('de')}") from None
    with place() as here:
        said = say(f"Vorlagen der Antwort von {name} gesetzt.", f"Templates of the reply of {name} set.")
        change(here, "policy", POLICY, name, settings, said)
    leave(0)
