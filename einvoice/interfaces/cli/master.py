"""`einvoice master`: master data of a town, brought from CSV files: accounts, cost centres, suppliers, orders, …"""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import UsageError
from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import place
from einvoice.interfaces.cli.inbox import As, Town
from einvoice.interfaces.cli.posting_showing import Form
from einvoice.interfaces.cli.session import leave, note, say, session
from einvoice.render import words
from einvoice.render.posted import amount
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from einvoice.approval.master import Brought

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help=told(
        "Stammdaten einer Kommune: Sachkonten, Produkte, Kostenstellen, Lieferanten, Aufträge.",
        "Master data of a town: accounts, products, cost centres, suppliers, orders.",
        "einvoice master import konten sachkonten.csv --tenant musterlippe",
        "einvoice master import accounts accounts.csv --tenant musterlippe",
    ),
)

Kind = Annotated[
    str,
    typer.Argument(
        metavar=say("ART", "KIND"),
        help=say(
            "konten, produkte, kostenstellen, kostenträger, investitionen, aufträge, lieferanten",
            "accounts, products, cost-centres, cost-objects, investments, orders, suppliers",
        ),
    ),
]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help=say("Nur zeigen, was sich ändern würde", "Only show changes"))
]
Retire = Annotated[
    bool, typer.Option("--retire", help=say("Was fehlt, wird ungültig", "What is missing is retired"))
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar=say("SPALTE=FELD", "HEADING=FIELD"),
        help=say("Spalte eines Feldes", "Column of a field"),
    ),
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%d.%m.%Y"],
        metavar=say("TAG", "DAY"),
        help=say("Stand der offenen Beträge", "Day of the open amounts"),
    ),
]

CHANGES = {
    "new": ("neu", "new"),
    "changed": ("geändert", "changed"),
    "revived": ("wieder gültig", "valid again"),
    "retired": ("ungültig", "retired"),
}


@app.command(
    "import",
    help=told(
        "Spielt Stammdaten aus einer CSV-Datei ein: alles oder nichts; dieselbe Datei noch einmal ändert nichts. "
        "Kodierung, Trennzeichen und Spalten werden erkannt. IBANs gelten nie als bestätigt.",
        "Brings master data from a CSV file: all or nothing; the same file again changes nothing. Encoding, "
        "separator and columns are found out. IBANs in it never count as confirmed.",
        "einvoice master import aufträge mittelbindungen.csv --tenant musterlippe --as-of 2026-11-24 --dry-run",
        "einvoice master import orders commitments.csv --tenant musterlippe --as-of 2026-11-24 --dry-run",
    ),
)
def import_(
    kind: Kind,
    file: Annotated[Path, typer.Argument(metavar=say("DATEI", "FILE"))],
    tenant: Town,
    dry_run: DryRun = False,
    retire: Retire = False,
    map_: Map = None,
    as_of: AsOf = None,
    as_: As = None,
) -> None:
    """Exit 0 brought, 1 a row is wrong (nothing was brought) or refused, 2 no such table."""
    from einvoice.approval.master import bring
    from einvoice.approval.master_files import read, shape_of
    from einvoice.interfaces.cli.proposing import acting

    shape = shape_of(kind)
    table = read(file, shape, dict(_pair(one) for one in map_ or ()))
    for line, de, en in sorted(table.wrong)[:200]:
        note(printable(f"{file}:{line}: {say(de, en)}"))
    if table.wrong:
        count = len({line for line, _, _ in table.wrong})
        note(
            say(
                f"{count} Zeilen sind falsch: nichts eingespielt.",
                f"{count} rows are wrong: nothing was brought.",
            )
        )
        leave(1)
    with place() as here:
        done = bring(
            here.store,
            acting(here, as_),
            tenant,
            shape,
            table.entries,
            retire=retire,
            dry=dry_run,
            as_of=as_of.date() if as_of else None,
        )
    _tell(done, dry_run)
    separator = {"\t": "Tab"}.get(table.separator, table.separator)
    note(f"{file}: {table.encoding}, {separator}, {len(table.entries)} {say('Zeilen', 'rows')}")
    leave(0)


def _pair(text: str) -> tuple[str, str]:
    heading, equals, target = text.rpartition("=")
    if not equals:
        raise UsageError(f"--map {text}: HEADING=FIELD", f"--map {text}: SPALTE=FELD")
    return heading.strip(), target.strip()


def _tell(done: "Brought", dry: bool) -> None:
    lang = session.lang != "de"
    tables.show(
        say("Was|Nummer|Bisher|Neu", "What|Code|So far|New").split("|"),
        [(CHANGES[one.what][lang], one.code, one.before, one.after) for one in done.changes],
    )
    count, same = len(done.changes), done.unchanged
    note(
        say(f"{count} würden geändert, {same} bleiben.", f"{count} would change, {same} stay.")
        if dry
        else say(f"{count} geändert, {same} unverändert.", f"{count} changed, {same} unchanged.")
    )


@app.command(
    "list",
    help=told(
        "Listet Stammdaten einer Art.",
        "Lists master data of a kind.",
        "einvoice master list aufträge --tenant musterlippe",
        "einvoice master list orders --tenant musterlippe",
    ),
)
def list_(kind: Kind, tenant: Town, form: Form = "text", as_: As = None) -> None:
    """Exit 0."""
    from sqlmodel import col, select

    from einvoice.approval.master_files import shape_of
    from einvoice.approval.sight import sight
    from einvoice.store import people
    from einvoice.store.tables import Creditor, Master

    shape, lang = shape_of(kind), session.lang
    with place() as here, here.store.reading() as reading:
        owner = people.tenant(reading, tenant)
        sight(here.store, as_).demand(owner.id)
        if shape.name == "supplier":
            heads = say("Nummer|Name|USt-IdNr.|Mail|Bis", "Number|Name|VAT id|Mail|Until")
            creditors = select(Creditor).where(Creditor.tenant_id == owner.id).order_by(col(Creditor.number))
            said = [one.model_dump(exclude={"id", "tenant_id"}) for one in reading.exec(creditors)]
            rows = [[one["number"], one["name"], one["vat_id"], one["mail"], one["until"]] for one in said]
        else:
            heads = say("Nummer|Text|Offen|Stand|Bis", "Code|Text|Open|As of|Until")
            query = select(Master).where(Master.tenant_id == owner.id, Master.kind == shape.name)
            found = reading.exec(query.order_by(col(Master.code))).all()
            said = [one.model_dump(exclude={"id", "tenant_id"}) for one in found]
            rows = [
                [
                    one.code,
                    one.text,
                    amount(one.open_amount, lang),
                    words.day((one.content or {}).get("as_of", ""), lang),
                    words.day(one.until or "", lang),
                ]
                for one in found
            ]
    if form == "json":
        print(json.dumps(said, ensure_ascii=False, indent=2, default=str))
    else:
        tables.show(heads.split("|"), rows)
    leave(0)
