"""Lists of invoices as a person sees them, page by page: what waits for him, or all of his towns, filtered.

Pages go on from a key (the last row's), so that the thousandth costs what the first does. Who sees what is decided by
his `Sight`, here and nowhere else in the lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, String, and_, case, cast, func
from sqlmodel import Session, col, false, or_, select

from einvoice.approval.chain import chain_of
from einvoice.approval.persons import roles
from einvoice.approval.progress import OPEN, may, progress
from einvoice.approval.sight import Sight
from einvoice.store.tables import Deputy, Invoice, Tenant

DECIDES = {"held": ("clerk", "confirmer"), "authorised": ("cash",)}
"""States in which an invoice waits for a role outside its chain: to be decided, or to be put into a batch."""

SIZE, _LOOKED = 50, 200
"""Rows of a page; how many are looked at for one, before it says to go on."""

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
    """A page: of what waits, the most urgent first (Skonto that can still be had, then due day), then in the order it
    came; of all, the newest first."""
    rows: list[Row] = []
    after, looked = wish.after, 0
    while len(rows) <= wish.size and looked < _LOOKED:
        part = _part(session, eyes, wish, day, after)
        rows += [row for row in part if not wish.mine or _his(session, eyes, row.invoice, day)]
        looked += len(part)
        if len(part) <= wish.size:
            break
        after = part[-1].key
    else:
        return Listed(rows[: wish.size], rows[wish.size - 1].key if len(rows) >= wish.size else after)
    return Listed(rows[: wish.size], rows[wish.size - 1].key if len(rows) > wish.size else None)


def _part(session: Session, eyes: Sight, wish: Wish, day: date, after: str) -> list[Row]:
    """The next rows that may be meant, one more than a page has."""
    urgent, number = _urgent(day), col(Invoice.id)
    query = (
        select(Invoice, Tenant.title, urgent)
        .join(Tenant, col(Tenant.id) == Invoice.tenant_id)
        .where(_seen(eyes), *_filters(session, eyes, wish, day))
    )
    if after:
        last, before = _parted(after)
        onwards = or_(urgent > last, and_(urgent == last, number > before)) if wish.mine else number < before
        query = query.where(onwards)
    query = query.order_by(urgent, number) if wish.mine else query.order_by(number.desc())
    found = session.exec(query.limit(wish.size + 1)).all()
    return [_row(invoice, title, key, day) for invoice, title, key in found]


def following(session: Session, eyes: Sight, invoice: Invoice, day: date) -> int | None:
    """The next invoice that waits for this person after one, else the first; None where nothing else waits."""
    for after in (_key(invoice, day), ""):
        for row in listed(session, eyes, Wish(mine=True, after=after, size=2), day).rows:
            if row.invoice.id != invoice.id:
                return row.invoice.id
    return None


def counted(session: Session, eyes: Sight, wish: Wish, day: date) -> int:
    """How many a list of all towns has; of what waits for somebody, how many may."""
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
    """What is in a state in which it may wait for this person; `_his` says whether it does."""
    found: list[ColumnElement[bool]] = []
    for tenant in sorted(eyes.tenants):
        held = _held(session, eyes.person_id, tenant, day)
        states = [state for state, wanted in DECIDES.items() if held & {*wanted}]
        for step in chain_of(session, tenant).steps:
            if held & {*step.roles}:
                states.append("confirmed" if step.act in ("authorise", "visa") else "routed")
        if states:
            found.append(and_(col(Invoice.tenant_id) == tenant, col(Invoice.state).in_(set(states))))
    return or_(*found) if found else false()


def _held(session: Session, person: int, tenant: int, day: date) -> set[str]:
    """The roles of a person in a town, and of those he stands in for."""
    shown = day.isoformat()
    absent = select(Deputy.person_id).where(
        Deputy.tenant_id == tenant, Deputy.deputy_id == person, Deputy.since <= shown, Deputy.until >= shown
    )
    everybody = [person, *session.exec(absent)]
    return {role for one in everybody for role in roles(session, one, tenant, day)}


def _his(session: Session, eyes: Sight, invoice: Invoice, day: date) -> bool:
    """Whether an invoice waits for this person: by its chain, as far as it is."""
    if invoice.state not in OPEN:
        return True
    return may(session, eyes.person_id, invoice, progress(session, invoice), day)


def _urgent(day: date) -> ColumnElement[str]:
    today = day.isoformat()
    due = func.coalesce(col(Invoice.due_date), _LAST)
    skonto = col(Invoice.skonto_until)
    return cast(case((and_(skonto >= today, skonto < due), skonto), else_=due), String)


def _key(invoice: Invoice, day: date) -> str:
    """The key of a row, as `_urgent` has it."""
    due, until = invoice.due_date or _LAST, invoice.skonto_until
    urgent = until if until and day.isoformat() <= until < due else due
    return f"{urgent}{_APART}{invoice.id}"


def _row(invoice: Invoice, town: str, key: str, day: date) -> Row:
    until = invoice.skonto_until
    skonto = until is not None and until >= day.isoformat() and key == until
    return Row(invoice, town, None if key == _LAST else key, skonto, _key(invoice, day))


def _parted(after: str) -> tuple[str, int]:
    """The key of a row; that of the first page for one that is none."""
    last, _, number = after.partition(_APART)
    return (last, int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else ("", 2**62)
