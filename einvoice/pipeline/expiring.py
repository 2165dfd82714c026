"""Deletes what need not be kept any longer, each invoice under a protocol event: rows first, then, once that is
committed, the objects. What is on legal hold, or not finished, stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from einvoice.errors import Refused
from einvoice.pipeline.steps import sweep
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, seals
from einvoice.store.archive import ARRIVALS, tenant_area
from einvoice.store.objects import leave, locked
from einvoice.store.retention import FINAL, POLICY, Rules, rules_from
from einvoice.store.store import repeated
from einvoice.store.tables import (
    Account,
    Act,
    Attachment,
    BatchRow,
    Deduction,
    Delivery,
    Event,
    Identity,
    Interest,
    Invoice,
    Payload,
    Person,
    Posting,
    Report,
    Tenant,
)
from einvoice.store.work import Work

_KEPT = {
    "id",
    "delivery_id",
    "position",
    "received",
    "tenant_id",
    "verdict",
    "container",
    "sha256",
    "demo",
    "round",
}
"""What stays of an expired invoice: that it was there, its digest, and whose it was."""


@dataclass(frozen=True, slots=True)
class Due:
    """An invoice whose time is over: its number in the list, its class, and the last day it had to be kept."""

    invoice_id: int
    tenant: str | None
    kind: str
    until: date


@dataclass(slots=True)
class Expired:
    """What was deleted: invoices, payloads that were old enough by themselves, and persons."""

    invoices: list[Due]
    payloads: int = 0
    persons: int = 0


def due(place: Opened, today: date, *, by_run: bool = False) -> list[Due]:
    """The invoices whose time is over, in order. by_run: of tenants alone that let `run` delete."""
    with place.store.reading() as session:
        rules = {one.id: rules_of(session, one.id) for one in people.tenants(session)}
        rules[None] = rules_of(session, None)
        if by_run and not any(one.run for one in rules.values()):
            return []
        names = {one.id: one.name for one in people.tenants(session)}
        query = select(Invoice).where(col(Invoice.state).in_(FINAL), col(Invoice.legal_hold).is_(False))
        found = []
        for row in session.exec(query.order_by(col(Invoice.id))):
            ours = rules.get(row.tenant_id)
            if ours is None or (by_run and not ours.run):
                continue
            kind = class_of(session, row)
            until = ours.ends(row, kind)
            if until is not None and until < today:
                found.append(Due(row.id or 0, names.get(row.tenant_id), kind, until))
    return found


def expire(place: Opened, today: date, actor: int, *, by_run: bool = False) -> Expired:
    """Deletes what is due, one transaction each; killed in between, the next call goes on."""
    done = Expired([])
    for one in due(place, today, by_run=by_run):
        if _expire(place, one, actor):
            done.invoices.append(one)
    with place.store.reading() as session:
        rules = [rules_of(session, one.id) for one in people.tenants(session)]
        automatic = [one for one in rules if one.run]
    if not by_run or automatic:
        done.payloads = _old_payloads(place, today, actor, by_run=by_run)
        done.persons = _former_persons(place, today, actor, by_run=by_run)
    sweep(place)
    return done


def rules_of(session: Session, tenant: int | None) -> Rules:
    """A tenant's rules; the usual ones where it has set none, and for what lies with the installation."""
    return rules_from(people.policy(session, tenant, POLICY)) if tenant is not None else Rules()


def class_of(session: Session, row: Invoice) -> str:
    """The class of an invoice that decides how long it is kept."""
    if row.state not in ("rejected", "returned"):
        return "invoice"
    query = select(Report).where(Report.invoice_id == row.id).order_by(col(Report.id).desc())
    report = session.exec(query).first()
    findings = ((report.content or {}).get("report", {}) if report else {}).get("findings", ())
    return "no-invoice" if any(one["rule"] == "EI-NOINVOICE" for one in findings) else "rejected"


def hold(place: Opened, invoice_id: int, actor: int, reason: str, *, on: bool) -> None:
    """Puts an invoice on legal hold, or takes it off, with the reason. Raises Refused where that is nothing new."""
    with place.store.writing(actor) as work:
        row = work.session.exec(
            select(Invoice).where(Invoice.id == invoice_id).with_for_update()
        ).one_or_none()
        if row is None or row.state == "expired" or row.legal_hold is on:
            raise Refused(
                f"Invoice {invoice_id}: there is none, or that is how it is already.",
                f"Rechnung {invoice_id}: gibt es nicht, oder das ist schon so.",
            )
        row.legal_hold = on
        work.session.add(row)
        work.event("legal-hold" if on else "legal-hold-released", row, {"reason": reason})


