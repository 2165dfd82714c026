"""A draft of the Verfahrensdokumentation (GoBD), written from the configuration as it is: German, Markdown."""

from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

from sqlmodel import Session, select

from einvoice import rulebook
from einvoice.formats.writing import write
from einvoice.intake.settings import SourceSettings
from einvoice.model.bases import base
from einvoice.pipeline.expiring import rules_of
from einvoice.pipeline.workplace import Opened
from einvoice.store import heads, people
from einvoice.store.backups import newest_verified_backup
from einvoice.store.retention import Rules
from einvoice.store.seals import sha256
from einvoice.store.tables import LeitwegPattern, Person, Role, Tenant
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options

_TEMPLATE = Path(__file__).with_name("procedure.md")


def procedure(place: Opened) -> str:
    """The draft. Names of persons stand in it, secrets never."""
    settings = place.workplace
    release = rulebook.release(settings.release)
    with place.store.reading() as session:
        head = heads.of(session)
        said = {
            "tenants": _tenants(session),
            "roles": _roles(session),
            "retention": "\n".join(
                f"* {town.title}: {_kept(rules_of(session, town.id))}" for town in people.tenants(session)
            ),
        }
    bucket = settings.bucket
    kept = [*map(str, settings.head_folders), *settings.head_mails]
    return _TEMPLATE.read_text("utf-8").format(
        **said,
        time=head["time"][:16],
        version=version("einvoice-pipeline"),
        installation=head["installation"],
        root=head["root"],
        sources="\n".join(map(_source, settings.sources)) or "* keine",
        release=release.name,
        rules="\n".join(_rules(settings.release)),
        archive=f"Objektspeicher {bucket.bucket}" if bucket else f"Ordner {settings.archive}",
        store=place.store.name,
        heads=", ".join(kept) or "**nirgends: [heads] in einvoice.toml setzen**",
        backups=settings.backups,
        backup=(newest_verified_backup(place.store) or "**keine**")[:16],
        configuration=sha256(settings.file.read_bytes()),
    )


def _tenants(session: Session) -> str:
    claims: dict[int, list[str]] = defaultdict(list)
    for row in session.exec(select(LeitwegPattern)):
        claims[row.tenant_id].append(row.pattern)
    rows = [
        f"| {one.title} | {one.name} | {', '.join(claims[one.id or 0])} |" for one in people.tenants(session)
    ]
    return "\n".join(["| Kommune | Kürzel | Leitweg-IDs |", "|---|---|---|", *rows])


def _roles(session: Session) -> str:
    query = select(Role, Person, Tenant).join(Person).join(Tenant, isouter=True)
    lines = sorted(
        f"| {town.title if town else 'Installation'} | {role.role} | {person.id} | {person.name or 'gelöscht'} | "
        f"{role.limit or ''} |"
        for role, person, town in session.exec(query)
    )
    return "\n".join(["| Kommune | Rolle | Nr. | Person | bis Betrag |", "|---|---|---|---|---|", *lines])


def _source(source: SourceSettings) -> str:
    owner = f", Kommune {source.tenant}" if source.tenant else ""
    return f"* {source.name}: {source.kind}{owner}, gibt Übergebenes nach {source.release_after} Tagen frei"


def _rules(release: str | None) -> list[str]:
    """What runs on a sample of each syntax, each with its version and digest."""
    ran = {
        f"* {one.name} {one.version}: `{one.digest}`"
        for syntax in ("ubl-invoice", "ubl-creditnote", "cii")
        for one in validate_bytes(write(base(syntax=syntax), syntax).data, syntax, Options(release=release))[
            0
        ].rules
    }
    return sorted(ran)


def _kept(rules: Rules) -> str:
    law = f"Rechnungen {rules.invoice_years} Jahre ab Ende des Ausstellungsjahres"
    if rules.municipal:
        law += (
            f", mindestens {rules.municipal_years} Jahre ab 1. Januar nach Feststellung des Jahresabschlusses"
        )
    run = "der Nachtlauf löscht selbst" if rules.run else "gelöscht wird nur auf Anweisung"
    return (
        f"{law}; Abgelehnte {rules.rejected_days} Tage; ohne Rechnung {rules.no_invoice_days} Tage; Nutzlasten "
        f"{rules.payload_years} Jahre; ausgeschiedene Personen {rules.person_years} Jahre; {run}"
    )
