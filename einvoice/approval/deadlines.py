"""The open invoices of towns as the cockpit sees them, out of the store; and those ordered too late for Skonto."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval import late, workdays
from einvoice.approval.chain import ACTS, chain_of
from einvoice.approval.cockpit import Case, plan
from einvoice.approval.discount import claim
from einvoice.approval.obstacles import obstacles
from einvoice.approval.progress import OPEN, Progress, ahead, may, progress
from einvoice.approval.rights import acting
from einvoice.approval.streams import LAST, first, urgent
from einvoice.approval.streams import rows as invoices
from einvoice.errors import UsageError
from einvoice.model.credit import is_credit
from einvoice.model.lexical import decimal, iso_date
from einvoice.store import people
from einvoice.store.tables import Act, Invoice, Tenant
from einvoice.store.times import in_berlin

POLICY = "deadlines"
"""The tenant's policy: `{"lead": 2, "base_rates": {"2026-07-01": "1.27"}}`."""

_STATES = ("held", *OPEN, "authorised")
_LONGEST = timedelta(days=180)
"""Invoices older than this before a month have no Skonto that ends in it."""

MISSING: Mapping[str, tuple[str, str]] = {
    **{act: names[:2] for act, names in ACTS.items()},
    "release": ("Zurückstellung klären", "settle why it is held"),
    "batch": ("Stapel", "batch"),
    "iban": ("IBAN bestätigen", "confirm IBAN"),
    "posting": ("Kontierung", "posting"),
}
"""What may still be missing, in German and English."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a town reckons: lead in working days from order to value date, base rates in percent by their first day."""

    lead: int = workdays.LEAD
    rates: late.Rates | None = None


def settings(session: Session, tenant: int) -> Settings:
    """The settings of a town: its policy `deadlines`; where it pays by itself, the lead of that."""
    stated = people.policy(session, tenant, POLICY)
    lead = stated.get("lead", people.policy(session, tenant, "payment").get("lead", workdays.LEAD))
    rates = {date.fromisoformat(day): Decimal(rate) for day, rate in stated.get("base_rates", {}).items()}
    return Settings(int(lead), {**late.base_rates(), **rates} if rates else None)


def checked(value: Any) -> dict[str, Any]:
    """The value of the policy `deadlines`, if it makes sense. Raises UsageError, naming the key."""
    table: Mapping[str, Any] = value if isinstance(value, Mapping) else {"": value}
    lead, rates = table.get("lead", workdays.LEAD), table.get("base_rates", {})
    if set(table) - {"lead", "base_rates"} or type(lead) is not int or not 0 <= lead <= 30:
        raise UsageError("deadlines: lead (0 to 30 working days), base_rates.")
    if not isinstance(rates, Mapping) or not all(_rate(day, rate) for day, rate in rates.items()):
        raise UsageError(
            'deadlines: base_rates is like {"2026-07-01" = "1.27"}: from 1 January or 1 July, in percent.',
            'deadlines: base_rates ist wie {"2026-07-01" = "1.27"}: ab 1. Januar oder 1. Juli, in Prozent.',
        )
    return {"lead": lead, "base_rates": {str(day): str(rate) for day, rate in sorted(rates.items())}}


def _rate(day: object, rate: object) -> bool:
    found = iso_date(str(day))
    return (
        found is not None and (found.month, found.day) in ((1, 1), (7, 1)) and decimal(str(rate)) is not None
    )


def cases(session: Session, tenant: Tenant, day: date, person: int | None = None) -> list[Case]:
    """The open invoices of a town; with `person`, those whose next step he may do on a day."""
    query = select(Invoice).where(Invoice.tenant_id == tenant.id, col(Invoice.state).in_(_STATES))
    rows = session.exec(query.order_by(col(Invoice.id))).all()
    return [
        _case(row, tenant, tuple(_missing(session, row, run)))
        for row, run in _of(session, tenant, rows, day, person)
    ]


MOST = 200
"""So many of each state and kind of deadline are told on a page."""

_LOOKED = 10 * MOST
"""So many of each are looked at for those of a person."""

Row = tuple[Case, Invoice, Progress]


def pressing(
    session: Session, tenant: Tenant, day: date, person: int | None = None
) -> tuple[list[Row], bool]:
    """The open invoices of a town that press: Skonto that can still be had, then what is due; MOST of each, by index;
    and whether there may be more.

    With `person`, those whose next step he may do on a day. What is missing is not told.
    """
    streams = [one for state in _STATES for one in urgent(tenant.id or 0, state, day, None)]
    begun = dict(first(session, streams, MOST))
    rows = [*invoices(session, sorted(begun)).values()]
    found, cut = [*_of(session, tenant, rows, day, person)], False
    heads = Counter(_stream(one, begun) for one in rows)
    for stream in [one for one, count in heads.items() if count >= MOST]:
        last = max((begun[one.id or 0], one.id or 0) for one in rows if _stream(one, begun) == stream)
        had = sum(_stream(one, begun) == stream for one, _ in found)
        further, more = _further(session, tenant, day, person, stream, last, had)
        found, cut = [*found, *further], cut or more
    return [(_case(row, tenant), row, run) for row, run in found], cut