@repeated
def _expire(place: Opened, one: Due, actor: int) -> bool:
    with place.store.writing(actor) as work:
        query = select(Invoice).where(Invoice.id == one.invoice_id).with_for_update()
        row = work.session.exec(query).one()
        if row.state not in FINAL or row.legal_hold:
            return False
        objects = list(_objects(work, row))
        _blank(work, row)
        for area, digest in objects:
            kept = locked(work, area, digest)
            if kept is not None and kept.gone is None:
                leave(work, [kept])
        said = {"class": one.kind, "until": one.until.isoformat(), "objects": [d for _, d in objects]}
        work.event("expired", row, said)
        payloads = _payloads(work.session, f"invoice/{row.id}")
        if payloads:
            work.erase(row, payloads, {"class": one.kind})
    return True


def _objects(work: Work, row: Invoice) -> Iterator[tuple[str, str]]:
    """The objects that only this invoice still needs: its own part, and the delivery once all of it is expired."""
    delivery = work.session.exec(select(Delivery).where(Delivery.id == row.delivery_id)).one()
    areas = [ARRIVALS]
    if row.tenant_id is not None:
        areas.insert(0, tenant_area(work.session.get_one(Tenant, row.tenant_id).name))
    for digest in {row.sha256, delivery.sha256} - {None}:
        same = (
            select(Invoice.tenant_id)
            .join(Delivery, col(Delivery.id) == Invoice.delivery_id)
            .where(
                (col(Invoice.sha256) == digest) | (col(Delivery.sha256) == digest),
                Invoice.state != "expired",
                Invoice.id != row.id,
            )
        )
        needed = set(work.session.exec(same))
        for area in areas:
            if (needed if area == ARRIVALS else {row.tenant_id} & needed) or digest is None:
                continue
            yield area, digest


def _blank(work: Work, row: Invoice) -> None:
    """Takes all content out of an invoice and what belongs to it; its number and its place in batches stay."""
    for table in (Report, Attachment, Identity, Posting, Deduction):
        for part in work.session.exec(select(table).where(col(table.invoice_id) == row.id)):
            work.session.delete(part)
    for act in work.session.exec(select(Act).where(Act.invoice_id == row.id)):
        act.statement, act.content = "", None
        work.session.add(act)
    for frozen in work.session.exec(select(BatchRow).where(BatchRow.invoice_id == row.id)):
        frozen.content = None
        work.session.add(frozen)
    for name, column in seals.table_of(Invoice).columns.items():
        if name not in _KEPT and column.nullable:
            setattr(row, name, None)
    row.file, row.search, row.state, row.since = "", "", "expired", work.time
    work.session.add(row)


def _payloads(session: Session, subject: str) -> list[Payload]:
    same = (col(Event.chain) == Payload.chain) & (col(Event.sequence) == Payload.sequence)
    query = select(Payload).join(Event, same).where(Event.subject == subject, Event.kind != "erased")
    return list(session.exec(query.where(col(Payload.erased_by).is_(None))))


def _old_payloads(place: Opened, today: date, actor: int, *, by_run: bool) -> int:
    """Erases payloads that are older than their tenant keeps them, invoice still there or not."""
    with place.store.reading() as session:
        limits = {
            seals.tenant_chain(one.id or 0): _before(today, rules.payload_years)
            for one in people.tenants(session)
            if (rules := rules_of(session, one.id)).run or not by_run
        }
    count = 0
    for chain, limit in limits.items():
        with place.store.writing(actor) as work:
            same = (col(Event.chain) == Payload.chain) & (col(Event.sequence) == Payload.sequence)
            old = select(Payload).join(Event, same).where(
                Event.chain == chain, Event.time < limit, Event.kind != "erased", col(Payload.erased_by).is_(None)
            )  # fmt: skip
            payloads = list(work.session.exec(old))
            if payloads:
                work.erase("payload", payloads, {"class": "payload", "before": limit})
                count += len(payloads)
    return count


def _former_persons(place: Opened, today: date, actor: int, *, by_run: bool) -> int:
    """Erases the names of persons who left long enough ago, by the longest time any tenant asks for."""
    with place.store.reading() as session:
        rules = [rules_of(session, one.id) for one in people.tenants(session)]
        if not rules or (by_run and not all(one.run for one in rules)):
            return 0
        limit = _before(today, max(one.person_years for one in rules))
        gone = select(Person.id).where(col(Person.left).is_not(None), col(Person.left) < limit)
        numbers = list(session.exec(gone.where(col(Person.name).is_not(None))))
    for number in numbers:
        with place.store.writing(actor) as work:
            person = work.session.get_one(Person, number)
            person.name = person.mail = person.salt = None
            for account in work.session.exec(select(Account).where(Account.person_id == number)):
                work.session.delete(account)
            for interest in work.session.exec(select(Interest).where(Interest.person_id == number)):
                work.session.delete(interest)
            work.session.add(person)
            work.event("person-erased", person, {"before": limit})
    return len(numbers)


def _before(today: date, years: int) -> str:
    """The day so many years ago, as times of the store begin."""
    day = today - timedelta(days=1) if (today.month, today.day) == (2, 29) else today
    return day.replace(year=day.year - years).isoformat()
