"""`einvoice export`: what leaves: formats, profiles of accounting systems, targets."""

import enum
from typing import Annotated

import typer

from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.export_profile import app as profiles
from einvoice.interfaces.cli.export_target import app as of_targets
from einvoice.interfaces.cli.inbox import As, Town
from einvoice.interfaces.cli.proposing import acting, tell
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


class Table(enum.Enum):
    """The tables of a batch."""

    invoices = "invoices"
    lines = "lines"
    vat = "vat"
    postings = "postings"


@app.command(
    help=told(
        "Wählt die Spalten einer Tabelle der Formate tables-*: Namen (export profile names), Begriffe (BT-131) oder "
        "Felder (seller.postal_address.city). Ohne Spalten: die üblichen.",
        "Chooses the columns of a table of the formats tables-*: names (export profile names), terms (BT-131) or "
        "fields (seller.postal_address.city). Without columns: the usual ones.",
        "einvoice export columns lines row.number BT-153 BT-131 --tenant musterlippe",
    )
)
def columns(
    table: Annotated[
        Table, typer.Argument(metavar=say("TABELLE", "TABLE"), help="invoices, lines, vat, postings")
    ],
    tenant: Town,
    names: Annotated[list[str] | None, typer.Argument(metavar=say("[SPALTE...]", "[COLUMN...]"))] = None,
    as_: As = None,
) -> None:
    """Exit 0 set or proposed, 1 refused, 2 usage."""
    from einvoice.approval.proposals import propose
    from einvoice.exports.grids import POLICY, chosen_columns
    from einvoice.store import people

    chosen_columns(table.value, names or ())
    with place() as here:
        with here.store.reading() as reading:
            owner = people.tenant(reading, tenant)
            now = people.policy(reading, owner.id or 0, POLICY)
        wish = {key: value for key, value in {**now, table.value: names or None}.items() if value}
        row = propose(here.store, acting(here, as_), "policy", POLICY, tenant, wish)
        text = ", ".join(names or ()) or say("die üblichen Spalten", "the usual columns")
        tell(row, f"{table.value}: {text}")
    leave(0)


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
    from einvoice.exports.formats import CMIS, FORMATS
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
    why = say(CMIS.why_de, CMIS.why_en)
    rows.append(("cmis", say(*STANDING["trial"]), say(CMIS.de, CMIS.en), why))
    tables.show(say("Format|Stand|Was|Warum", "Format|Standing|What|Why").split("|"), rows)
    note(
        say(
            "Kein Format ist von einem Hersteller zertifiziert.",
            "No format is certified by a vendor.",
        )
    )
    leave(0)