def _stream(row: Invoice, by: Mapping[int, str]) -> tuple[str, int]:
    """Which stream an invoice came from: its state, and the place of its kind of deadline in `urgent`."""
    day = by[row.id or 0]
    return row.state, 1 if day == row.due_date else 2 if day == LAST else 0


def _further(
    session: Session,
    tenant: Tenant,
    day: date,
    person: int | None,
    stream: tuple[str, int],
    after: tuple[str, int],
    had: int,
) -> tuple[list[tuple[Invoice, Progress]], bool]:
    """What follows in a stream until MOST are this person's; and whether there may be more."""
    found: list[tuple[Invoice, Progress]] = []
    looked, (state, kind) = MOST, stream
    while person is not None and had + len(found) < MOST and looked < _LOOKED:
        part = first(session, [[*urgent(tenant.id or 0, state, day, after)][kind]], MOST)
        rows = [*invoices(session, sorted(number for number, _ in part)).values()]
        found += _of(session, tenant, rows, day, person)
        if len(part) < MOST:
            return found, False
        after, looked = max((by, number) for number, by in part), looked + MOST
    return found, True


def _of(
    session: Session, tenant: Tenant, rows: Sequence[Invoice], day: date, person: int | None
) -> Iterator[tuple[Invoice, Progress]]:
    """How far some invoices of a town are; with `person`, of those that wait for him."""
    chain = chain_of(session, tenant.id or 0)
    roles = acting(session, person, tenant.id or 0, day) if person is not None else frozenset()
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        ahead(session, some)
        for row in some:
            run = progress(session, row, chain)
            if person is None or _waits(session, row, run, person, day, roles):
                yield row, run


def _waits(
    session: Session, row: Invoice, run: Progress, person: int, day: date, roles: frozenset[str]
) -> bool:
    """Whether an invoice waits for a person; roles: those he acts with."""
    if row.state == "authorised":
        return "cash" in roles
    return (
        bool({"clerk", "confirmer"} & roles) if row.state == "held" else may(session, person, row, run, day)
    )


def _missing(session: Session, row: Invoice, run: Progress) -> Iterator[str]:
    """What is still to be done until an invoice can be paid, in order."""
    if row.state == "held":
        yield "release"
    if row.state != "authorised":
        yield from dict.fromkeys(step.act for step in run.remaining())
    found = {one.code.partition("-")[0] for one in obstacles(session, row, "authorise")}
    yield from (code for code in ("posting", "iban") if code in found)
    if row.state == "authorised":
        yield "batch"


def _case(
    row: Invoice, tenant: Tenant, missing: tuple[str, ...] = (), authorised: date | None = None
) -> Case:
    return Case(
        invoice=row.id or 0,
        tenant=tenant.title,
        claim=claim(row),
        received=_day(row.received),
        number=row.number or row.file,
        seller=row.seller or "",
        state=row.state,
        credit=is_credit(row.type_code, row.syntax),
        authorised=authorised,
        missing=missing,
    )


def losing(session: Session, tenant: Tenant, day: date, person: int) -> list[int]:
    """The invoices of a town that wait for a person and lose Skonto if they are not ordered on a day, by number."""
    open_ = select(Invoice).where(Invoice.tenant_id == tenant.id, col(Invoice.state).in_(OPEN))
    rows = {
        row.id or 0: row for row in session.exec(open_.where(col(Invoice.issue_date) >= str(day - _LONGEST)))
    }
    said, chain = settings(session, tenant.id or 0), chain_of(session, tenant.id or 0)
    found = plan((_case(row, tenant) for row in rows.values()), day, said.lead).today
    numbers = sorted(line.case.invoice for line in found)
    return [
        one for one in numbers if may(session, person, rows[one], progress(session, rows[one], chain), day)
    ]


def past(session: Session, tenant: Tenant, first: date, last: date) -> list[Case]:
    """The invoices of a town whose Skonto may have ended between two days, with the day each was ordered."""
    # whoever offers none is not loaded; before the offers were kept by themselves, the terms alone had them
    offers = col(Invoice.skonto_until).is_not(None) | col(Invoice.terms).icontains("skonto")
    query = select(Invoice).where(
        Invoice.tenant_id == tenant.id,
        offers,
        col(Invoice.issue_date) >= (first - _LONGEST).isoformat(),
        col(Invoice.issue_date) <= (last + timedelta(days=7)).isoformat(),
        col(Invoice.state).not_in(("rejected", "duplicate", "returned", "expired", "unchecked")),
    )
    rows = [row for row in session.exec(query.order_by(col(Invoice.id))) if claim(row).tiers]
    days = _ordered(session, [row.id or 0 for row in rows])
    return [_case(row, tenant, authorised=days.get(row.id or 0)) for row in rows]


def _ordered(session: Session, numbers: Sequence[int]) -> dict[int, date]:
    """When invoices were authorised, the last time that still counts."""
    found: dict[int, date] = {}
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        acts = col(Act.invoice_id).in_(part), Act.kind == "authorise", col(Act.undone).is_(None)
        query = select(Act, Invoice.round, Invoice.authorised_by).where(Act.invoice_id == Invoice.id, *acts)
        for act, now, by in session.exec(query.order_by(col(Act.id))):
            if act.round == now and by is not None:
                found[act.invoice_id] = _day(act.time)
    return found


def _day(stored: str) -> date:
    return in_berlin(stored).date()
