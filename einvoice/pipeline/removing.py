"""Removes a town: rows first, each under the events that say so, then objects, files; digests and numbers stay.

What other towns need stays: a delivery that also holds theirs, and persons who have a role elsewhere. Backups, and
files that were delivered elsewhere, are outside of the workplace: the protocol names them.
"""

import contextlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.agreeing import demand, use_up
from einvoice.errors import EinvoiceError, Refused
from einvoice.intake.connecting import connected
from einvoice.pipeline.rules import refresh
from einvoice.pipeline.steps import sweep
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook import cache
from einvoice.store import people, seals, tables
from einvoice.store.archive import FolderArchive, tenant_area
from einvoice.store.store import Store
from einvoice.store.tables import (
    INSTALLATION,
    METADATA,
    Account,
    ArchiveObject,
    Delivery,
    Event,
    Export,
    Invoice,
    Payload,
    Person,
    Role,
    Source,
    Tenant,
    Waiting,
)
from einvoice.store.work import Work


@dataclass(slots=True)
class Removed:
    """What a removal did. left: what it could not reach or must not touch, a sentence each, (German, English)."""

    number: int
    invoices: int = 0
    rows: int = 0
    payloads: int = 0
    objects: int = 0
    files: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)


def remove(place: Opened, name: str, reason: str, actor: int) -> Removed:
    """Removes a town with all that belongs to it; the protocol. Killed in between, the same call goes on.

    Raises Refused where two persons administer the installation and did not agree, while an invoice is on legal hold,
    or a delivery of the town is not yet worked on.
    """
    with place.store.reading() as session:
        town = people.tenant(session, name)
        number = town.id or 0
        act = act_of(number)
        demand(session, None, act, {"reason": reason})
        _may_go(session, number)
        deliveries, shared = _deliveries(session, number)
        digests = {row.sha256 for row in deliveries}
        exports = [row.name for row in session.exec(select(Export).where(Export.tenant_id == number))]
    done = Removed(number)
    if shared:
        numbers = ", ".join(map(str, shared))
        done.left.append(
            (
                f"Lieferungen mit Rechnungen anderer Kommunen bleiben ganz: {numbers}",
                f"Deliveries that also hold other towns' invoices stay whole: {numbers}",
            )
        )
    _objects_gone(place, number, actor)
    sweep(place)
    _rows_gone(place, town, [row.id or 0 for row in deliveries], reason, actor, done)
    refresh(place)
    _files_gone(place, town.name, [row.id or 0 for row in deliveries], exports, done)
    _sources_released(place, digests, done)
    with place.store.writing(actor) as work:
        use_up(work, None, act)
    _compact(place.store)
    if place.workplace.backups.is_dir() and any(place.workplace.backups.iterdir()):
        done.left.append(
            (
                f"Sicherungen enthalten die Kommune, bis sie gelöscht werden: {place.workplace.backups}",
                f"Backups hold the town until they are removed: {place.workplace.backups}",
            )
        )
    return done


def act_of(number: int) -> str:
    """What two persons agree on before a town is removed; by its number, for its name shall be nowhere afterwards."""
    return f"tenant remove {number}"


def _may_go(session: Session, number: int) -> None:
    mine = select(Invoice.id).where(Invoice.tenant_id == number)
    on_hold = session.exec(mine.where(col(Invoice.legal_hold))).all()
    if on_hold:
        listed = ", ".join(map(str, on_hold))
        raise Refused(
            f"Invoices on legal hold: {listed}. Release them first (einvoice archive release).",
            f"Gesperrte Rechnungen: {listed}. Bitte erst freigeben (einvoice archive release).",
        )


def _deliveries(session: Session, number: int) -> tuple[list[Delivery], list[int]]:
    """The deliveries of this town alone, and the numbers of those that also hold others' invoices."""
    mine = select(Invoice.delivery_id).where(Invoice.tenant_id == number).distinct()
    found = session.exec(select(Delivery).where(col(Delivery.id).in_(mine))).all()
    other = select(Invoice.delivery_id).where(col(Invoice.tenant_id).is_distinct_from(number))
    shared = set(session.exec(other.where(col(Invoice.delivery_id).in_(mine))))
    return [row for row in found if row.id not in shared], sorted(shared)


def _objects_gone(place: Opened, number: int, actor: int) -> None:
    """The town's objects leave its area; they are unlinked once that is committed."""
    with place.store.writing(actor) as work:
        query = select(ArchiveObject).where(
            ArchiveObject.tenant_id == number, col(ArchiveObject.gone).is_(None)
        )
        rows = work.session.exec(query.with_for_update()).all()
        for row in rows:
            row.gone = work.time
            work.session.add(row)
            work.add(Waiting(area=row.area, sha256=row.sha256))
        if rows:
            work.event("objects-removed", rows[0])


