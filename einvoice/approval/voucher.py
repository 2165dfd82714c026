"""The Anordnungsbeleg of an invoice: what was approved and booked, who stated what and when, for which state.

One page, made from the store alone: the same state gives the same form, and with it the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from einvoice.approval.acts import state_digest
from einvoice.approval.bank import confirmers
from einvoice.approval.creditors import WORDS, Payee, payee
from einvoice.approval.discount import claim
from einvoice.approval.postings import DIMENSIONS
from einvoice.errors import Refused
from einvoice.model import accounts
from einvoice.model.credit import is_credit
from einvoice.render import posted, words
from einvoice.render.forms import Form, Grid, Line, Part
from einvoice.store import people
from einvoice.store.tables import (
    Act,
    Deduction,
    Delivery,
    Invoice,
    Office,
    Person,
    Posting,
    Report,
    Tenant,
)
from einvoice.store.times import moment

Lang = Literal["de", "en"]
_BERLIN = ZoneInfo("Europe/Berlin")

ACTS: Mapping[str, tuple[str, str]] = {
    "take-over": ("Übernommen", "Taken over"),
    "assign": ("Zugeordnet", "Assigned"),
    "confirm-factual": ("Sachlich richtig", "Right in substance"),
    "confirm-arithmetic": ("Rechnerisch richtig", "Right in figures"),
    "budget": ("Mittel und Kontierung", "Funds and posting"),
    "authorise": ("Angeordnet", "Authorised"),
    "visa": ("Visum der Rechnungsprüfung", "Visa of the audit office"),
}
"""The acts that a voucher states, in German and English."""

_VERDICTS = {
    "accepted": ("angenommen", "accepted"),
    "rejected": ("abgelehnt", "rejected"),
    "unchecked": ("nicht geprüft", "unchecked"),
}
_SHOWN = tuple(name for name in DIMENSIONS if name != "text")


@dataclass(frozen=True, slots=True)
class Voucher:
    """All that a voucher says, as rows of the store. names: persons by number; digest: of the state as it is now."""

    tenant: Tenant
    office: Office | None
    invoice: Invoice
    delivery: Delivery | None
    postings: Sequence[Posting]
    deductions: Sequence[Deduction]
    acts: Sequence[Act]
    names: Mapping[int, str]
    paid_to: Payee
    confirmed_by: Sequence[str]
    report: Mapping[str, Any]
    digest: str
    demo: bool


def voucher(session: Session, invoice_id: int) -> Voucher:
    """What the voucher of an invoice says now. Raises Refused for an invoice that no tenant has."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None or invoice.tenant_id is None:
        raise Refused(
            f"There is no invoice {invoice_id} with a tenant.",
            f"Es gibt keine Rechnung {invoice_id} mit Kommune.",
        )
    query = select(Act).where(Act.invoice_id == invoice_id, Act.round == invoice.round)
    acts = list(
        session.exec(query.where(col(Act.undone).is_(None), col(Act.kind).in_(ACTS)).order_by(col(Act.id)))
    )
    paid_to = payee(session, invoice)
    last = select(Report).where(Report.invoice_id == invoice_id).order_by(col(Report.id).desc())
    report = session.exec(last).first()
    return Voucher(
        tenant=session.get_one(Tenant, invoice.tenant_id),
        office=session.get(Office, invoice.office_id) if invoice.office_id else None,
        invoice=invoice,
        delivery=session.get(Delivery, invoice.delivery_id),
        postings=_of(session, Posting, invoice_id, col(Posting.position)),
        deductions=_of(session, Deduction, invoice_id, col(Deduction.id)),
        acts=acts,
        names=_names(session, acts),
        paid_to=paid_to,
        confirmed_by=confirmers(session, paid_to.account) if paid_to.account else (),
        report=(report.content or {}).get("report") or {} if report else {},
        digest=state_digest(session, invoice),
        demo=invoice.demo or people.installation(session).demo,
    )


def _of(session: Session, table: Any, invoice_id: int, order: Any) -> list[Any]:
    return list(session.exec(select(table).where(table.invoice_id == invoice_id).order_by(order)))


def _names(session: Session, acts: Sequence[Act]) -> dict[int, str]:
    wanted = {act.person_id for act in acts} | {act.for_person_id for act in acts if act.for_person_id}
    rows = session.exec(select(Person).where(col(Person.id).in_(wanted)))
    return {row.id or 0: row.name or f"#{row.id}" for row in rows}


def form(said: Voucher, lang: Lang = "de") -> Form:
    """The voucher as a page in German (the language of the administration) or English."""
    return _Writer(said, lang).form()


