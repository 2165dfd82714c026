"""What belongs into a package: the rows about some invoices of a tenant, the events that prove them, the objects."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Table
from sqlmodel import Session, col, or_, select

from einvoice.store import heads, seals
from einvoice.store.archive import ARRIVALS, tenant_area
from einvoice.store.tables import (
    Act,
    Address,
    ArchiveObject,
    Attachment,
    Batch,
    BatchRow,
    Creditor,
    CreditorAccount,
    Deduction,
    Delivery,
    Deputy,
    Event,
    Export,
    ExportTarget,
    Identity,
    Invoice,
    LeitwegPattern,
    Master,
    Office,
    Outbox,
    Payload,
    Person,
    Policy,
    Posting,
    Proposal,
    Report,
    Role,
    Tenant,
)

_OF_TOWN: tuple[type[Any], ...] = (
    Address, Creditor, CreditorAccount, Deputy, ExportTarget, Identity, LeitwegPattern, Master, Office, Outbox,
    Policy, Proposal, Role,
)  # fmt: skip

_OF_INVOICE: tuple[type[Any], ...] = (Report, Attachment, Act, Posting, Deduction, BatchRow)


@dataclass(slots=True)
class Selection:
    """rows: `table/key` → values as stored. events: the tenant's chain from the first event that matters to its end;
    excerpts: single events of the installation's chain. objects: SHA-256 → area. head: at that moment.
    """

    tenant: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    excerpts: list[dict[str, Any]] = field(default_factory=list)
    payloads: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    head: dict[str, Any] = field(default_factory=dict)


def of_period(session: Session, tenant: Tenant, first: date | None, last: date | None) -> Selection:
    """All invoices of a tenant that came in a period (days inclusive, UTC), with its whole chain."""
    query = select(Invoice.id).where(Invoice.tenant_id == tenant.id)
    if first is not None:
        query = query.where(Invoice.received >= first.isoformat())
    if last is not None:
        query = query.where(Invoice.received < f"{last.isoformat()}T24")
    found = [number for number in session.exec(query) if number is not None]
    return _selected(session, tenant, found, whole=True)


def of_town(session: Session, tenant: Tenant) -> Selection:
    """All there is of a town: its invoices with all about them, and how it is addressed, its policies and people."""
    found = of_period(session, tenant, None, None)
    for model in _OF_TOWN:
        _take(session, found, model, col(model.tenant_id) == tenant.id)
    people = {row["person_id"] for name, row in found.rows.items() if name.startswith("role/")}
    _take(session, found, Person, col(Person.id).in_(people | _actors(found)))
    _excerpts(session, found)
    return found


def of_invoice(session: Session, tenant: Tenant, invoice_id: int) -> Selection:
    """One invoice, with the chain from its first event on."""
    return _selected(session, tenant, [invoice_id], whole=False)


def _selected(session: Session, tenant: Tenant, numbers: Sequence[int], *, whole: bool) -> Selection:
    found = Selection(tenant.name, head=heads.of(session))
    for part in _chunks(numbers):
        invoices = _take(session, found, Invoice, col(Invoice.id).in_(part))
        for table in _OF_INVOICE:
            _take(session, found, table, table.invoice_id.in_(part))
        deliveries = {row["delivery_id"] for row in invoices}
        _take(session, found, Delivery, col(Delivery.id).in_(deliveries))
    batches = {row["batch_id"] for name, row in found.rows.items() if name.startswith("batch_row/")}
    _take(session, found, Batch, col(Batch.id).in_(batches))
    _take(session, found, Export, col(Export.batch_id).in_(batches))
    _take(session, found, Tenant, col(Tenant.id) == tenant.id)
    _objects(session, found, tenant)
    _chain(session, found, seals.tenant_chain(tenant.id or 0), whole=whole)
    _take(session, found, Person, col(Person.id).in_(_actors(found)))
    _excerpts(session, found)
    return found


def _take(session: Session, found: Selection, model: type[Any], where: Any) -> list[dict[str, Any]]:
    table = seals.table_of(model)
    rows = list(seals.as_stored(session, table, *table.primary_key, where=where))
    found.rows |= {name_of(table, row): row for row in rows}
    return rows


def name_of(table: Table, row: dict[str, Any]) -> str:
    """How events name a row as stored."""
    return "/".join([table.name, *(str(row[key.key]) for key in table.primary_key)])


def _objects(session: Session, found: Selection, tenant: Tenant) -> None:
    """The originals: whole deliveries where the tenant has them alone, else the invoice's own part; and exports."""
    wanted = {
        row["sha256"]: row.get("file") or row.get("name") or ""
        for name, row in found.rows.items()
        if name.partition("/")[0] in ("invoice", "delivery", "export") and row["sha256"]
    }
    for part in _chunks(sorted(wanted)):
        here = select(ArchiveObject).where(
            col(ArchiveObject.sha256).in_(part), col(ArchiveObject.gone).is_(None),
            or_(ArchiveObject.area == tenant_area(tenant.name), ArchiveObject.area == ARRIVALS),
        )  # fmt: skip
        for row in session.exec(here):
            shared = row.area == ARRIVALS
            if not shared:  # a delivery of several towns is no single town's to give out
                found.objects[row.sha256] = row.area
                found.names[row.sha256] = wanted[row.sha256]


