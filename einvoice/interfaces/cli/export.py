"""`einvoice export`: what leaves: formats, profiles of accounting systems, targets."""

import typer

from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.export_profile import app as profiles
from einvoice.interfaces.cli.export_target import app as of_targets
from einvoice.interfaces.cli.session import leave, note, say

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Exporte: Formate, Profile für HKR-Verfahren, Ziele.",
        "Exports: formats, profiles of accounting systems, targets.",
        "einvoice export formats",
    ),
)
app.add_typer(profiles, name="profile")
app.add_typer(of_targets, name="target")


@app.command(
    help=told(
        "Listet die Formate: geprüfte (ein unabhängiger Leser oder ein amtliches Schema prüft sie in unseren Tests) "
        "und solche in Erprobung (aus, bis eine Kommune sie einschaltet).",
        "Lists the formats: proved (an independent reader or an official schema checks them in our tests) and trial "
        "(off until a tenant switches it on).",
        "einvoice export formats",
    )
)
def formats() -> None:
    """Exit 0."""
    from einvoice.exports.formats import FORMATS
    from einvoice.interfaces.cli.batch_files import STANDING

    rows = []
    for name, one in FORMATS.items():
        rows.append((name, say(*STANDING[one.standing]), say(one.de, one.en), say(one.why_de, one.why_en)))
    rows.append(
        (
            "profile/…",
            say(*STANDING["trial"]),
            say("eigenes Profil eines Ziels", "own profile of a target"),
            say("Nur sein Empfänger kann es belegen.", "Only its receiver can prove it."),
        )
    )
    tables.show(say("Format|Stand|Was|Warum", "Format|Standing|What|Why").split("|"), rows)
    note(
        say(
            "Kein Format ist von einem Hersteller zertifiziert.",
            "No format is certified by a vendor.",
        )
    )
    leave(0)
