"""The steps of one delivery: stored, checked, routed. Each is one transaction, keyed by content: doing it again,
after a kill at any instruction, changes nothing."""

from typing import Any

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from einvoice.errors import Refused, StoreError
from einvoice.intake.checking import Facts, check
from einvoice.intake.duplicates import supplier
from einvoice.model.discounts import discounts, until
from einvoice.model.lexical import decimal, iso_date
from einvoice.pipeline.house import (
    add_report,
    decided,
    judged_by_house,
    judged_by_policy,
    part_of,
    release_options,
)
from einvoice.pipeline.placing import answered, place_in_tenant
from einvoice.pipeline.routing import facts_of, routed, town_of
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, seals
from einvoice.store.archive import ARRIVALS, tenant_area
from einvoice.store.leases import BACKUP, held
from einvoice.store.objects import keep_object, locked
from einvoice.store.store import repeated
from einvoice.store.tables import (
    Attachment,
    Delivery,
    Installation,
    Invoice,
    Report,
    Tenant,
    Waiting,
    canonical,
)
from einvoice.store.times import moment
from einvoice.store.work import Work
from einvoice.validation.report import AttachmentInfo, Summary
from einvoice.validation.report import Report as Verdict

Found = list[tuple[Verdict, Facts]]
"""What a look at a delivery has found: a report and facts for each invoice."""


def look(place: Opened, delivery_id: int) -> Found | None:
    """What checking a delivery finds, nothing written; None if it is checked already."""
    with place.store.reading() as session:
        delivery = session.exec(select(Delivery).where(Delivery.id == delivery_id)).one()
    if delivery.state not in ("stored", "unchecked"):
        return None
    data = place.archive.read(ARRIVALS, delivery.sha256)
    return check(data, delivery.name, release_options(place, moment(delivery.received).date()))


@repeated
def check_delivery(place: Opened, delivery_id: int, found: Found) -> list[Verdict]:
    """Stored → checked: a report and a record for each invoice; what was unchecked before is checked again."""
    with place.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).one()
        if row.state not in ("stored", "unchecked"):
            return []
        if row.state == "unchecked" and not _news(work, delivery_id, [report for report, _ in found]):
            return [report for report, _ in found]
        row.container = found[0][0].container
        row.state = "unchecked" if any(report.verdict == "unchecked" for report, _ in found) else "checked"
        work.session.add(row)
        for position, (report, facts) in enumerate(found, 1):
            _record(work, row, position, report, facts)
        work.event("delivery-checked", row, {"verdicts": [report.verdict for report, _ in found]})
    return [report for report, _ in found]


def _news(work: Work, delivery_id: int, reports: list[Verdict]) -> bool:
    """Whether checking once more has told anything: a verdict where there was none, or other documents."""
    query = select(Invoice.verdict).where(Invoice.delivery_id == delivery_id).order_by(col(Invoice.position))
    return list(work.session.exec(query)) != [report.verdict for report in reports]


def _record(work: Work, delivery: Delivery, position: int, report: Verdict, facts: Facts) -> None:
    """The record of one invoice and its report; a record that was unchecked is completed."""
    same = select(Invoice).where(Invoice.delivery_id == delivery.id, Invoice.position == position)
    row = work.session.exec(same).one_or_none()
    if row is None:
        row = Invoice(
            delivery_id=delivery.id or 0,
            position=position,
            file=delivery.name,
            received=delivery.received,
            state="checked",
            since=work.time,
            verdict=report.verdict,
            container=report.container,
            demo=bool(work.session.exec(select(Installation.demo)).one()),
        )
    elif row.state != "unchecked":
        return
    _describe(row, report, facts)
    row.state, row.since = (
        {"accepted": "checked", "rejected": "checked"}.get(report.verdict, "unchecked"),
        work.time,
    )
    work.session.add(row)
    work.session.flush()
    if position == 1:
        known = work.session.exec(select(Attachment.sha256).where(Attachment.invoice_id == row.id)).all()
        work.add(*(_attachment(row, one) for one in report.attachments if one.sha256 not in known))
    said = report.as_dict()
    work.add(
        Report(
            invoice_id=row.id or 0,
            made=work.time,
            digest=seals.sha256(canonical(said).encode()),
            content={"report": said, "facts": facts},
        )
    )


def _attachment(row: Invoice, one: AttachmentInfo) -> Attachment:
    """The other files of a delivery are listed with its first invoice."""
    return Attachment(invoice_id=row.id or 0, name=one.name, mime=one.mime, size=one.bytes, sha256=one.sha256)


