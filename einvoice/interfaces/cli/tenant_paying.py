"""`einvoice tenant payment|datev|datev-xml|xdomea|trial`: how a town pays, and what its exports say.

Each is a policy: a change takes effect when a second person agrees.
"""

import importlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.proposing import change
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))]
File = Annotated[Path | None, typer.Argument(metavar=say("DATEI", "FILE"))]
Off = Annotated[bool, typer.Option("--off", help=say("Abschalten", "Switch off"))]


_TABLES: dict[str, tuple[str, str, str, str, str]] = {
    "payment": (
        "sepa.settings",
        "SEPA",
        "Setzt, wie eine Kommune selbst zahlt (SEPA): Tabelle [payment] einer TOML-Datei mit name, iban, bic, "
        "execution (latest oder at-once), lead (Banktage bis zur Ausführung), accounts (confirmed oder authorised), "
        "addresses, most_rows, most_amount, schema. Wirksam, wenn eine zweite Person zustimmt.",
        "Sets how a town pays by itself (SEPA): table [payment] of a TOML file with name, iban, bic, execution "
        "(latest or at-once), lead (bank days until execution), accounts (confirmed or authorised), addresses, "
        "most_rows, most_amount, schema. In force once a second person agrees.",
        "einvoice tenant payment musterlippe zahlung.toml",
    ),
    "datev": (
        "datev_settings",
        "DATEV EXTF",
        "Setzt, was die EXTF-Dateien einer Kommune außer der Kontierung sagen: Tabelle [datev] einer TOML-Datei mit "
        "locked (Festschreibung), encoding, kost1, kost2, links (Beleglink), supply_date (Leistungsdatum), eu, "
        'most_rows und rates (Kurse: USD = {rate = "1.0850", date = "2026-11-20", source = "EZB"}).',
        "Sets what a town's EXTF files say besides its postings: table [datev] of a TOML file with locked "
        "(Festschreibung), encoding, kost1, kost2, links (Beleglink), supply_date (Leistungsdatum), eu, most_rows "
        'and rates (USD = {rate = "1.0850", date = "2026-11-20", source = "ECB"}).',
        "einvoice tenant datev musterlippe datev.toml",
    ),
    "datev-xml": (
        "datev_xml.settings",
        "DATEV XML online",
        "Setzt, wie Pakete für DATEV XML online entstehen (in Erprobung): Tabelle [datev-xml] einer TOML-Datei mit "
        "schema (Ordner mit den Schemas der DATEV), folder, most_files, most_bytes.",
        "Sets how packages for DATEV XML online are made (on trial): table [datev-xml] of a TOML file with schema (a "
        "folder with DATEV's schemas), folder, most_files, most_bytes.",
        "einvoice tenant datev-xml musterlippe datev.toml",
    ),
    "xdomea": (
        "xdomea.settings",
        "xdomea",
        "Setzt, wie xdomea-Nachrichten entstehen (in Erprobung): Tabelle [xdomea] einer TOML-Datei mit schema "
        "(Ordner mit den Schemadateien von xdomea 3.0.0), sender, receiver, user (Erstellerkennung), container "
        "(IDContainer), location (Ablageort), plan (Aktenplankennzeichen), title (Aktenbetreff).",
        "Sets how xdomea messages are made (on trial): table [xdomea] of a TOML file with schema (a folder with the "
        "schema files of xdomea 3.0.0), sender, receiver, user (Erstellerkennung), container (IDContainer), location "
        "(Ablageort), plan (Kennzeichen in the Aktenplan), title (Aktenbetreff).",
        "einvoice tenant xdomea musterlippe xdomea.toml",
    ),
}
"""Table of a TOML file, and name of its command and of its policy → the module that reads it, what it is called, help
in German and English, an example.
"""


def _command(table: str) -> Callable[..., None]:
    """The command that sets the policy of a table."""
    module, what, *_ = _TABLES[table]

    def command(name: Name, file: File = None, off: Off = False) -> None:
        """Exit 0 set, 1 refused, 2 a file that cannot be read."""
        settings = importlib.import_module(f"einvoice.exports.{module}")
        said = _plain(_table(file, off, table))
        if said:
            settings.read(said)
        _change(name, table, said, what)

    return command


for _name, (_, _, *_help) in _TABLES.items():
    app.command(_name, help=told(*_help))(_command(_name))


@app.command(
    help=told(
        "Schaltet ein, was in Erprobung ist: Formate, und Orte der Art cmis. Kein amtliches Schema, kein Empfänger "
        "hat es belegt.",
        "Switches on what is on trial: formats, and places of the kind cmis. No official schema or receiver has "
        "proved it.",
        "einvoice tenant trial musterlippe datev-xml",
    )
)
def trial(
    name: Name,
    form: Annotated[list[str] | None, typer.Argument(metavar="[FORMAT...]")] = None,
    off: Off = False,
) -> None:
    """Exit 0 set, 1 refused, 2 usage."""
    from einvoice.exports.formats import TRIAL, trials

    known = trials()
    if off == bool(form) or set(form or ()) - set(known):
        raise UsageError(f"FORMAT: {', '.join(known)}; --off")
    with place() as here:
        listed = ", ".join(form or ()) or say("keine", "none")
        said = say(f"Formate in Erprobung von {name}: {listed}", f"Formats on trial of {name}: {listed}")
        change(here, "policy", TRIAL, name, {"formats": sorted(form or ())}, said)
    leave(0)


def _table(file: Path | None, off: bool, name: str) -> dict[str, Any]:
    """A table of a TOML file, amounts as they are written; empty with --off."""
    if off == bool(file):
        raise UsageError("Either a file or --off.", "Entweder eine Datei oder --off angeben.")
    if file is None:
        return {}
    try:
        found = tomllib.loads(file.read_text("utf-8"), parse_float=str)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})") from None
    table = found.get(name)
    if not isinstance(table, dict) or not table:
        raise UsageError(f"{file}: there is no table [{name}].", f"{file}: Es gibt keine Tabelle [{name}].")
    return table


def _change(name: str, policy: str, table: dict[str, Any], what: str) -> NoReturn:
    words = ", ".join(f"{key} = {value}" for key, value in table.items()) or say("aus", "off")
    with place() as here:
        change(here, "policy", policy, name, table, f"{what} ({name}): {words}")
    leave(0)


def _plain(value: Any) -> Any:
    """A value of a TOML file as a policy keeps it: days as text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value if isinstance(value, (str, int, list)) else str(value)
