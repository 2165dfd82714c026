"""`einvoice archive retention|expire|hold|release`: how long things are kept, and deleting them afterwards."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place, workplace
from einvoice.interfaces.cli.output import target
from einvoice.interfaces.cli.proposing import change
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.interfaces.cli.tenant import administrator

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Number = Annotated[
    int, typer.Argument(metavar=say("NR", "NO"), help=say("Nummer in inbox list", "as in inbox list"))
]
Reason = Annotated[str, typer.Option(help=say("Grund, für das Protokoll", "Reason, for the protocol"))]


@app.command(
    help=told(
        "Zeigt oder setzt, wie lange eine Kommune was aufbewahrt: Tabelle [retention] einer TOML-Datei mit "
        "invoice_years, municipal, municipal_years, rejected_days, no_invoice_days, payload_years, person_years, run "
        "und adopted (Haushaltsjahr = Tag des Ratsbeschlusses).",
        "Shows or sets how long a tenant keeps what: table [retention] of a TOML file with invoice_years, municipal, "
        "municipal_years, rejected_days, no_invoice_days, payload_years, person_years, run and adopted (budget "
        "year = day of the council's decision).",
        "einvoice archive retention musterlippe fristen.toml",
        "einvoice archive retention musterlippe retention.toml",
    )
)
def retention(
    name: Annotated[str, typer.Argument(metavar=say("KÜRZEL", "NAME"))],
    file: Annotated[Path | None, typer.Argument(metavar=say("[DATEI]", "[FILE]"))] = None,
) -> None:
    """Exit 0 shown or set, 1 refused, 2 a file that cannot be read."""
    from einvoice.pipeline.expiring import rules_of
    from einvoice.store import people
    from einvoice.store.retention import POLICY, rules_from

    with place() as here:
        if file is not None:
            try:
                table = tomllib.loads(file.read_text("utf-8")).get("retention", {})
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise UsageError(
                    f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})"
                ) from None
            rules = rules_from(table)
            done = say(f"Fristen von {name} gesetzt.", f"Retention of {name} set.")
            change(here, "policy", POLICY, name, rules.stored(), done)
        with here.store.reading() as reading:
            said = rules_of(reading, people.tenant(reading, name).id).stored()
    for key, value in said.items():
        print(f"{key} = {value}")
    leave(0)


@app.command(
    help=told(
        "Löscht, dessen Aufbewahrungsfrist vorbei ist, mit Protokoll; --dry-run zeigt nur. Sicherungen behalten es, "
        "bis sie selbst gelöscht werden.",
        "Deletes what need not be kept any longer, with a protocol; --dry-run only shows. Backups keep it until they "
        "are removed themselves.",
        "einvoice archive expire --dry-run",
    )
)
def expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("nur zeigen", "only show"))] = False,
    today: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            help=say("Stand für --dry-run, sonst heute", "Day for --dry-run, else today"),
        ),
    ] = None,
) -> None:
    """Exit 0 done, 1 refused, 2 usage."""
    from einvoice.pipeline.expiring import due
    from einvoice.pipeline.expiring import expire as delete
    from einvoice.rulebook.releases import today as this_day

    if today is not None and not dry_run:
        raise UsageError("--as-of needs --dry-run.", "--as-of geht nur mit --dry-run.")
    day = today.date() if today else this_day()
    with place() as here:
        actor, _ = administrator(here)
        found = due(here, day) if dry_run else (done := delete(here, day, actor)).invoices
    heads = say("Nr.|Kommune|Klasse|Aufzubewahren bis", "No|Tenant|Class|To be kept until").split("|")
    tables.show(heads, [[one.invoice_id, one.tenant, _class(one.kind), one.until] for one in found])
    if dry_run:
        note(say(f"{len(found)} würden gelöscht.", f"{len(found)} would be deleted."))
    else:
        counts = (len(found), done.payloads, done.persons)
        note(
            say(
                "Gelöscht: {} Rechnungen, {} Nutzlasten, {} Personen.",
                "Deleted: {} invoices, {} payloads, {} persons.",
            ).format(*counts)
        )
    leave(0)


@app.command(
    help=told(
        "Sperrt eine Rechnung gegen jede Löschung (Rechtsstreit, Prüfung).",
        "Holds an invoice against all deletion (lawsuit, audit).",
        'einvoice archive hold 7 --reason "Klage 12 O 3/26"',
        'einvoice archive hold 7 --reason "lawsuit 12 O 3/26"',
    )
)
def hold(number: Number, reason: Reason) -> None:
    """Exit 0 held, 1 refused."""
    _hold(number, reason, on=True)
    print(say(f"Rechnung {number} ist gesperrt.", f"Invoice {number} is on hold."))
    leave(0)


@app.command(
    help=told(
        "Hebt die Löschsperre einer Rechnung auf.",
        "Takes an invoice off hold.",
        'einvoice archive release 7 --reason "Vergleich geschlossen"',
        'einvoice archive release 7 --reason "settled"',
    )
)
def release(number: Number, reason: Reason) -> None:
    """Exit 0 released, 1 refused."""
    _hold(number, reason, on=False)
    print(say(f"Rechnung {number} ist nicht mehr gesperrt.", f"Invoice {number} is off hold."))
    leave(0)


@app.command(
    help=told(
        "Schreibt einen Entwurf der Verfahrensdokumentation (GoBD) aus der tatsächlichen Konfiguration (Markdown).",
        "Writes a draft of the procedure description (GoBD) from the configuration as it is (Markdown, in German).",
        "einvoice archive procedure -o verfahren.md",
        "einvoice archive procedure -o procedure.md",
    )
)
def procedure(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=say("Datei, sonst die Ausgabe", "File, else stdout"))
    ] = None,
) -> None:
    """Exit 0 written, 2 cannot be written."""
    from einvoice.pipeline.procedure import procedure as drafted

    with place() as here:
        text = drafted(here)
    with target(output) as stream:
        stream.write(text)
    leave(0)


@app.command(
    help=told(
        "Zieht mit dem Archiv um: kopiert alle Objekte aus dem alten Ordner in das Archiv, das [archive] jetzt "
        "nennt, und beweist sie dort. Der alte Ordner bleibt.",
        "Moves the archive: copies all objects from the old folder into the archive that [archive] names now, and "
        "proves them there. The old folder stays.",
        "einvoice archive move data/archive",
    )
)
def move(old: Annotated[Path, typer.Argument(metavar=say("ALTER-ORDNER", "OLD-FOLDER"))]) -> None:
    """Exit 0 moved, 1 the new archive differs, 2 not possible."""
    from einvoice.pipeline.moving import move as bring

    count, differences = bring(workplace(), old)
    for one in differences:
        print(f"{one.where}: {one.said(session.lang)}")
    print(say(f"{count} Objekte im neuen Archiv.", f"{count} objects in the new archive."))
    leave(1 if differences else 0)


def _hold(number: int, reason: str, *, on: bool) -> None:
    from einvoice.pipeline.expiring import hold as change

    with place() as here:
        actor, _ = administrator(here)
        change(here, number, actor, reason, on=on)


def _class(kind: str) -> str:
    return {
        "invoice": say("Rechnung", "invoice"),
        "rejected": say("abgelehnt", "rejected"),
        "no-invoice": say("keine Rechnung", "no invoice"),
    }[kind]