def _describe(row: Invoice, report: Verdict, facts: Facts) -> None:
    said = report.invoice or Summary()
    row.path, row.sha256, row.verdict = report.document, report.sha256, report.verdict
    row.syntax, row.specification, row.profile = report.syntax, report.specification, report.profile
    row.release = ", ".join(f"{one.name} {one.version}" for one in report.rules) or None
    row.number, row.type_code, row.currency, row.iban = said.number, said.type, said.currency, said.iban
    row.seller, row.seller_vat_id, row.buyer = said.seller, said.seller_vat_id, said.buyer
    row.buyer_reference = said.buyer_reference
    row.issue_date, row.due_date = _day(said.issue_date), _day(said.due_date)
    row.net, row.vat, row.gross, row.payable = (
        decimal(text or "") for text in (said.net, said.vat, said.gross, said.payable)
    )
    row.payable_cents = int((row.payable * 100).to_integral_value()) if row.payable is not None else None
    row.buyer_address = (facts.get("buyer_address") or {}).get("id")
    for name in ("contract", "order_reference", "terms", "means"):
        setattr(row, name, facts.get(name))
    offers = discounts(row.terms or "")
    row.skonto = [offer.plain() for offer in offers]
    row.skonto_until = until(row.issue_date, offers)
    row.preceding = next(iter(facts.get("preceding") or ()), None)
    row.payee, row.content_sha256 = facts.get("payee"), facts.get("content")
    row.supplier = supplier(said.seller_vat_id, said.seller)
    row.search = " ".join(filter(None, (row.number, row.seller, row.seller_vat_id, said.gross))).lower()


def _day(text: str | None) -> str | None:
    day = iso_date(text or "")
    return day.isoformat() if day else None


def route_invoice(place: Opened, invoice_id: int) -> None:
    """Checked → routed: the invoice goes over to its tenant, and with it the delivery, byte for byte.

    A rejected one goes to its tenant as rejected; a duplicate is linked or held; one without a tenant waits to
    be assigned by hand.
    """
    with place.store.reading() as session:
        invoice = session.exec(select(Invoice).where(Invoice.id == invoice_id)).one()
        said = routed(place, session, invoice)
    found = said[-1].route
    if found is None:
        with place.store.writing(people.SERVICE) as work:
            row = work.session.exec(select(Invoice).where(Invoice.id == invoice_id).with_for_update()).one()
            if row.state == "checked":
                row.state, row.since = ("rejected" if row.verdict == "rejected" else "unrouted"), work.time
                work.session.add(row)
                row.routed_by = {"by": "nobody", "asked": [one.plain() for one in said]}
                work.event("invoice-unrouted", row)
        return
    why = {**found.reason(), "asked": [one.plain() for one in said]}
    transfer(place, invoice_id, found.tenant_id, why, people.SERVICE)


@repeated
def transfer(place: Opened, invoice_id: int, tenant_id: int, why: dict[str, Any], actor: int) -> None:
    """Hands an invoice that no tenant has over to a tenant: bytes first, then the record in its chain.

    why: by whom or what it was routed, and what each layer that was asked had answered.
    """
    with place.store.reading() as session:
        invoice = session.exec(select(Invoice).where(Invoice.id == invoice_id)).one()
        delivery = session.exec(select(Delivery).where(Delivery.id == invoice.delivery_id)).one()
        tenant = session.exec(select(Tenant).where(Tenant.id == tenant_id)).one()
        shared = _shared(place, session, delivery.id or 0, invoice_id, tenant_id)
    area = tenant_area(tenant.name)
    house = judged_by_house(place, delivery, invoice, tenant.name)
    other = judged_by_policy(place, delivery, invoice, tenant_id)
    data = part_of(place, delivery, invoice) if shared else place.archive.read(ARRIVALS, delivery.sha256)
    place.archive.put(area, data)
    mail = place.archive.read(ARRIVALS, delivery.sha256) if delivery.container == "eml" else b""
    with place.store.writing(actor) as work:
        row = work.session.exec(select(Invoice).where(Invoice.id == invoice_id).with_for_update()).one()
        if row.tenant_id is not None or row.state not in ("checked", "unrouted", "rejected"):
            return
        row.tenant_id, row.since = tenant.id, work.time
        row.routed_by = why
        for table in (Report,) if shared else (Report, Attachment):
            for part in work.session.exec(select(table).where(table.invoice_id == invoice_id)):
                part.tenant_id = tenant.id
                work.session.add(part)
        keep_object(work, place.archive, area, data, tenant.id)
        add_report(work, row, other)
        reply = answered(work.session, mail, tenant_id) if mail else None
        facts = facts_of(work.session, invoice_id)
        place_in_tenant(work, row, facts, decided(work, row, house), reply)
        work.session.add(row)
        work.event(
            "invoice-arrived", row, {"delivery": delivery.id, "sha256": delivery.sha256, "by": row.routed_by}
        )
        work.event("invoice-transferred", f"invoice/{row.id}", {"tenant": tenant.id})


