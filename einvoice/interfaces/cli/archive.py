"""`einvoice archive`: proves store and archive unchanged, and publishes what proves them later."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from einvoice.errors import StoreError, Unchecked, UsageError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.archive_keeping import app as keeping
from einvoice.interfaces.cli.configuration import place, workplace
from einvoice.interfaces.cli.output import target
from einvoice.interfaces.cli.progress import Progress
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.validation.reports.text_report import printable

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told("Das Archiv beweisen.", "Proves the archive.", "einvoice archive verify"),
)


@app.command(
    help=told(
        "Beweist, dass Archiv und Speicher unverändert sind; mit --against auch, dass nichts abgeschnitten, neu "
        "geschrieben oder aus einer älteren Sicherung zurückgeholt wurde.",
        "Proves archive and store unchanged; with --against also that nothing was cut off, rewritten or restored "
        "from an older backup.",
        "einvoice archive verify --against kopf.json",
        "einvoice archive verify --against head.json",
    )
)
def verify(
    against: Annotated[
        list[Path] | None,
        typer.Option(
            help=say(
                "Früher ausgegebener Kopf (--head), anderswo aufbewahrt; auch mehrere",
                "A head (--head) kept elsewhere; may be repeated",
            )
        ),
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(
            help=say("Datei für den heutigen Kopf der Ketten", "File for today's head of the chains")
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", help=say("text oder json", "text or json"))] = "text",
) -> None:
    """Exit 0 unchanged, 1 a difference was found, 2 usage, 3 could not be looked at."""
    from einvoice.pipeline.workplace import opened
    from einvoice.store import heads
    from einvoice.store.verify import prove, size

    if form not in ("text", "json"):
        raise UsageError(f"--format {form}: text, json")
    known = [_head(file) for file in against or ()]
    here = workplace()
    try:
        with opened(here) as at, Progress(size(at.store), session.quiet) as progress:
            proof = prove(at.store, at.archive, known, progress.advance)
            now = heads.current(at.store)
    except StoreError as error:
        raise Unchecked(str(error), error.said("de")) from None
    if head is not None:
        with target(head) as stream:
            stream.write(heads.text(now))
    (_json if form == "json" else _text)(proof, now)
    leave(1 if proof.differences else 0)


@app.command(
    name="head",
    help=told(
        "Gibt den Kopf aller Ketten aus und schreibt ihn an die Orte aus [heads]. `run` tut das täglich.",
        "Prints the head of all chains and writes it to the places of [heads]. `run` does so daily.",
        "einvoice archive head",
    ),
)
def head_() -> None:
    """Exit 0 published, 2 a place that cannot be written."""
    from einvoice.pipeline.publishing import publish
    from einvoice.store import heads

    with place() as here:
        now = heads.current(here.store)
        places = publish(here)
    print(heads.text(now), end="")
    for one in places:
        note(say(f"Geschrieben: {one}", f"Written: {one}"))
    if not places:
        note(
            say(
                "Nirgends sonst aufbewahrt: [heads] in einvoice.toml nennt keinen Ort.",
                "Kept nowhere else: [heads] in einvoice.toml names no place.",
            )
        )
    leave(0)


@app.command(
    help=told(
        "Schreibt das Paket für die Prüfung (Z3): Originale, Daten als CSV mit Beschreibung, Ereignisse und ein "
        "Programm, das alles ohne einvoice nachrechnet.",
        "Writes the auditor's package (Z3): originals, data as CSV with description, events, and a program that "
        "checks all of it without einvoice.",
        "einvoice archive export pruefung/ --tenant musterlippe --from 2026-01-01 --to 2026-12-31",
        "einvoice archive export audit/ --tenant musterlippe --from 2026-01-01 --to 2026-12-31",
    )
)
def export(
    folder: Annotated[Path, typer.Argument(metavar=say("ORDNER", "FOLDER"))],
    tenant: Annotated[str, typer.Option(help=say("Kommune", "Tenant"))],
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help=say("Eingang ab", "Received from")),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help=say("Eingang bis", "Received to"))
    ] = None,
) -> None:
    """Exit 0 written, 1 refused, 2 cannot be written."""
    from einvoice.approval.sight import sight
    from einvoice.pipeline.evidence.package import export as write
    from einvoice.store import people

    with place() as here:
        with here.store.reading() as reading:
            town = people.tenant(reading, tenant)
        sight(here.store).demand(town.id)
        found = write(here, tenant, folder, first.date() if first else None, last.date() if last else None)
    _told(folder, found)
    leave(0)


@app.command(
    help=told(
        "Schreibt alles zu einer Rechnung: Original, Ansicht, Berichte, Ereignisse, Freigaben, Exportzeilen; ohne "
        "einvoice prüfbar.",
        "Writes all about one invoice: original, page, reports, events, approvals, export rows; can be checked "
        "without einvoice.",
        "einvoice archive bundle 7 beleg-7/",
        "einvoice archive bundle 7 invoice-7/",
    )
)
def bundle(
    number: Annotated[int, typer.Argument(metavar=say("NR", "NO"))],
    folder: Annotated[Path, typer.Argument(metavar=say("ORDNER", "FOLDER"))],
) -> None:
    """Exit 0 written, 1 refused, 2 cannot be written."""
    from einvoice.approval.sight import looked, sight
    from einvoice.pipeline.evidence.package import bundle as write
    from einvoice.store.tables import Invoice

    with place() as here:
        with here.store.reading() as reading:
            row = reading.get(Invoice, number)
        if row is not None and row.tenant_id is not None:
            eyes = sight(here.store)
            eyes.demand(row.tenant_id, number)
            looked(here.store, eyes, row)
        found = write(here, number, folder)
    _told(folder, found)
    leave(0)


def _told(folder: Path, found: Any) -> None:
    count = sum(name.startswith("invoice/") for name in found.rows)
    originals, events = len(found.objects), len(found.events)
    note(say(f"Prüfen: python3 {folder}/check.py", f"Check: python3 {folder}/check.py"))
    print(
        say(
            f"{folder}: {count} Rechnungen, {originals} Originale, {events} Ereignisse.",
            f"{folder}: {count} invoices, {originals} originals, {events} events.",
        )
    )


def _text(proof: Any, now: Mapping[str, Any]) -> None:
    from einvoice.store.differences import KINDS

    for one in proof.differences:
        kind = KINDS[one.kind][session.lang != "de"]
        print(f"{kind} {printable(one.where)}: {printable(one.said(session.lang))}")
    for one in proof.erasures:
        print(
            say(
                f"Nutzlast {one.where}: gelöscht unter Protokoll {one.protocol}.",
                f"payload {one.where}: erased under protocol {one.protocol}.",
            )
        )
    if proof.differences:
        count = len(proof.differences)
        print(say(f"{count} Abweichungen.", f"{count} differences."))
    else:
        looked = (proof.events, proof.rows, proof.objects)
        print(
            say(
                "Unverändert: {} Ereignisse, {} Zeilen und {} Objekte geprüft.",
                "Unchanged: {} events, {} rows and {} objects looked at.",
            ).format(*looked)
        )
    note(say(f"Kopf der Ketten: {now['root']}", f"Head of the chains: {now['root']}"))


def _json(proof: Any, now: Mapping[str, Any]) -> None:
    said = {
        "unchanged": not proof.differences,
        "events": proof.events,
        "rows": proof.rows,
        "objects": proof.objects,
        "differences": [
            {"code": one.code, "where": one.where, "message": one.said(session.lang)}
            for one in proof.differences
        ],
        "erasures": [{"where": one.where, "protocol": one.protocol} for one in proof.erasures],
        "head": now,
    }
    print(json.dumps(said, ensure_ascii=False, indent=2))


def _head(file: Path) -> Mapping[str, Any]:
    """A head that was kept. Raises UsageError unless the file is one, whole."""
    from einvoice.store.heads import genuine

    try:
        stated = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{file}: {say('nicht lesbar', 'cannot be read')} ({why})") from None
    if not genuine(stated):
        text = say("ist kein unversehrter Kopf (siehe --head).", "is no whole head (see --head).")
        raise UsageError(f"{file}: {text}")
    return dict(stated)


app.registered_commands += keeping.registered_commands
