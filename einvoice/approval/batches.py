"""Payment batches (Zahlungsstapel): built from authorised invoices, closed under a number without gaps, frozen.

A row keeps what was authorised: whatever becomes of the invoice later, exports of the batch stay the same.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, func, select

from einvoice.approval.cashier import demand_others, needs_cash, said_of
from einvoice.approval.choosing import Choice, chosen, not_netted
from einvoice.approval.frozen import frozen
from einvoice.approval.obstacles import demand_none, obstacles
from einvoice.approval.persons import Actor
from einvoice.approval.reconciling import reconciled
from einvoice.approval.refusals import logged
from einvoice.approval.rights import Capacity
from einvoice.errors import Refused, Stale
from einvoice.model.accounts import grouped
from einvoice.render.states import BATCHES
from einvoice.store import people
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Batch, BatchRow, Invoice, Tenant, canonical
from einvoice.store.times import in_berlin
from einvoice.store.work import Work

PAYMENT = "payment"
"""The policy of a tenant that pays by itself (SEPA): account, execution date, limits."""

TAKEN_OUT = "out"
"""What `result.state` of a row says that was taken out of an open batch."""


@repeated
def build(
    store: Store,
    who: Actor,
    tenant: str,
    invoice_ids: Sequence[int] | None = None,
    title: str = "",
    choice: Choice | None = None,
) -> int:
    """A new open batch of a tenant's authorised invoices (all, those given, or those that fit); its id.

    Of a tenant that pays by itself, credit notes that cannot be set off yet stay authorised, with that reason; so
    does what may not be paid yet, because an account was withdrawn.
    Raises Refused if there is nothing to put in, or one of those given is not authorised.
    """
    with logged(store, who, "build"), store.writing(who.person_id) as work:
        owner = people.tenant(work.session, tenant)
        acting = needs_cash(work.session, who.person_id, who.name, owner, _today(work))
        found = _unblocked(
            work, chosen(work.session, owner, choice or Choice(numbers=invoice_ids)), invoice_ids
        )
        waiting = not_netted(found) if people.policy(work.session, owner.id or 0, PAYMENT) else []
        rows = [one for one in found if one not in waiting]
        batch = Batch(
            tenant_id=owner.id or 0, title=title, created=work.time, created_by=who.person_id, demo=who.demo
        )
        work.add(batch)
        work.session.flush()
        demand_others(work.session, acting, rows)
        _put_in(work, owner, batch, rows)
        _carry(work, waiting)
        if not rows:
            raise Refused(
                "Only credit notes that cannot be set off: nothing can be paid.",
                "Nur Gutschriften, die sich nicht verrechnen lassen: nichts ist zu zahlen.",
            )
        said = {"invoices": [one.id for one in rows], "waiting": [one.id for one in waiting]}
        work.event("batch-built", batch, said | said_of(acting))
    return batch.id or 0


def _unblocked(work: Work, found: Sequence[Invoice], named: Sequence[int] | None) -> list[Invoice]:
    """Those whose payment nothing stands in the way of; the others stay where they are, with the reason.

    Raises Refused for one that was asked for by number, or if none is left.
    """
    blocked = {one.id: obstacles(work.session, one, "pay") for one in found}
    free = [one for one in found if not blocked[one.id]]
    for one in found:
        if blocked[one.id]:
            if named is not None or not free:
                demand_none(work.session, one, "pay")
            one.reason = {"code": blocked[one.id][0].code, "iban": grouped(one.iban or "")}
            work.session.add(one)
    return free


def _put_in(work: Work, owner: Tenant, batch: Batch, rows: Sequence[Invoice]) -> None:
    for position, invoice in enumerate(rows, 1):
        invoice.reason = None
        work.add(_row(work.session, owner, batch, invoice, position))
        invoice.state, invoice.since = "batched", work.time
        work.session.add(invoice)
    batch.rows = len(rows)
    batch.currency = (rows[0].currency if rows else None) or "EUR"


def _carry(work: Work, waiting: Sequence[Invoice]) -> None:
    """Says of credit notes why they stay where they are."""
    for invoice in waiting:
        invoice.reason = {"code": "credit-carried"}
        work.session.add(invoice)


@repeated
def take_out(store: Store, who: Actor, batch_id: int, positions: Sequence[int], reason: str) -> None:
    """Takes rows out of an open batch, with the reason; their invoices are authorised as before."""
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with logged(store, who, "take-out", f"batch/{batch_id}"), store.writing(who.person_id) as work:
        batch, _, acting = opened_by_cash(work, who, batch_id, "open")
        rows = {row.position: row for row in rows_of(work.session, batch_id)}
        if unknown := sorted(set(positions) - rows.keys()):
            which = ", ".join(map(str, unknown))
            raise Refused(
                f"Batch {batch_id} has no row {which}.", f"Stapel {batch_id} hat keine Zeile {which}."
            )
        for position in sorted(set(positions)):
            row = rows[position]
            row.live = False
            row.result = {"state": TAKEN_OUT, "reason": reason, "by": who.person_id, "time": work.time}
            _back(work, row, "authorised", {"code": "taken-out", "text": reason})
        batch.rows -= len(set(positions))
        work.session.add(batch)
        said = {"positions": sorted(set(positions)), "reason": reason}
        work.event("rows-taken-out", batch, said | said_of(acting))


@repeated
def close(store: Store, who: Actor, batch_id: int) -> str:
    """Freezes a batch under the tenant's next number of the year, and reconciles it; `2026-0001`."""
    with logged(store, who, "close", f"batch/{batch_id}"), store.writing(who.person_id) as work:
        batch, owner, acting = opened_by_cash(work, who, batch_id, "open")
        rows = rows_of(work.session, batch_id)
        if not rows:
            raise Refused(f"Batch {batch_id} is empty.", f"Stapel {batch_id} ist leer.")
        invoices = [work.session.get_one(Invoice, row.invoice_id) for row in rows]
        for invoice in invoices:  # an account may have been withdrawn since the batch was built
            demand_none(work.session, invoice, "pay")
        demand_others(work.session, acting, invoices)
        batch.rows, (batch.total, batch.sums) = len(rows), reconciled(rows)
        batch.digest = digest(rows)
        batch.year = _today(work).year
        batch.number = 1 + _last_number(work.session, batch)
        batch.state, batch.closed, batch.closed_by = "closed", work.time, who.person_id
        batch.demo = batch.demo or who.demo or owner.demo
        work.session.add(batch)
        said = {"number": name(batch), "rows": len(rows), "total": str(batch.total)}
        work.event("batch-closed", batch, said | said_of(acting))
    return name(batch)