class _Writer:
    """Builds the page; every text in one language."""

    def __init__(self, said: Voucher, lang: Lang) -> None:
        self.said, self.lang, self.invoice = said, lang, said.invoice
        self.credit = is_credit(said.invoice.type_code, said.invoice.syntax)

    def say(self, de: str, en: str) -> str:
        return de if self.lang == "de" else en

    def form(self) -> Form:
        kind = self.say("Annahmeanordnung", "Order to collect") if self.credit else self.say(
            "Auszahlungsanordnung", "Order to pay"
        )  # fmt: skip
        number = self.invoice.number or self.invoice.file
        parts = (self.sum(), self.paid_to(), self.booked(), self.stated(), self.checked())
        return Form(
            lang=self.lang,
            kicker=self.say("Anordnungsbeleg", "Voucher") + f" · {kind}",
            title=self.say(f"Rechnung {number}", f"Invoice {number}"),
            author=self.said.tenant.title,
            time=int(moment(self.newest()).timestamp()),
            facts=list(self.facts()),
            parts=[part for part in parts if part.lines or part.grid or part.texts],
            colophon=list(self.colophon()),
            mark=self.mark(),
            words={"page": self.say("Seite", "Page"), "of": self.say("von", "of")},
        )

    def newest(self) -> str:
        return max((act.time for act in self.said.acts), default=self.invoice.received)

    def mark(self) -> str:
        if self.said.demo:
            return "DEMO"
        authorised = any(act.kind == "authorise" for act in self.said.acts)
        return "" if authorised else self.say("ENTWURF", "DRAFT")

    def facts(self) -> Iterator[Line]:
        invoice, creditor = self.invoice, self.said.paid_to.creditor
        office = self.said.office
        number = creditor.number if creditor and creditor.number else None
        stated = (
            ("Kommune", "Municipality", self.said.tenant.title),
            ("Amt", "Office", f"{office.code} {office.name}" if office else None),
            ("Verkäufer", "Seller", invoice.seller),
            ("Kreditor", "Creditor", number),
            ("Rechnungsdatum", "Invoice date", self.day(invoice.issue_date)),
            ("Eingang", "Arrived", self.time(invoice.received)),
            ("Fällig", "Due", self.day(invoice.due_date)),
            ("Leitweg-ID", "Leitweg-ID", invoice.buyer_reference),
            ("Auftrag", "Order", invoice.order_reference),
            ("Vorgang", "Case", f"#{invoice.id}"),
        )
        for de, en, value in stated:
            if value:
                yield Line(self.say(de, en), value)

    def sum(self) -> Part:
        gross, approved = self.invoice.gross, self.invoice.approved
        lines = [Line(self.say("Rechnungsbetrag (brutto)", "Invoice total (gross)"), self.amount(gross))]
        for one in self.said.deductions:
            label = posted.deduction(one.kind, self.lang).capitalize()
            where = self.say(f", Position {one.line}", f", line {one.line}") if one.line else ""
            until = (
                self.say(f", bis {self.day(one.until)}", f", until {self.day(one.until)}")
                if one.until
                else ""
            )
            lines.append(
                Line(label + where + until, self.amount(-(one.amount or Decimal())), note=one.reason)
            )
        shown = self.amount(gross if approved is None else approved)
        ordered = self.say("Zu vereinnahmen", "To be collected") if self.credit else self.say(
            "Angeordneter Betrag", "Amount authorised"
        )  # fmt: skip
        lines.append(Line(ordered, shown, strong=True))
        vat = sum((one.vat or Decimal() for one in self.said.postings), Decimal("0.00"))
        if vat:
            lines.append(Line(self.say("darin Umsatzsteuer", "VAT in it"), self.amount(vat)))
        lines += self.skonto()
        return Part(self.say("Betrag", "Amount"), lines, sums=True)

    def skonto(self) -> Iterator[Line]:
        for tier in claim(self.invoice).tiers:
            rate, base = words.percent(str(tier.percent), self.lang), self.amount(tier.base)
            until = self.day(str(tier.until))
            label = self.say(f"Skonto bei Zahlung bis {until}", f"Skonto if paid by {until}")
            yield Line(
                label, self.amount(-tier.off), note=self.say(f"{rate} von {base}", f"{rate} of {base}")
            )

    def paid_to(self) -> Part:
        found, title = self.said.paid_to, self.say("Zahlung", "Payment")
        if found.status == "none-needed":
            return Part(title, [Line(self.say("Überweisung", "Transfer"), self.say(*found.why))])
        lines = [Line(self.say("Empfänger", "Payee"), found.holder or "–")]
        lines.append(Line("IBAN", accounts.grouped(found.iban) or "–", note=self.status(found)))
        return Part(title, lines)

    def status(self, found: Payee) -> str:
        said, row = self.say(*WORDS[found.status]), found.account
        if found.status != "confirmed" or row is None:
            return said
        by, when = " + ".join(self.said.confirmed_by), self.time(row.confirmed_at or "")
        return f"{said}, {when}, {by}: {row.source or ''}"

    def booked(self) -> Part:
        rows = self.said.postings
        used = [name for name in _SHOWN if any(getattr(row, name) not in (None, "") for row in rows)]
        if not rows:
            return Part("")
        heads = [self.heading(name) for name in used]
        amounts = [row.amount or Decimal() for row in rows]
        cells = [
            (*(str(getattr(row, name) or "") for name in used), self.rate(row), self.amount(amount))
            for row, amount in zip(rows, amounts, strict=True)
        ]
        total = (*([""] * len(used)), self.say("Summe", "Sum"), self.amount(sum(amounts, Decimal("0.00"))))
        grid = Grid(
            (*heads, self.say("USt", "VAT"), self.say("Betrag", "Amount")),
            (*([False] * len(used)), True, True),
            tuple(cells),
            total if len(rows) > 1 else (),
        )
        return Part(self.say("Kontierung", "Posting"), grid=grid)

    def heading(self, name: str) -> str:
        de, en = DIMENSIONS[name]
        return self.say(de, en.capitalize())

    def rate(self, row: Posting) -> str:
        if row.vat_rate is None:
            return row.vat_category or ""
        return words.percent(f"{row.vat_rate.normalize():f}", self.lang)

    def stated(self) -> Part:
        title = self.say("Feststellung und Anordnung", "Confirmation and authorisation")
        if not self.said.acts:
            return Part(title, texts=[self.say("Noch nicht bestätigt.", "Not confirmed yet.")])
        heads = self.say("Vermerk|Person|Zeit|Wortlaut", "Act|Person|Time|Statement").split("|")
        rows = [
            (kinds, self.person(act), self.time(act.time), act.statement) for kinds, act in self.together()
        ]
        return Part(title, grid=Grid(tuple(heads), (False,) * 4, tuple(rows)))

    def together(self) -> Iterator[tuple[str, Act]]:
        """The acts; those that one person did in one go with the same words stand in one row."""
        done: list[tuple[str, Act]] = []
        for act in self.said.acts:
            name = self.say(*ACTS[act.kind])
            before = done[-1][1] if done else None
            if before and (before.person_id, before.time, before.statement) == (
                act.person_id,
                act.time,
                act.statement,
            ):
                done[-1] = (f"{done[-1][0]}, {name[0].lower()}{name[1:]}", act)
            else:
                done.append((name, act))
        yield from done

    def person(self, act: Act) -> str:
        name = self.said.names.get(act.person_id, f"#{act.person_id}")
        if not act.for_person_id:
            return name
        absent = self.said.names.get(act.for_person_id, f"#{act.for_person_id}")
        return self.say(f"{name}, in Vertretung für {absent}", f"{name}, standing in for {absent}")

    def checked(self) -> Part:
        verdict = self.say(*_VERDICTS.get(self.invoice.verdict, (self.invoice.verdict,) * 2))
        lines = [Line(self.say("Urteil", "Verdict"), verdict, note=self.invoice.release or "")]
        found = self.said.report.get("findings") or ()
        counted = {level: [one["rule"] for one in found if one["severity"] == level] for level in _LEVELS}
        for level, (de, en) in _LEVELS.items():
            if counted[level]:
                ids = ", ".join(sorted(set(counted[level])))
                lines.append(Line(self.say(de, en), f"{len(counted[level])}: {ids}"))
        return Part(self.say("Prüfung", "Check"), lines)

    def colophon(self) -> Iterator[str]:
        invoice, delivery = self.invoice, self.said.delivery
        yield self.say(
            "Stand, der bestätigt und angeordnet ist: ", "State that was confirmed and authorised: "
        ) + (groups(self.said.digest))
        if invoice.sha256:
            yield self.say("Rechnung (XML), SHA-256: ", "Invoice (XML), SHA-256: ") + groups(invoice.sha256)
        if delivery is not None and delivery.sha256 != invoice.sha256:
            name = f"{delivery.name}, SHA-256: "
            yield self.say("Im Archiv: ", "In the archive: ") + name + groups(delivery.sha256)
        yield self.say(
            "Elektronisch bestätigt und angeordnet mit einvoice; jeder Vermerk ist ein Ereignis in der Kette der "
            "Kommune (einvoice archive verify). Maßgeblich ist die strukturierte Rechnung.",
            "Confirmed and authorised electronically with einvoice; each act is an event in the town's chain "
            "(einvoice archive verify). The structured invoice is authoritative.",
        )

    def amount(self, value: Decimal | None) -> str:
        return "–" if value is None else words.amount(f"{value:f}", self.lang, self.invoice.currency)

    def day(self, text: str | None) -> str:
        return words.day(text, self.lang) if text else ""

    def time(self, stored: str) -> str:
        here = moment(stored).astimezone(_BERLIN)
        return here.strftime(self.say("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M"))


_LEVELS: Mapping[str, tuple[str, str]] = {
    "error": ("Fehler", "Errors"),
    "warning": ("Warnungen", "Warnings"),
    "information": ("Hinweise", "Information"),
}


def groups(digest: str) -> str:
    """A digest in groups of eight, which two persons can compare by eye."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
