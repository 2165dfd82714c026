"""What waits for a person: the open invoices whose next step he may do, the most urgent first."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from sqlmodel import Session, col, or_, select

from einvoice.approval.chain import chain_of
from einvoice.approval.progress import OPEN, Progress, ahead, may, progress
from einvoice.store.tables import Deputy, Invoice, Role

_AT_ONCE = 500
"""Invoices whose acts are read at once."""


def standing(session: Session, tenants: Iterable[int]) -> Iterator[tuple[Invoice, Progress]]:
    """The open invoices of some towns with how far each is, the earliest due first."""
    for tenant in sorted(tenants):
        chain = chain_of(session, tenant)
        query = select(Invoice).where(Invoice.tenant_id == tenant, col(Invoice.state).in_(OPEN))
        ordered = iter(session.exec(query.order_by(col(Invoice.due_date), col(Invoice.id))).all())
        while some := list(islice(ordered, _AT_ONCE)):
            ahead(session, some)
            yield from ((row, progress(session, row, chain)) for row in some)


def waiting(
    session: Session, person: int, day: date, tenants: Iterable[int] | None = None
) -> Iterator[tuple[Invoice, Progress]]:
    """The open invoices whose next step a person may do on a day; of some towns, or of all where he has a part."""
    for row, run in standing(session, towns_of(session, person, day) if tenants is None else tenants):
        if may(session, person, row, run, day):
            yield row, run


def towns_of(session: Session, person: int, day: date) -> set[int]:
    """The towns in which a person has a role on a day, or stands in for somebody."""
    shown = day.isoformat()
    held = select(Role.tenant_id).where(
        Role.person_id == person,
        or_(col(Role.since).is_(None), col(Role.since) <= shown),
        or_(col(Role.until).is_(None), col(Role.until) >= shown),
    )
    stood = select(Deputy.tenant_id).where(
        Deputy.deputy_id == person, col(Deputy.since) <= shown, col(Deputy.until) >= shown
    )
    return {one for one in (*session.exec(held), *session.exec(stood)) if one is not None}