def name(batch: Batch) -> str:
    """What a closed batch is called: year and number, `2026-0001`; an open one has its id only."""
    return f"{batch.year}-{batch.number:04d}" if batch.year and batch.number else f"#{batch.id}"


def rows_of(session: Session, batch_id: int) -> list[BatchRow]:
    """The rows of a batch in their order, without those taken out while it was open."""
    query = select(BatchRow).where(BatchRow.batch_id == batch_id).order_by(col(BatchRow.position))
    return [row for row in session.exec(query) if (row.result or {}).get("state") != TAKEN_OUT]


def digest(rows: Sequence[BatchRow]) -> str:
    """SHA-256 over what the rows say."""
    said = [[row.position, str(row.amount), row.content] for row in rows]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def shown(batch: Batch) -> str:
    """What a batch looks like now: another text whenever it changes."""
    said = f"{batch.id} {batch.state} {batch.rows} {batch.digest} {canonical(batch.acknowledgement)}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def opened_by_cash(work: Work, who: Actor, batch_id: int, *states: str) -> tuple[Batch, Tenant, Capacity]:
    """A batch in one of these states and its tenant, both locked, for a person who acts for its cash office; as what
    he does.

    Raises Refused; Stale where it is no longer as this person saw it.
    """
    batch = work.session.exec(select(Batch).where(Batch.id == batch_id).with_for_update()).one_or_none()
    if batch is None:
        raise Refused(f"There is no batch {batch_id}.", f"Es gibt keinen Stapel {batch_id}.")
    owner = work.session.exec(select(Tenant).where(Tenant.id == batch.tenant_id).with_for_update()).one()
    acting = needs_cash(work.session, who.person_id, who.name, owner, _today(work))
    if who.seen is not None and who.seen != shown(batch):
        raise Stale(
            f"Batch {batch_id} has changed since you looked at it; nothing was done.",
            f"Stapel {batch_id} hat sich geändert, seit Sie ihn angesehen haben; es wurde nichts getan.",
        )
    if batch.state not in states:
        de, en = (" / ".join(BATCHES[one][lang] for one in states) for lang in (0, 1))
        now = BATCHES[batch.state]
        raise Refused(
            f"Batch {batch_id} is {now[1]}; that takes one that is {en}.",
            f"Stapel {batch_id} ist {now[0]}; dazu muss er {de} sein.",
        )
    return batch, owner, acting


def _today(work: Work) -> date:
    return in_berlin(work.time).date()


def _back(work: Work, row: BatchRow, state: str, reason: dict[str, str]) -> None:
    invoice = work.session.exec(select(Invoice).where(Invoice.id == row.invoice_id).with_for_update()).one()
    invoice.state, invoice.since, invoice.reason = state, work.time, reason
    work.session.add_all([row, invoice])


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