def _rows_gone(
    place: Opened, town: Tenant, deliveries: list[int], reason: str, actor: int, done: Removed
) -> None:
    number, chain = town.id or 0, seals.tenant_chain(town.id or 0)
    with place.store.writing(actor) as work:
        work.session.exec(select(Tenant.id).where(Tenant.id == number).with_for_update()).one()
        done.invoices = _untied(work, number)
        gone = _erased_persons(work, number)
        for table in reversed(METADATA.sorted_tables):
            model = _MODELS.get(table.name)
            if model is None:
                continue
            for row in work.session.exec(select(model).where(model.tenant_id == number)).all():
                work.session.delete(row)
                done.rows += 1
                if model is ArchiveObject:
                    done.objects += 1
            work.session.flush()
        for person in gone:
            person.name = person.mail = person.salt = None
            work.session.add(person)
        _blank_deliveries(work, deliveries)
        row = work.session.get_one(Tenant, number)
        row.name, row.title, row.removed = f"removed-{number}", f"#{number}", work.time
        work.session.add(row)
        payloads = _payloads(work.session, chain, number, deliveries)
        done.payloads = len(payloads)
        said = {"invoices": done.invoices, "rows": done.rows, "objects": done.objects, "reason": reason}
        work.event("town-left", f"tenant/{number}", {"rows": done.rows}, chain=chain)
        work.event("tenant-removed", row, said)
        if payloads:
            work.erase(f"tenant/{number}", payloads, {"class": "tenant-removed"})


def _untied(work: Work, number: int) -> int:
    """Cuts what ties the town's rows to each other, and its sources to it; how many invoices it had."""
    invoices = work.session.exec(select(Invoice).where(Invoice.tenant_id == number)).all()
    for row in invoices:
        row.duplicate_of = row.replaces = row.office_id = None
        work.session.add(row)
    for source in work.session.exec(select(Source).where(Source.tenant_id == number)):
        source.tenant_id = None
        work.session.add(source)
        work.event("source-changed", source)
    work.session.flush()
    return len(invoices)


def _erased_persons(work: Work, number: int) -> list[Person]:
    """The persons whose only roles are in this town; their accounts go, their names are erased."""
    mine = set(work.session.exec(select(Role.person_id).where(Role.tenant_id == number)))
    others = set(
        work.session.exec(select(Role.person_id).where(col(Role.tenant_id).is_distinct_from(number)))
    )
    gone = sorted(mine - others - {people.SERVICE, work.actor})
    for account in work.session.exec(select(Account).where(col(Account.person_id).in_(gone))):
        work.session.delete(account)
    return [work.session.get_one(Person, one) for one in gone]


def _blank_deliveries(work: Work, numbers: list[int]) -> None:
    """That something came, when, and its digest stay; what it was called does not."""
    for row in work.session.exec(select(Delivery).where(col(Delivery.id).in_(numbers))):
        row.name, row.handle = "", f"removed/{row.id}"
        work.session.add(row)


def _payloads(session: Session, chain: str, number: int, deliveries: list[int]) -> list[Payload]:
    """The payloads of the town's chain, and those of the installation's that speak of it."""
    same = (col(Event.chain) == Payload.chain) & (col(Event.sequence) == Payload.sequence)
    query = select(Payload, Event.subject).join(Event, same).where(col(Payload.erased_by).is_(None))
    ours = [row for row, _ in session.exec(query.where(Event.chain == chain))]
    subjects = {f"tenant/{number}", *(f"delivery/{one}" for one in deliveries)}
    general = session.exec(query.where(Event.chain == INSTALLATION, Event.kind != "erased"))
    return ours + [row for row, subject in general if subject in subjects]


def _files_gone(place: Opened, name: str, deliveries: list[int], exports: list[str], done: Removed) -> None:
    """Pages of the town's deliveries, its exports, rule texts and the empty folder of its area."""
    found: list[Path] = []
    for number in deliveries:
        found += place.workplace.reports.glob(f"{number:06d}-*")
    if place.workplace.exports.is_dir():
        found += [path for one in set(exports) for path in place.workplace.exports.rglob(one)]
    for path in found:
        path.unlink(missing_ok=True)
        done.files += 1
    kept = refresh(place)
    folders = {Path(one.folder).parent.name for one in kept.sets} | {"index.json"}
    if place.workplace.rules.is_dir():
        for path in place.workplace.rules.iterdir():
            if path.name not in folders and path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
    cache.clear()  # house and routing rules may speak of the town
    with contextlib.suppress(OSError):
        if isinstance(place.archive, FolderArchive):
            shutil.rmtree(place.archive.root / tenant_area(name))
    exported = place.workplace.exports / name
    if exported.is_dir():
        shutil.rmtree(exported, ignore_errors=True)


def _sources_released(place: Opened, digests: set[str], done: Removed) -> None:
    """What sources still keep of the town's deliveries goes there too."""
    for settings in place.workplace.sources:
        try:
            with connected(settings, commands=place.workplace.given) as source:
                for one in list(source.kept()):
                    if seals.sha256(source.read_kept(one)) in digests:
                        source.release(one)
                        done.files += 1
        except EinvoiceError as error:
            done.left.append(
                (
                    f"Quelle {settings.name}: {error.said('de')}",
                    f"Source {settings.name}: {error}",
                )
            )


def _compact(store: Store) -> None:
    """SQLite keeps deleted bytes in its file until it is written anew."""
    if store.postgres:
        return
    with store.engine.connect() as connection:
        connection.rollback()
        raw: Any = connection.connection.driver_connection
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


_MODELS: dict[str, Any] = {
    seals.table_of(model).name: model
    for name in tables.__all__
    if isinstance(model := getattr(tables, name), type)
    and issubclass(model, tables.Row)
    and hasattr(model, "__mapper__")
    and "tenant_id" in model.__mapper__.columns
    and model is not Source
}
"""Every table with rows of towns, by name."""
