"""A closed batch with all that an export may say: rows as frozen, the town's settings, names, and the originals."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.batches import digest, name, rows_of
from einvoice.errors import Refused
from einvoice.store.archive import Archive, tenant_area
from einvoice.store.store import Store
from einvoice.store.tables import Batch, BatchRow, Person, Policy, Tenant
from einvoice.store.times import in_berlin, utc_now

EXPORTABLE = ("closed", "exported", "acknowledged")

Settings = Mapping[str, Any]
"""The value of a policy."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What an export is made of. policies: those of the town by name; persons: names by id; day: of making, in
    Europe/Berlin. `archive` gives the bytes of originals (see `original`).
    """

    tenant: Tenant
    batch: Batch
    rows: Sequence[BatchRow]
    policies: Mapping[str, Settings]
    day: date
    persons: Mapping[int, str] = field(default_factory=dict)
    archive: Archive | None = None
    store: Store | None = None

    @property
    def stem(self) -> str:
        """How its files begin: `DEMO_` where it is one, town, year and number."""
        return f"{'DEMO_' if self.batch.demo else ''}{self.tenant.name}_{name(self.batch)}"

    @property
    def shut(self) -> datetime:
        """When it was closed, in Europe/Berlin."""
        return in_berlin(self.batch.closed or self.batch.created)

    def policy(self, name: str) -> Settings:
        """A policy of the town; empty if there is none."""
        return self.policies.get(name, {})

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A look at what else the town has in the store."""
        assert self.store is not None
        with self.store.reading() as session:
            yield session

    def original(self, row: BatchRow) -> bytes:
        """The delivery an invoice came in, or what the town has of it, byte for byte. Raises Damaged."""
        assert self.archive is not None
        area, said = tenant_area(self.tenant.name), row.content or {}
        whole = said.get("delivery_sha256")
        there = whole if whole and self.archive.has(area, whole) else said["sha256"]
        return self.archive.read(area, there)


def closed_batch(store: Store, archive: Archive, batch_id: int) -> Closed:
    """A batch that can be exported. Raises Refused if it is not closed, was changed or is erased."""
    with store.reading() as session:
        batch = session.get(Batch, batch_id)
        if batch is None or batch.state not in EXPORTABLE:
            raise Refused(
                f"Batch {batch_id} is not closed: close it first.",
                f"Stapel {batch_id} ist nicht geschlossen: bitte zuerst schließen.",
            )
        return replace(_closed(session, batch, archive), store=store)


def _closed(session: Session, batch: Batch, archive: Archive) -> Closed:
    rows = rows_of(session, batch.id or 0)
    if any(row.content is None for row in rows):
        raise Refused(
            f"Batch {batch.id}: its content was erased when its time was over.",
            f"Stapel {batch.id}: Sein Inhalt ist nach Ablauf der Aufbewahrung gelöscht.",
        )
    if digest(rows) != batch.digest:
        raise Refused(
            f"Batch {batch.id} differs from what was closed.", f"Stapel {batch.id} wurde verändert."
        )
    tenant = session.exec(select(Tenant).where(Tenant.id == batch.tenant_id)).one()
    named = session.exec(select(Person).where(col(Person.id).in_(_persons(batch, rows))))
    return Closed(
        tenant=tenant,
        batch=batch,
        rows=rows,
        policies=_policies(session, batch.tenant_id),
        day=in_berlin(utc_now()).date(),
        persons={one.id or 0: one.name or f"#{one.id}" for one in named},
        archive=archive,
    )


def _policies(session: Session, tenant: int) -> dict[str, Settings]:
    """The policies of a town that are in force, by name."""
    query = select(Policy).where(Policy.tenant_id == tenant, col(Policy.until).is_(None))
    return {row.name: row.value or {} for row in session.exec(query.order_by(col(Policy.since)))}


def _persons(batch: Batch, rows: Sequence[BatchRow]) -> set[int]:
    acts = (act for row in rows for act in (row.content or {}).get("acts", ()))
    found = {person for act in acts for person in (act["person"], act["for"]) if person}
    confirmed = ((row.content or {}).get("creditor", {}).get("confirmed") or {} for row in rows)
    found |= {int(one[key]) for one in confirmed for key in ("by", "proposed_by") if one.get(key)}
    return found | {batch.created_by, batch.closed_by or batch.created_by}
