"""Lists of invoices as a person sees them, page by page: what waits for him, or all of his towns, filtered.

Pages go on from a key (the last row's), so that the thousandth costs what the first does; see streams.py. Who sees
what is decided by his `Sight`, here and nowhere else in the lists.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from einvoice.approval.chain import chain_of
from einvoice.approval.persons import roles
from einvoice.approval.progress import OPEN, ahead, may, progress
from einvoice.approval.sight import Sight
from einvoice.approval.streams import LAST, Stream, first, newest, urgent
from einvoice.approval.streams import rows as invoices
from einvoice.store.tables import Deputy, Invoice, Tenant

DECIDES = {"held": ("clerk", "confirmer"), "authorised": ("cash",)}
"""States in which an invoice waits for a role outside its chain: to be decided, or to be put into a batch."""

SIZE, _LOOKED = 50, 200
"""Rows of a page; how many are looked at for one, before it says to go on."""

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
    """An invoice in a list. urgent: the day by which something is lost or due, with `skonto` True if it is Skonto;
    step: what of its chain waits for this person, where the list is of that.
    """

    invoice: Invoice
    town: str
    urgent: str | None
    skonto: bool
    key: str
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list; after: the key to go on from, None where it ends."""

    rows: Sequence[Row]
    after: str | None


def listed(session: Session, eyes: Sight, wish: Wish, day: date) -> Listed:
    """A page: of what waits, the most urgent first (Skonto that can still be had, then due day), then in the order it
    came; of all, and of what is searched for, the newest first."""
    rows: list[Row] = []
    after, looked = wish.after, 0
    while len(rows) <= wish.size and looked < _LOOKED:
        part = _part(session, eyes, wish, day, after)
        rows += _waiting(session, eyes, part, day) if wish.mine else part
        looked += len(part)
        if len(part) <= wish.size:
            break
        after = part[-1].key
    else:
        return Listed(rows[: wish.size], rows[wish.size - 1].key if len(rows) >= wish.size else after)
    return Listed(rows[: wish.size], rows[wish.size - 1].key if len(rows) > wish.size else None)


def _part(session: Session, eyes: Sight, wish: Wish, day: date, after: str) -> list[Row]:
    """The next rows that may be meant, one more than a page has."""
    found = dict(first(session, list(_streams(session, eyes, wish, day, after)), wish.size + 1))
    newest_first = not wish.mine or bool(wish.text.split())
    ordered = (
        sorted(found, reverse=True) if newest_first else sorted(found, key=lambda one: (found[one], one))
    )
    chosen = ordered[: wish.size + 1]
    there = invoices(session, chosen)
    titles = dict(
        session.exec(select(Tenant.id, Tenant.title).where(col(Tenant.id).in_(_towns(there)))).all()
    )
    return [_row(there[one], titles.get(there[one].tenant_id, ""), day) for one in chosen]


def _towns(there: Mapping[int, Invoice]) -> set[int | None]:
    return {one.tenant_id for one in there.values()}


def _streams(session: Session, eyes: Sight, wish: Wish, day: date, after: str) -> Iterator[Stream]:
    """Where the rows of a list come from: towns, by state where that is asked for."""
    last = _parted(after)
    before = last[1] if after else 2**62
    words = [_amount(word) for word in wish.text.lower().split()[:5]]
    waits = _states(session, eyes, day) if wish.mine else {}
    stated = {wish.state} if wish.state else set[str]()
    for tenant in sorted(eyes.tenants if wish.tenant is None else eyes.tenants & {wish.tenant}):
        states = waits.get(tenant, set()) if wish.mine else stated
        states = states & stated if stated else states
        if wish.mine and not words:
            for state in sorted(states):
                yield from urgent(tenant, state, day, last if after else None)
        elif states or not wish.mine:
            yield newest(tenant, sorted(states), words, before)
    if eyes.opened and not wish.mine and wish.tenant is None:
        yield newest(list(eyes.opened), sorted(stated), words, before)


def _waiting(session: Session, eyes: Sight, rows: Sequence[Row], day: date) -> Iterator[Row]:
    """Those that wait for this person: by their chains, as far as each is; read at once."""
    ahead(session, [row.invoice for row in rows if row.invoice.state in OPEN])
    for row in rows:
        if row.invoice.state not in OPEN:
            yield row
            continue
        run = progress(session, row.invoice)
        if run.next and may(session, eyes.person_id, row.invoice, run, day):
            yield replace(row, step=run.next.step.act)


def following(session: Session, eyes: Sight, invoice: Invoice, day: date) -> int | None:
    """The next invoice that waits for this person after one, else the first; None where nothing else waits."""
    for after in (_key(invoice, day), ""):
        for row in listed(session, eyes, Wish(mine=True, after=after, size=2), day).rows:
            if row.invoice.id != invoice.id:
                return row.invoice.id
    return None


def counted(session: Session, eyes: Sight, wish: Wish) -> int:
    """How many a list of all has."""
    query = select(func.count(col(Invoice.id))).where(_seen(eyes), *_filters(wish))
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


def _filters(wish: Wish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
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


def _states(session: Session, eyes: Sight, day: date) -> dict[int, set[str]]:
    """The states in which something may wait for this person, by town; `_waiting` says whether it does."""
    found: dict[int, set[str]] = {}
    for tenant in eyes.tenants:
        held = _held(session, eyes.person_id, tenant, day)
        states = {state for state, wanted in DECIDES.items() if held & {*wanted}}
        for step in chain_of(session, tenant).steps:
            if held & {*step.roles}:
                states.add("confirmed" if step.act in ("authorise", "visa") else "routed")
        if states:
            found[tenant] = states
    return found


def _held(session: Session, person: int, tenant: int, day: date) -> set[str]:
    """The roles of a person in a town, and of those he stands in for."""
    shown = day.isoformat()
    absent = select(Deputy.person_id).where(
        Deputy.tenant_id == tenant, Deputy.deputy_id == person, Deputy.since <= shown, Deputy.until >= shown
    )
    everybody = [person, *session.exec(absent)]
    return {role for one in everybody for role in roles(session, one, tenant, day)}


def _key(invoice: Invoice, day: date) -> str:
    """The key of a row, as `_urgent` has it."""
    due, until = invoice.due_date or LAST, invoice.skonto_until
    urgent = until if until and day.isoformat() <= until < due else due
    return f"{urgent}{_APART}{invoice.id}"


def _row(invoice: Invoice, town: str, day: date) -> Row:
    key = _key(invoice, day)
    urgent_day, until = key.partition(_APART)[0], invoice.skonto_until
    skonto = until is not None and until >= day.isoformat() and urgent_day == until
    return Row(invoice, town, None if urgent_day == LAST else urgent_day, skonto, key)


def _parted(after: str) -> tuple[str, int]:
    """The key of a row; that of the first page for one that is none."""
    last, _, number = after.partition(_APART)
    return (last, int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else ("", 2**62)
