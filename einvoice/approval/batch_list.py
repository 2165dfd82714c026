"""Payment batches as a person sees them: those of his towns, page by page, and what could be put into a new one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from einvoice.approval.sight import Sight
from einvoice.store.tables import Batch, BatchRow, Invoice, Tenant

SIZE, ROWS = 50, 100
"""Batches of a page; rows of a batch on a page."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of batches with their towns, the newest first; after: the id to go on from, None where it ends."""

    rows: Sequence[tuple[Batch, Tenant]]
    after: int | None


def listed(
    session: Session,
    tenants: Collection[int],
    state: str | None = None,
    after: int | None = None,
    size: int = SIZE,
) -> Listed:
    """The batches of some towns."""
    query = select(Batch, Tenant).where(Batch.tenant_id == Tenant.id, col(Batch.tenant_id).in_(tenants))
    if state is not None:
        query = query.where(Batch.state == state)
    if after is not None:
        query = query.where(col(Batch.id) < after)
    found = session.exec(query.order_by(col(Batch.id).desc()).limit(size + 1)).all()
    return Listed(found[:size], found[size - 1][0].id if len(found) > size else None)


def one(session: Session, eyes: Sight, number: int) -> tuple[Batch, Tenant] | None:
    """A batch whose content a person may see, with its town; None for any other, whether there or not."""
    query = select(Batch, Tenant).where(Batch.id == number, Batch.tenant_id == Tenant.id)
    found = session.exec(query).one_or_none()
    return found if found is not None and eyes.content(found[0].tenant_id) else None


def rows(
    session: Session, batch_id: int, after: int = 0, size: int = ROWS
) -> tuple[list[BatchRow], int | None]:
    """The rows of a batch from a position on, those taken out, too; and the position to go on from."""
    query = select(BatchRow).where(BatchRow.batch_id == batch_id, col(BatchRow.position) > after)
    found = list(session.exec(query.order_by(col(BatchRow.position)).limit(size + 1)))
    return found[:size], found[size - 1].position if len(found) > size else None


def ready(session: Session, tenants: Collection[int]) -> dict[int, int]:
    """How many invoices of each town are authorised and in no batch yet; only towns that have some."""
    query = select(Invoice.tenant_id, func.count(col(Invoice.id))).where(
        col(Invoice.tenant_id).in_(tenants), Invoice.state == "authorised"
    )
    return {tenant or 0: count for tenant, count in session.exec(query.group_by(col(Invoice.tenant_id)))}
