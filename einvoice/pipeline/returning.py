"""Returning an invoice to its supplier, with a reply: composed from the findings, a draft in the outbox or ready.

The act and the reply that is due are written in one transaction: no crash loses one or makes two.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlmodel import Session, col, select

from einvoice.approval import refusals
from einvoice.approval.acts import set_aside
from einvoice.approval.persons import Actor
from einvoice.errors import ConfigurationError, Refused
from einvoice.formats.mail import address, heads
from einvoice.intake.addressee import proved_sender
from einvoice.intake.answers import Words
from einvoice.intake.checking import check
from einvoice.intake.returns import POLICY, as_page, reply
from einvoice.intake.smtp import MailSettings
from einvoice.pipeline.answering import on_record
from einvoice.pipeline.house import release_options
from einvoice.pipeline.routing import area_of
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Delivery, Invoice, Outbox, Report, Tenant
from einvoice.store.times import day_of
from einvoice.validation.report import Report as Verdict
from einvoice.validation.report import report_from


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply and whom it may go to (None: nobody is proved or on record). about: the mail it answers, if any."""

    words: Words
    recipient: str | None
    about: str | None


def letter(
    place: Opened, number: int, reason: str, lang: Literal["de", "en"] = "de", *, warnings: bool = False
) -> Letter:
    """The reply that returning an invoice would make. Raises Refused where there is none, ConfigurationError."""
    if not reason.strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    with place.store.reading() as session:
        invoice = session.get(Invoice, number)
        if invoice is None or invoice.tenant_id is None:
            raise Refused(
                f"There is no invoice {number} with a tenant.",
                f"Es gibt keine Rechnung {number} mit Kommune.",
            )
        town = session.get_one(Tenant, invoice.tenant_id)
        settings = people.policy(session, invoice.tenant_id, POLICY)
        delivery = session.get_one(Delivery, invoice.delivery_id)
        area = area_of(session, delivery)
        data = place.archive.read(area, delivery.sha256) if area else b""
        found = _verdict(place, session, invoice, delivery, data, lang)
        known = on_record(session, invoice)
    fields = heads(data) if delivery.container == "eml" else []
    mail = place.workplace.mail
    sender = proved_sender(fields, mail.authserv_id) if mail else None
    made = reply(found, invoice.received, reason, lang, town.title, settings, warnings=warnings)
    return Letter(made, sender or known, dict(fields).get("message-id"))


def edited(made: Letter, subject: str, text: str, lang: Literal["de", "en"]) -> Letter:
    """A reply as a person has changed it; as it is where he has not. Raises Refused for one without words."""
    subject, text = " ".join(subject.split())[:200], text.replace("\r\n", "\n")
    if not subject or not text.strip():
        raise Refused("A reply needs subject and text.", "Eine Antwort braucht Betreff und Text.")
    if (subject, text.strip()) == (made.words.subject, made.words.text.strip()):
        return made
    return replace(made, words=Words(subject, text, as_page(text, lang)))


def give_back(
    place: Opened, who: Actor, number: int, reason: str, made: Letter | None, to: str | None, *, send: bool
) -> int | None:
    """Returns an invoice; the number of the reply in the outbox, a draft or (send) ready, None without a reply.

    to: an address a person names in place of that proved or on record. Raises Refused; then nothing is done.
    """
    mail = place.workplace.mail
    if made is not None:
        _can_be_sent(place, number, made, to)
    with (
        refusals.logged(place.store, who, "return", f"invoice/{number}"),
        place.store.writing(who.person_id) as work,
    ):
        invoice = set_aside(work, who, number, "returned", "return", reason)
        if made is None or mail is None:
            return None
        row = Outbox(
            tenant_id=invoice.tenant_id,
            delivery_id=invoice.delivery_id,
            invoice_id=number,
            once=f"return/{number}/{invoice.round}",
            recipient=to or made.recipient,
            state="ready" if send else "draft",
            made=work.time,
        )
        work.add(row)
        work.session.flush()
        uuid = people.installation(work.session).uuid
        row.content = _content(made, mail, f"<einvoice.{uuid}.{row.id}@{mail.address.rpartition('@')[2]}>")
        work.session.add(row)
        work.event(f"answer-{row.state}", row)
    return row.id


def _can_be_sent(place: Opened, number: int, made: Letter, to: str | None) -> None:
    if place.workplace.mail is None:
        raise ConfigurationError(
            f"{place.workplace.file}: replies are sent as [mail] says; there is none.",
            f"{place.workplace.file}: Wie gesendet wird, sagt [mail]; das fehlt.",
        )
    if to is None and made.recipient is None:
        raise Refused(
            f"Invoice {number}: no address of the supplier is proved or on record: say --to.",
            f"Rechnung {number}: Keine Adresse des Lieferanten ist bewiesen oder hinterlegt: bitte --to angeben.",
        )
    if to is not None and address(to) is None:
        raise Refused(f"{to} is no mail address.", f"{to} ist keine Mailadresse.")


def _content(made: Letter, mail: MailSettings, message_id: str) -> dict[str, Any]:
    fields = {"From": mail.sender, "Subject": made.words.subject, "Message-ID": message_id}
    if made.about:
        fields |= {"In-Reply-To": made.about, "References": made.about}
    return {"fields": fields, "text": made.words.text, "html": made.words.html}


def _verdict(
    place: Opened,
    session: Session,
    invoice: Invoice,
    delivery: Delivery,
    data: bytes,
    lang: Literal["de", "en"],
) -> Verdict:
    """The report on an invoice in a language; the record is in German."""
    last = select(Report).where(Report.invoice_id == invoice.id).order_by(col(Report.id).desc())
    kept = report_from((session.exec(last.limit(1)).one().content or {})["report"])
    if lang == "de" or not data:
        return kept
    options = replace(release_options(place, day_of(delivery.received)), lang=lang)
    said = [one for one, _ in check(data, delivery.name, options)]
    return next((one for one in said if one.document == invoice.path), kept)
