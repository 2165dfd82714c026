"""Lists of invoices as a person sees them, page by page: what waits for him, or all of his towns, filtered.

Pages go on from a key (the last row's), so that the thousandth costs what the first does. Who sees what is decided by
his `Sight`, here and nowhere else in the lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, String, and_, case, cast, func
from sqlmodel import Session, col, false, or_, select

from einvoice.approval.persons import roles
from einvoice.approval.sight import Sight
from einvoice.store.tables import Invoice, Tenant

WAITING = {"clerk": "held", "confirmer": "routed", "authoriser": "confirmed", "cash": "authorised"}
"""Role → the state in which an invoice waits for it."""

SIZE = 50
_LAST = "9999-12-31"
_APART = "~"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to list. mine: only what waits for this person; text: number, supplier or amount; after: the key of the
    last row of the page before ("" for the first page)."""

    mine: bool = False
    tenant: int | None = None
    state: str | None = None
    text: str = ""
    after: str = ""
    size: int = SIZE


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice in a list. urgent: the day by which something is lost or due, with `skonto` True if it is Skonto."""

    invoice: Invoice
    town: str
    urgent: str | None
    skonto: bool
    key: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list; after: the key to go on from, None where it ends."""

    rows: Sequence[Row]
    after: str | None


def listed(session: Session, eyes: Sight, wish: Wish, day: date) -> Listed:
    """A page: the most urgent first (Skonto that can still be had, then due day), then in the order they came."""
    urgent = _urgent(day)
    query = (
        select(Invoice, Tenant.title, urgent)
        .join(Tenant, col(Tenant.id) == Invoice.tenant_id)
        .where(_seen(eyes), *_filters(session, eyes, wish, day))
    )
    if wish.after:
        last, number = _parted(wish.after)
        query = query.where(or_(urgent > last, and_(urgent == last, col(Invoice.id) > number)))
    found = session.exec(query.order_by(urgent, col(Invoice.id)).limit(wish.size + 1)).all()
    rows = [_row(invoice, title, key, day) for invoice, title, key in found[: wish.size]]
    return Listed(rows, rows[-1].key if len(found) > wish.size else None)


def counted(session: Session, eyes: Sight, wish: Wish, day: date) -> int:
    """How many a list has in all."""
    query = select(func.count(col(Invoice.id))).where(_seen(eyes), *_filters(session, eyes, wish, day))
    return session.exec(query).one()


def one(session: Session, eyes: Sight, number: int) -> tuple[Invoice, Tenant | None] | None:
    """An invoice whose content a person may see, with its town; None for any other, whether there or not."""
    query = (
        select(Invoice, Tenant)
        .join(Tenant, col(Tenant.id) == Invoice.tenant_id, isouter=True)
        .where(Invoice.id == number)
    )
    found = session.exec(query).one_or_none()
    return found if found is not None and eyes.content(found[0].tenant_id, number) else None


def relatives(session: Session, eyes: Sight, invoice: Invoice) -> list[Invoice]:
    """The invoices it may be a duplicate of, may have been doubled by, corrects or is corrected by: of its town."""
    reason = (invoice.reason or {}).get("of")
    known = {one for one in (invoice.duplicate_of, invoice.replaces, reason) if isinstance(one, int)}
    query = select(Invoice).where(
        Invoice.tenant_id == invoice.tenant_id,
        Invoice.id != invoice.id,
        or_(
            col(Invoice.id).in_(known),
            Invoice.duplicate_of == invoice.id,
            Invoice.replaces == invoice.id,
        ),
    )
    rows = session.exec(query.order_by(col(Invoice.id)).limit(20)).all()
    return [one for one in rows if eyes.content(one.tenant_id, one.id)]


def _seen(eyes: Sight) -> ColumnElement[bool]:
    seen: list[ColumnElement[bool]] = [col(Invoice.tenant_id).in_(eyes.tenants)]
    if eyes.opened:
        seen.append(col(Invoice.id).in_(eyes.opened))
    return or_(*seen)


def _filters(session: Session, eyes: Sight, wish: Wish, day: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.mine:
        found.append(_waits(session, eyes, day))
    if wish.tenant is not None:
        found.append(col(Invoice.tenant_id) == wish.tenant)
    if wish.state:
        found.append(col(Invoice.state) == wish.state)
    for word in wish.text.lower().split()[:5]:
        found.append(col(Invoice.search).contains(_amount(word), autoescape=True))
    return found


def _amount(word: str) -> str:
    """A word as the search column has it: German amounts (1.234,50) in plain digits."""
    plain = word.removesuffix("€").replace(".", "").replace(",", ".")
    return plain if "," in word and plain.replace(".", "", 1).isdigit() else word


def _waits(session: Session, eyes: Sight, day: date) -> ColumnElement[bool]:
    """What is in a state in which it waits for a role this person has; what he confirmed waits for another."""
    found: list[ColumnElement[bool]] = []
    for tenant in sorted(eyes.tenants):
        for role, limit in roles(session, eyes.person_id, tenant, day).items():
            if role in WAITING:
                found.append(_of_role(eyes.person_id, tenant, role, limit))
    return or_(*found) if found else false()


def _of_role(person: int, tenant: int, role: str, limit: Decimal | None) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [
        col(Invoice.tenant_id) == tenant,
        col(Invoice.state) == WAITING[role],
    ]
    if limit is not None:
        parts.append(func.abs(func.coalesce(Invoice.payable_cents, 0)) <= int(limit * 100))
    if role == "authoriser":
        parts.append(col(Invoice.factual_by).is_distinct_from(person))
        parts.append(col(Invoice.arithmetic_by).is_distinct_from(person))
    return and_(*parts)


def _urgent(day: date) -> ColumnElement[str]:
    today = day.isoformat()
    due = func.coalesce(col(Invoice.due_date), _LAST)
    skonto = col(Invoice.skonto_until)
    return cast(case((and_(skonto >= today, skonto < due), skonto), else_=due), String)


def _row(invoice: Invoice, town: str, key: str, day: date) -> Row:
    until = invoice.skonto_until
    skonto = until is not None and until >= day.isoformat() and key == until
    return Row(invoice, town, None if key == _LAST else key, skonto, f"{key}{_APART}{invoice.id}")


def _parted(after: str) -> tuple[str, int]:
    """The key of a row; that of the first page for one that is none."""
    last, _, number = after.partition(_APART)
    return (last, int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else ("", 0)