def _shared(place: Opened, session: Session, delivery_id: int, invoice_id: int, tenant_id: int) -> bool:
    """Whether a delivery also holds invoices that are another tenant's, or nobody's yet."""
    others = select(Invoice).where(Invoice.delivery_id == delivery_id, Invoice.id != invoice_id)
    return any(town_of(place, session, row) != tenant_id for row in session.exec(others).all())


@repeated
def leave_arrivals(place: Opened, delivery_id: int) -> None:
    """Takes a delivery out of the arrivals once one tenant has all its invoices: row first, then the object.

    One with invoices of several tenants stays with the installation, whole; each tenant has its part.
    """
    only, whole = _only_tenant(place, delivery_id)
    with place.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).one()
        held = select(func.count()).select_from(Invoice)
        waiting = work.session.exec(
            held.where(Invoice.delivery_id == delivery_id, col(Invoice.tenant_id).is_(None))
        ).one()
        if row.state != "checked" or waiting:
            return
        row.state = "routed"
        work.session.add(row)
        if only is not None:
            keep_object(work, place.archive, tenant_area(only.name), whole, only.id)
            for part in work.session.exec(_attachments(delivery_id)):
                part.tenant_id = only.id
                work.session.add(part)
            work.event("delivery-arrived", f"delivery/{row.id}", chain=seals.tenant_chain(only.id or 0))
            _give_up(work, row)
        work.event("delivery-routed", row)


def _only_tenant(place: Opened, delivery_id: int) -> tuple[Tenant | None, bytes]:
    """The one tenant that all invoices of a delivery belong to, and its bytes, which lie in its area now."""
    with place.store.reading() as session:
        here = select(Invoice.tenant_id).where(Invoice.delivery_id == delivery_id).distinct()
        owners = session.exec(here).all()
        delivery = session.exec(select(Delivery).where(Delivery.id == delivery_id)).one()
        if len(owners) != 1 or owners[0] is None or delivery.state != "checked":
            return None, b""
        tenant = session.exec(select(Tenant).where(Tenant.id == owners[0])).one()
    whole = place.archive.read(ARRIVALS, delivery.sha256)
    place.archive.put(tenant_area(tenant.name), whole)
    return tenant, whole


def _attachments(delivery_id: int) -> SelectOfScalar[Attachment]:
    """The files of a delivery that still lie with the installation."""
    mine = select(Attachment).join(Invoice, col(Invoice.id) == Attachment.invoice_id)
    return mine.where(Invoice.delivery_id == delivery_id, col(Attachment.tenant_id).is_(None))


def _needed(work: Work, row: Delivery) -> bool:
    """Whether another delivery of the same bytes still lies with the installation, or stays there."""
    same = select(Delivery.id).where(
        Delivery.sha256 == row.sha256, Delivery.state != "routed", Delivery.id != row.id
    )
    return work.session.exec(same).first() is not None


def _give_up(work: Work, row: Delivery) -> None:
    """Takes the object out of the arrivals, unless another delivery needs it: asked once nobody can add one."""
    kept = locked(work, ARRIVALS, row.sha256)
    if kept is None:
        raise StoreError(f"The archive has no row for delivery {row.id}.")
    if _needed(work, row):
        return
    kept.gone = work.time
    work.session.add(kept)
    work.add(Waiting(area=ARRIVALS, sha256=row.sha256))


def sweep(place: Opened) -> None:
    """Unlinks what committed transactions have taken out of an area; not while a backup is made."""
    with place.store.reading() as session:
        rows = list(session.exec(select(Waiting)))
    for row in rows:
        with place.store.writing(people.SERVICE) as work:
            place.store.alone(work.session.connection())
            if held(work.session, BACKUP):
                return
            there = work.session.exec(
                select(Waiting).where(Waiting.id == row.id).with_for_update()
            ).one_or_none()
            if there is None:
                continue
            kept = locked(work, row.area, row.sha256)
            if kept is not None and kept.gone is not None:
                place.archive.remove(row.area, row.sha256)
            work.session.delete(there)


def assign(place: Opened, invoice_id: int, tenant: str, actor: int) -> str:
    """Hands an invoice of the manual queue over to a tenant; the tenant's title. Raises Refused."""
    with place.store.reading() as session:
        owner = people.tenant(session, tenant)
        row = session.exec(select(Invoice).where(Invoice.id == invoice_id)).one_or_none()
    if row is None or row.tenant_id is not None:
        raise Refused(
            f"Invoice {invoice_id} is not in the manual queue.",
            f"Rechnung {invoice_id} wartet nicht auf Zuordnung.",
        )
    said = (row.routed_by or {}).get("asked", [])
    transfer(place, invoice_id, owner.id or 0, {"by": "hand", "asked": said}, actor)
    leave_arrivals(place, row.delivery_id)
    sweep(place)
    return owner.title
