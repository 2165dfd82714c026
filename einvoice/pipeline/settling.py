"""Stored → checked → routed, for a group of deliveries in one transaction: what was found is recorded, each invoice
goes to its tenant, and the deliveries leave the arrivals. Keyed by content: doing it again changes nothing.

Bytes lie in the tenants' areas before the rows that say so, and leave the arrivals after them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.approval import seen
from einvoice.errors import StoreError
from einvoice.pipeline.cases import Case, Plan, attachments_of, described, report_of
from einvoice.pipeline.house import decided
from einvoice.pipeline.placing import Newcomer, answered, booked, place_in_tenants, take_over
from einvoice.pipeline.workplace import Opened
from einvoice.store import bulk, people, seals
from einvoice.store.archive import ARRIVALS, tenant_area
from einvoice.store.asked import among
from einvoice.store.bulk import made, put
from einvoice.store.objects import Kept, Place, keep_objects, leave, locked_all
from einvoice.store.store import repeated
from einvoice.store.tables import (
    ArchiveObject,
    Attachment,
    Delivery,
    Installation,
    Invoice,
    Report,
    Row,
)
from einvoice.store.work import Work

_BEFORE = ("checked", "unchecked", "unrouted", "rejected")
"""States of an invoice that no tenant has."""


@repeated
def settle(place: Opened, plans: Sequence[Plan], actor: int = people.SERVICE) -> None:
    """Carries plans out, all of them or none. What another has done in the meantime is left as it is."""
    place.archive.put_all([(one.area, one.data) for plan in plans for one in _objects(plan)], ARRIVALS)
    with place.store.writing(actor) as work:
        plans = _still_to_do(work, plans)
        new = _record(work, plans)
        newcomers = _route(work, plans)
        placed = place_in_tenants(work, newcomers)
        own: defaultdict[int, list[Row]] = defaultdict(list)
        for row in (*(one for some in placed for one in some.new), *booked(work, newcomers)):
            own[row.invoice_id].append(row)
        work.insert(*new)
        for case in (case for plan in plans for case in plan.all):
            case.news = [*_reports(work, case), *_attachments(work, case), *own[case.number]]
        work.insert(*(row for plan in plans for case in plan.all for row in case.news))
        take_over(work, placed)
        seen.record(work, [one.row for one in placed])
        kept = keep_objects(work, place.archive, [one for plan in plans for one in _objects(plan)])
        kept |= _leave(work, plans)
        for plan in plans:
            _say(work, plan, kept)


def _objects(plan: Plan) -> Collection[Kept]:
    """What the tenants get of a delivery."""
    owners = [(case.tenant, case.data) for case in plan.cases if case.tenant is not None]
    if plan.only is not None and not plan.waits:
        owners.append((plan.only, plan.whole))
    return [
        Kept(tenant_area(tenant.name), data, seals.sha256(data), tenant.id)
        for (_, data), tenant in {(one.id, data): one for one, data in owners}.items()
    ]


def _still_to_do(work: Work, plans: Sequence[Plan]) -> list[Plan]:
    """The plans whose deliveries are as they were when the plans were made, with the rows of all, locked."""
    these = among(work.session, col(Delivery.id), [one.number for one in plans])
    query = select(Delivery).where(these).order_by(col(Delivery.id)).with_for_update()
    rows = {row.id: row for row in bulk.read(work.session, Delivery, query)}
    left = [one for one in plans if rows[one.number].state == one.delivery.state]
    invoices: dict[int | None, Invoice] = {}
    if numbers := [case.id for plan in left for case in plan.all if case.id is not None]:
        there = select(Invoice).where(col(Invoice.id).in_(numbers)).order_by(col(Invoice.id))
        invoices = {row.id: row for row in work.session.exec(there.with_for_update())}
    for plan in left:
        plan.row = rows[plan.number]
        for case in plan.all:
            case.row = invoices.get(case.id)
        free = [case for case in plan.cases if case.row is None or _is_free(case.row)]
        plan.waits |= len(free) < len(plan.cases)
        plan.cases = free
    return left


def _is_free(row: Invoice) -> bool:
    return row.tenant_id is None and row.state in _BEFORE


def _record(work: Work, plans: Sequence[Plan]) -> list[Invoice]:
    """Notes on deliveries that they are checked, and on invoices what they say; the records that are new."""
    demo = bool(work.session.exec(select(Installation.demo)).one())
    new: list[Invoice] = []
    for plan in plans:
        found = plan.found or []
        if found:
            state = "unchecked" if plan.unchecked else "checked"
            put(plan.record, container=found[0][0].container, state=state)
        for case in plan.all:
            if case.known:
                continue
            said = described(*found[case.position - 1])
            said |= {"state": "unchecked" if case.unchecked else "checked", "since": work.time}
            if case.row is None:
                case.row = _new(plan.record, case.position, said, demo=demo)
                new.append(case.row)
            else:
                put(case.row, **said)
    work.number(*new)
    return new


def _new(delivery: Delivery, position: int, said: Mapping[str, Any], *, demo: bool) -> Invoice:
    known = {"delivery_id": delivery.id or 0, "file": delivery.name, "received": delivery.received}
    return made(Invoice, position=position, demo=demo, **known, **said)


def _route(work: Work, plans: Sequence[Plan]) -> list[Newcomer]:
    """Gives each invoice to its tenant, or puts it into the manual queue; those that tenants get."""
    policies = people.policies(work.session, "findings")
    found: list[Newcomer] = []
    for plan in plans:
        mail = plan.whole if plan.record.container == "eml" else b""
        for case in plan.cases:
            row = case.record
            put(row, since=work.time, routed_by=case.why)
            if case.tenant is None:
                put(row, state="rejected" if row.verdict == "rejected" else "unrouted")
                continue
            put(row, tenant_id=case.tenant.id, verdict=case.content["report"]["verdict"])
            policy = policies.get(row.tenant_id or 0)
            town = decided(case.content, case.house, (policy.value or {}) if policy else {})
            reply = answered(work.session, mail, row.tenant_id or 0) if mail else None
            found.append(Newcomer(row, case.content["facts"], town, reply, case.ruled))
    return found


def _reports(work: Work, case: Case) -> list[Report]:
    """The reports to be written for an invoice; those there are go over to its tenant."""
    row = case.record
    if case.known and row.tenant_id is not None:
        for old in work.session.exec(select(Report).where(Report.invoice_id == row.id)):
            old.tenant_id = row.tenant_id
            work.session.add(old)
    return [report_of(row, content, work.time) for content in case.new_contents]


def _attachments(work: Work, case: Case) -> list[Attachment]:
    """The files of a delivery that is new, with its first invoice; those there are go over with it."""
    row, tenant = case.record, None if case.shared else case.record.tenant_id
    there = []
    if case.id is not None:
        there = list(work.session.exec(select(Attachment).where(Attachment.invoice_id == row.id)))
        for old in there:
            old.tenant_id = tenant or old.tenant_id
            work.session.add(old)
    if case.position > 1 or case.known:
        return []
    return attachments_of(row, case.content, tenant, {one.sha256 for one in there})


def _leave(work: Work, plans: Sequence[Plan]) -> dict[Place, ArchiveObject]:
    """Deliveries whose invoices all have tenants leave the arrivals; the rows of the objects that lay there.

    One with invoices of several tenants stays with the installation, whole; each tenant has its part.
    """
    leaving = [plan for plan in plans if plan.record.state == "checked" and not plan.waits]
    for plan in leaving:
        put(plan.record, state="routed")
        if plan.only is not None and plan.found is None:
            for part in work.session.exec(_left_behind(plan.number)):
                part.tenant_id = plan.only.id
                work.session.add(part)
    work.session.flush()
    moved = [plan.record for plan in plans if plan.record.state != plan.delivery.state or plan.found]
    work.change(moved, "container", "state")
    return _give_up(work, {plan.record.sha256: plan.number for plan in leaving if plan.only is not None})


def _left_behind(delivery: int) -> SelectOfScalar[Attachment]:
    """The files of a delivery that still lie with the installation."""
    mine = select(Attachment).join(Invoice, col(Invoice.id) == Attachment.invoice_id)
    return mine.where(Invoice.delivery_id == delivery, col(Attachment.tenant_id).is_(None))


def _give_up(work: Work, objects: Mapping[str, int]) -> dict[Place, ArchiveObject]:
    """Takes objects (SHA-256 → delivery) out of the arrivals, unless another delivery of the same bytes needs them:
    asked once nobody can add one.
    """
    kept = locked_all(work, [(ARRIVALS, one) for one in objects])
    for digest, number in objects.items():
        if (ARRIVALS, digest) not in kept:
            raise StoreError(
                f"The archive has no row for delivery {number}.",
                f"Das Archiv hat keine Zeile zur Lieferung {number}.",
            )
    there = among(work.session, col(Delivery.sha256), objects)
    needed = set(work.session.exec(select(Delivery.sha256).where(there, Delivery.state != "routed")))
    gone = {place: row for place, row in kept.items() if place[1] not in needed}
    leave(work, list(gone.values()))
    return gone


def _say(work: Work, plan: Plan, objects: dict[Place, ArchiveObject]) -> None:
    """The events of a delivery and its invoices, each with the rows it wrote."""
    row = plan.record
    if plan.found is not None:
        waiting = [one for case in plan.unchecked for one in (case.record, *case.news)]
        verdicts = [report.verdict for report, _ in plan.found]
        work.event("delivery-checked", row, {"verdicts": verdicts}, proves=waiting)
    for case in plan.cases:
        if case.tenant is None:
            work.event("invoice-unrouted", case.record, proves=case.news)
            continue
        place = tenant_area(case.tenant.name), seals.sha256(case.data)
        mine = [objects.pop(place)] if place in objects else []
        said = {"delivery": row.id, "sha256": row.sha256, "by": case.why}
        work.event("invoice-arrived", case.record, said, proves=[*case.news, *mine])
        work.event("invoice-transferred", f"invoice/{case.number}", {"tenant": case.tenant.id})
    if row.state != "routed":
        return
    if plan.only is not None:
        work.event("delivery-arrived", f"delivery/{row.id}", chain=seals.tenant_chain(plan.only.id or 0))
    gone = objects.pop((ARRIVALS, row.sha256), None)
    work.event("delivery-routed", row, proves=[gone] if gone is not None else [])
