"""Payment batches (Zahlungsstapel): built from authorised invoices, closed under a number without gaps, frozen.

A row keeps what was authorised: whatever becomes of the invoice later, exports of the batch stay the same.
"""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from einvoice.approval.frozen import frozen
from einvoice.approval.persons import Actor, roles
from einvoice.errors import Refused
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Batch, BatchRow, Invoice, Tenant, canonical
from einvoice.store.times import moment
from einvoice.store.work import Work

_BERLIN = ZoneInfo("Europe/Berlin")


TAKEN_OUT = "out"
"""What `result.state` of a row says that was taken out of an open batch."""


def build(
    store: Store, who: Actor, tenant: str, invoice_ids: list[int] | None = None, title: str = ""
) -> int:
    """A new open batch of a tenant's authorised invoices (all, or those given); its id.

    Raises Refused if there is nothing to put in, or one of them is not authorised.
    """
    with store.writing(who.person_id) as work:
        owner = people.tenant(work.session, tenant)
        _needs_cash(work, who, owner)
        chosen = _authorised(work.session, owner, invoice_ids)
        batch = Batch(
            tenant_id=owner.id or 0, title=title, created=work.time, created_by=who.person_id, demo=who.demo
        )
        work.add(batch)
        work.session.flush()
        for position, invoice in enumerate(chosen, 1):
            work.add(_row(work.session, owner, batch, invoice, position))
            invoice.state, invoice.since = "batched", work.time
            work.session.add(invoice)
        batch.rows = len(chosen)
        work.event("batch-built", batch, {"invoices": [invoice.id for invoice in chosen]})
    return batch.id or 0


def close(store: Store, who: Actor, batch_id: int) -> str:
    """Freezes a batch under the tenant's next number of the year, and reconciles it; `2026-0001`."""
    with store.writing(who.person_id) as work:
        batch = _batch(work.session, batch_id)
        if batch.state != "open":
            raise Refused(
                f"Batch {batch_id} is {batch.state}, only an open one can be closed.",
                f"Stapel {batch_id} ist im Zustand „{batch.state}“; nur ein offener kann geschlossen werden.",
            )
        owner = work.session.exec(select(Tenant).where(Tenant.id == batch.tenant_id)).one()
        _needs_cash(work, who, owner)
        rows = rows_of(work.session, batch_id)
        batch.year = moment(work.time).astimezone(_BERLIN).year
        batch.number = 1 + _last_number(work.session, batch)
        total = sum((row.amount or Decimal() for row in rows), Decimal("0.00"))
        batch.total, batch.sums = total, reconciled(rows, total)
        batch.digest = digest(rows)
        batch.state, batch.closed, batch.closed_by = "closed", work.time, who.person_id
        work.session.add(batch)
        work.event(
            "batch-closed", batch, {"number": name(batch), "rows": len(rows), "total": str(batch.total)}
        )
    return name(batch)


def name(batch: Batch) -> str:
    """What a closed batch is called: year and number, `2026-0001`; an open one has its id only."""
    return f"{batch.year}-{batch.number:04d}" if batch.year and batch.number else f"#{batch.id}"


def rows_of(session: Session, batch_id: int) -> list[BatchRow]:
    """The rows of a batch in their order, without those taken out while it was open."""
    query = select(BatchRow).where(BatchRow.batch_id == batch_id).order_by(col(BatchRow.position))
    return [row for row in session.exec(query) if (row.result or {}).get("state") != TAKEN_OUT]


def digest(rows: list[BatchRow]) -> str:
    """SHA-256 over what the rows say."""
    said = [[row.position, str(row.amount), row.content] for row in rows]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def reconciled(rows: list[BatchRow], total: Decimal) -> dict[str, Any]:
    """Sums by VAT group and creditor. Raises Refused if postings and approved amounts do not agree."""
    groups: dict[str, Decimal] = {}
    creditors: dict[str, Decimal] = {}
    for row in rows:
        content: dict[str, Any] = row.content or {}
        sign = -1 if content["credit"] else 1
        booked = sum((Decimal(p["amount"]) for p in content["postings"]), Decimal())
        if sign * booked != row.amount:
            raise Refused(
                f"Invoice {row.invoice_id}: postings make {sign * booked}, approved are {row.amount}.",
                f"Rechnung {row.invoice_id}: Die Kontierung ergibt {sign * booked}, genehmigt sind {row.amount}.",
            )
        for posting in content["postings"]:
            group = f"{posting['vat_category']} {posting['vat_rate']}"
            groups[group] = groups.get(group, Decimal()) + sign * Decimal(posting["amount"])
        seller = content["seller"] or ""
        creditors[seller] = creditors.get(seller, Decimal()) + (row.amount or Decimal())
    assert sum(groups.values(), Decimal()) == total
    return {"vat": _plain(groups), "creditors": _plain(creditors)}


def _plain(sums: dict[str, Decimal]) -> dict[str, str]:
    return {key: str(amount) for key, amount in sorted(sums.items())}


def _batch(session: Session, batch_id: int) -> Batch:
    found = session.exec(select(Batch).where(Batch.id == batch_id).with_for_update()).one_or_none()
    if found is None:
        raise Refused(f"There is no batch {batch_id}.", f"Es gibt keinen Stapel {batch_id}.")
    return found


def _needs_cash(work: Work, who: Actor, owner: Tenant) -> None:
    day: date = moment(work.time).astimezone(_BERLIN).date()
    if "cash" not in roles(work.session, who.person_id, owner.id or 0, day):
        raise Refused(
            f"{who.name} has not the role cash in {owner.title}.",
            f"{who.name} hat in {owner.title} die Rolle „cash“ (Kasse) nicht.",
        )


def _authorised(session: Session, owner: Tenant, invoice_ids: list[int] | None) -> list[Invoice]:
    query = select(Invoice).where(Invoice.tenant_id == owner.id, Invoice.state == "authorised")
    if invoice_ids is not None:
        query = query.where(col(Invoice.id).in_(invoice_ids))
    found = list(session.exec(query.order_by(col(Invoice.id)).with_for_update()).all())
    missing = sorted(set(invoice_ids or ()) - {invoice.id or 0 for invoice in found})
    if missing or not found:
        which = ", ".join(map(str, missing))
        raise Refused(
            f"Not authorised in {owner.title}: {which}."
            if missing
            else f"{owner.title}: nothing is authorised.",
            f"Nicht angeordnet in {owner.title}: {which}."
            if missing
            else f"{owner.title}: Nichts ist angeordnet.",
        )
    return found


def _row(session: Session, owner: Tenant, batch: Batch, invoice: Invoice, position: int) -> BatchRow:
    amount = invoice.approved or Decimal("0.00")
    content = frozen(session, owner, invoice)
    return BatchRow(
        tenant_id=batch.tenant_id,
        batch_id=batch.id or 0,
        position=position,
        invoice_id=invoice.id or 0,
        amount=-amount if content["credit"] else amount,
        content=content,
    )


def _last_number(session: Session, batch: Batch) -> int:
    last = session.exec(
        select(func.max(Batch.number)).where(Batch.tenant_id == batch.tenant_id, Batch.year == batch.year)
    ).one()
    return last or 0
