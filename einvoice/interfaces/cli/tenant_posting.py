"""`einvoice tenant posting|posting-rules`: how a town books, what every posting must say, which rules propose it."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import EinvoiceError, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import acting, change, tell
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Setzt, wie eine Kommune bucht: Tabelle [posting] einer TOML-Datei mit consultant, client, account_length, "
        "expense, creditor, fiscal_year, tax_keys (DATEV), fields (was jede Kontierung braucht) und orders.",
        "Sets how a tenant books: table [posting] of a TOML file with consultant, client, account_length, expense, "
        "creditor, fiscal_year, tax_keys (DATEV), fields (what every posting needs) and orders.",
        "einvoice tenant posting musterlippe buchung.toml",
    )
)
def posting(
    name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"))],
) -> None:
    """Exit 0 set, 1 refused, 2 a file that cannot be read. Holds for invoices that are routed from now on."""
    from einvoice.approval.fields import stored

    try:
        table = tomllib.loads(file.read_text("utf-8")).get("posting", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})") from None
    try:
        settings = stored(table)
    except EinvoiceError as error:
        raise type(error)(f"{file}: {error}", f"{file}: {error.said('de')}") from None
    with place() as here:
        said = say(f"Buchungseinstellungen von {name} gesetzt.", f"Posting settings of {name} set.")
        change(here, "policy", "posting", name, settings, said)
    leave(0)


@app.command(
    "posting-rules",
    help=told(
        'Setzt Kontierungsregeln einer Kommune aus einer TOML-Datei ([NAME] mit if und to = "konto=… kst=…"); '
        "ersetzt die bisherigen. --none: keine mehr.",
        'Sets a town\'s posting rules from a TOML file ([NAME] with if and to = "account=… text=…"); '
        "replaces those there were. --none: no more rules.",
        "einvoice tenant posting-rules musterlippe kontierung.toml",
        "einvoice tenant posting-rules musterlippe posting.toml",
    ),
)
def posting_rules(
    name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    file: Annotated[Path | None, typer.Argument(metavar=say("DATEI", "FILE"))] = None,
    none: Annotated[bool, typer.Option("--none", help=say("Keine Regeln mehr", "No more rules"))] = False,
) -> None:
    """Exit 0 set, 1 refused, 2 a rule that makes no sense (file:line)."""
    from einvoice.pipeline.posting import set_rules

    if (file is None) != none:
        raise UsageError("Name a file, or say --none.", "Bitte eine Datei nennen, oder --none.")
    with place() as here:
        count, row = set_rules(here, acting(here), file, name)
        tell(row, say(f"{count} Kontierungsregeln gelten.", f"{count} posting rules are in force."))
    leave(0)