def _chain(session: Session, found: Selection, chain: str, *, whole: bool) -> None:
    table = seals.table_of(Event)
    first = 1 if whole else min(_written(session, found, chain), default=1)
    where = (table.c.chain == chain) & (table.c.sequence >= first)
    found.events = [_event(row) for row in seals.as_stored(session, table, table.c.sequence, where=where)]
    wanted = {event["sequence"] for event in found.events if _concerns(event["subject"], found, whole=whole)}
    payload = seals.table_of(Payload)
    for row in seals.as_stored(session, payload, where=payload.c.chain == chain):
        if row["sequence"] in wanted:
            content = json.loads(row["content"]) if row["content"] is not None else None
            found.payloads[f"{chain}/{row['sequence']}"] = {
                "salt": row["salt"], "content": content, "erased_by": row["erased_by"],
            }  # fmt: skip


def _concerns(subject: str, found: Selection, *, whole: bool) -> bool:
    """Whether the payload of an event belongs here: never that of another invoice."""
    return subject in found.rows or (whole and not subject.startswith("invoice/"))


def _written(session: Session, found: Selection, chain: str) -> Iterable[int]:
    """The first event of a chain that names one of the rows."""
    names = {name for name in found.rows if name.partition("/")[0] not in ("delivery", "person", "tenant")}
    query = select(Event.sequence, Event.rows).where(Event.chain == chain)
    for sequence, rows in session.exec(query.order_by(col(Event.sequence))):
        if rows and names & set(rows):
            return [sequence]
    return []


def _excerpts(session: Session, found: Selection) -> None:
    """The last event of the installation's chain that wrote each row that no tenant's chain proves."""
    table = seals.table_of(Event)
    proved = {name for event in found.events for name, digest in (event["rows"] or {}).items() if digest}
    missing = set(found.rows) - proved
    last: dict[str, dict[str, Any]] = {}
    for row in seals.as_stored(session, table, table.c.sequence, where=table.c.chain == "installation"):
        if row["rows"] is not None:
            last |= {
                name: row for name, digest in json.loads(row["rows"]).items() if digest and name in missing
            }
    ordered = {row["sequence"]: row for row in last.values()}
    found.excerpts = [_event(ordered[sequence]) for sequence in sorted(ordered)]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    rows = json.loads(row["rows"]) if row["rows"] is not None else None
    return {key: value for key, value in row.items() if key != "id"} | {"rows": rows}


def _actors(found: Selection) -> set[int]:
    actors = {event["actor_id"] for event in found.events}
    return actors | {row["person_id"] for name, row in found.rows.items() if name.startswith("act/")}


def _chunks(items: Sequence[Any], size: int = 500) -> Iterable[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
