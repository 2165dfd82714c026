"""Answers to deliveries: what waits is composed once the delivery is checked, as a draft or ready to be sent.

That an answer is due is written in the same transaction as the delivery; so no crash loses one or makes two.
"""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from einvoice.errors import ConfigurationError, EinvoiceError
from einvoice.formats.letter import letter
from einvoice.formats.mail import address, heads
from einvoice.intake.addressee import loop, proved_sender
from einvoice.intake.answers import has_invoice, words
from einvoice.intake.checking import check
from einvoice.intake.smtp import MailSettings
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.store import repeated
from einvoice.store.tables import (
    INSTALLATION,
    Address,
    ArchiveObject,
    Creditor,
    Delivery,
    Invoice,
    Outbox,
    Report,
    Source,
    Tenant,
)
from einvoice.store.times import day_of, moment
from einvoice.validation.options import Options
from einvoice.validation.report import Report as Verdict
from einvoice.validation.report import report_from

_CAREFUL = ("off", "draft", "send")


@dataclass(frozen=True, slots=True)
class _Case:
    """A delivery that may be answered: what is known about it."""

    row: Outbox
    delivery: Delivery
    mode: str
    tenant: Tenant | None
    reports: list[Verdict]
    own: frozenset[str]
    on_record: str | None
    uuid: str


def compose(place: Opened) -> list[EinvoiceError]:
    """Decides about all answers whose delivery is checked; the problems with templates."""
    problems: list[EinvoiceError] = []
    with place.store.reading() as session:
        query = select(Outbox.id).where(Outbox.state == "waiting").order_by(col(Outbox.id))
        waiting = [number for number in session.exec(query) if number is not None]
    for number in waiting:
        case = _case(place, number)
        try:
            if case is not None:
                _decide(place, case)
        except ConfigurationError as error:
            if str(error) not in {str(one) for one in problems}:
                problems.append(error)
    return problems


def _case(place: Opened, number: int) -> _Case | None:
    """What is known about a waiting answer; None as long as its delivery is not wholly checked."""
    with place.store.reading() as session:
        row = session.exec(select(Outbox).where(Outbox.id == number)).one()
        delivery = session.exec(select(Delivery).where(Delivery.id == row.delivery_id)).one()
        invoices = session.exec(
            select(Invoice)
            .where(Invoice.delivery_id == delivery.id, Invoice.position > 0)
            .order_by(col(Invoice.position))
        ).all()
        if delivery.state not in ("checked", "routed") or any(
            one.state in ("checked", "unchecked") for one in invoices
        ):
            return None
        owners = {one.tenant_id for one in invoices}
        tenant = session.get(Tenant, owners.pop()) if len(owners) == 1 and None not in owners else None
        source = session.exec(select(Source.name).where(Source.id == delivery.source_id)).one()
        own = session.exec(select(Address.value).where(Address.kind == "mail")).all()
        return _Case(
            row=row,
            delivery=delivery,
            mode=_mode(place, session, source, tenant),
            tenant=tenant,
            reports=[_report(session, one.id or 0) for one in invoices],
            own=frozenset(one.lower() for one in own),
            on_record=on_record(session, invoices[0]) if tenant is not None else None,
            uuid=people.installation(session).uuid,
        )


def _mode(place: Opened, session: Session, source: str, tenant: Tenant | None) -> str:
    """The more careful of what the source and the tenant want; a tenant that says nothing goes with the source."""
    stated = next((one.answer for one in place.workplace.sources if one.name == source), "off")
    wanted = people.policy(session, tenant.id or 0, "answers").get("mode", stated) if tenant else stated
    return min(stated, str(wanted), key=_CAREFUL.index)


def _report(session: Session, invoice: int) -> Verdict:
    last = select(Report).where(Report.invoice_id == invoice).order_by(col(Report.id).desc()).limit(1)
    return report_from((session.exec(last).one().content or {})["report"])


def on_record(session: Session, invoice: Invoice) -> str | None:
    """The address that the tenant keeps for the supplier."""
    if not invoice.seller_vat_id:
        return None
    query = select(Creditor.mail).where(
        Creditor.tenant_id == invoice.tenant_id, Creditor.vat_id == invoice.seller_vat_id
    )
    return next((found for mail in session.exec(query) if (found := address(mail or ""))), None)


def _decide(place: Opened, case: _Case) -> None:
    settings = place.workplace.mail
    if settings is None or case.mode == "off":
        return _settle(place, case, "none", "off")
    if not has_invoice(case.reports):
        return _settle(place, case, "none", "no-invoice")
    data = _bytes(place, case.delivery)
    said = heads(data) if case.delivery.container == "eml" else []
    if said and (why := loop(said, case.own | {settings.address})):
        return _settle(place, case, "none", why)
    recipient = proved_sender(said, settings.authserv_id) or case.on_record
    if recipient is None or recipient in case.own | {settings.address}:
        return _settle(place, case, "none", "sender-not-proved")
    state = "ready" if case.mode == "send" else "draft"
    return _settle(place, case, state, None, recipient, _content(case, settings, data, dict(said)))


def _bytes(place: Opened, delivery: Delivery) -> bytes:
    """The delivery, from whichever area it lies in now."""
    with place.store.reading() as session:
        query = select(ArchiveObject).where(
            ArchiveObject.sha256 == delivery.sha256, col(ArchiveObject.gone).is_(None)
        )
        found = session.exec(query).first()
    return place.archive.read(found.area, found.sha256) if found else b""


def _content(case: _Case, settings: MailSettings, data: bytes, said: dict[str, str]) -> dict[str, Any]:
    reports = case.reports
    if settings.lang != "de":  # the record is in German
        day = day_of(case.delivery.received)
        reports = [one for one, _ in check(data, case.delivery.name, Options(day=day, lang=settings.lang))]
    title = case.tenant.title if case.tenant else None
    made = words(reports, moment(case.delivery.received), settings.lang, title, settings.letters)
    domain = settings.address.rpartition("@")[2]
    fields = {
        "From": settings.sender,
        "Subject": made.subject,
        "Message-ID": f"<einvoice.{case.uuid}.{case.row.id}@{domain}>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
    }
    if message_id := said.get("message-id"):
        fields |= {"In-Reply-To": message_id, "References": message_id}
    return {"fields": fields, "text": made.text, "html": made.html}


@repeated
def _settle(
    place: Opened,
    case: _Case,
    state: str,
    why: str | None,
    recipient: str | None = None,
    content: dict[str, Any] | None = None,
) -> None:
    """Writes the decision; from now on the answer belongs to the tenant of its delivery."""
    with place.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Outbox).where(Outbox.id == case.row.id).with_for_update()).one()
        if row.state != "waiting":
            return
        row.state, row.problem, row.recipient, row.content = state, why, recipient, content
        row.tenant_id = case.tenant.id if case.tenant else None
        work.session.add(row)
        work.event(f"answer-{state}", row)
        if row.tenant_id is not None:
            work.event("answer-transferred", f"outbox/{row.id}", chain=INSTALLATION)


def mail_of(row: Outbox) -> bytes:
    """The bytes of an answer: the same whenever it is sent."""
    content: dict[str, Any] = row.content or {}
    fields = {**content["fields"], "To": row.recipient or ""}
    return letter(fields, moment(row.made), content["text"], content["html"])
