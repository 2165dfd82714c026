"""The Anordnungsbeleg of an invoice: what was approved and booked, who stated what and when, for which state.

One page, made from what a row of a batch keeps (frozen.py): the same state gives the same form, and the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session, col, select

from einvoice.approval.chain import ACTS as STEPS
from einvoice.approval.chain import act_name
from einvoice.approval.creditors import WORDS
from einvoice.approval.discount import Claim
from einvoice.approval.frozen import frozen
from einvoice.approval.postings import DIMENSIONS
from einvoice.approval.signing import state_digest
from einvoice.errors import Refused
from einvoice.model import accounts
from einvoice.render import posted, words
from einvoice.render.forms import Form, Grid, Line, Part
from einvoice.store import people
from einvoice.store.tables import Invoice, Person, Tenant
from einvoice.store.times import in_berlin, moment

Lang = Literal["de", "en"]
Plain = Mapping[str, Any]

ACTS = ("take-over", *STEPS)
"""The acts that a voucher states."""

_VERDICTS = {
    "accepted": ("angenommen", "accepted"),
    "rejected": ("abgelehnt", "rejected"),
    "unchecked": ("nicht geprüft", "unchecked"),
}
_LEVELS: Mapping[str, tuple[str, str]] = {
    "error": ("Fehler", "Errors"),
    "warning": ("Warnungen", "Warnings"),
    "information": ("Hinweise", "Information"),
}


@dataclass(frozen=True, slots=True)
class Voucher:
    """What a voucher says: the content of a row of a batch, the names of the persons in it by number.

    state: the digest of what was signed. demo: it is stamped so.
    """

    invoice_id: int
    content: Plain
    names: Mapping[int, str]
    state: str | None = None
    demo: bool = False


def voucher(session: Session, invoice_id: int) -> Voucher:
    """What the voucher of an invoice says now. Raises Refused for an invoice that no tenant has."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None or invoice.tenant_id is None:
        raise Refused(
            f"There is no invoice {invoice_id} with a tenant.",
            f"Es gibt keine Rechnung {invoice_id} mit Kommune.",
        )
    content = frozen(session, session.get_one(Tenant, invoice.tenant_id), invoice)
    rows = session.exec(select(Person).where(col(Person.id).in_(persons(content))))
    names = {row.id or 0: row.name or f"#{row.id}" for row in rows}
    state = invoice.state_digest or state_digest(session, invoice)
    demo = invoice.demo or people.installation(session).demo
    return Voucher(invoice_id, content, names, state, demo)


def persons(content: Plain) -> set[int]:
    """The persons that a voucher names, by number."""
    found = {person for act in content.get("acts", ()) for person in (act["person"], act["for"]) if person}
    confirmed = (content.get("creditor") or {}).get("confirmed") or {}
    return found | {int(confirmed[key]) for key in ("by", "proposed_by") if confirmed.get(key)}


def form(said: Voucher, lang: Lang = "de") -> Form:
    """The voucher as a page in German (the language of the administration) or English."""
    return _Writer(said, lang).form()


class _Writer:
    """Builds the page; every text in one language."""

    def __init__(self, said: Voucher, lang: Lang) -> None:
        self.said, self.lang, self.row = said, lang, said.content
        self.acts = [act for act in said.content.get("acts", ()) if act["kind"] in ACTS]

    def say(self, de: str, en: str) -> str:
        return de if self.lang == "de" else en

    def form(self) -> Form:
        kinds = {
            True: ("Annahmeanordnung", "Order to collect"),
            False: ("Auszahlungsanordnung", "Order to pay"),
        }
        kind, number = self.say(*kinds[bool(self.row["credit"])]), self.row["number"] or self.row["file"]
        parts = (self.sum(), self.paid_to(), self.booked(), self.stated(), self.checked())
        newest = max((act["time"] for act in self.acts), default=self.row["received"])
        return Form(
            lang=self.lang,
            kicker=self.say("Anordnungsbeleg", "Payment voucher"),
            title=self.say(f"{kind} zu Rechnung {number}", f"{kind}, invoice {number}"),
            author=self.row["tenant"]["title"],
            time=int(moment(newest).timestamp()),
            facts=list(self.facts()),
            parts=[part for part in parts if part.lines or part.grid or part.texts],
            colophon=list(self.colophon()),
            mark="DEMO" if self.said.demo else "" if self.authorised() else self.say("ENTWURF", "DRAFT"),
            words={"page": self.say("Seite", "Page"), "of": self.say("von", "of")},
        )

    def authorised(self) -> bool:
        return any(act["kind"] == "authorise" for act in self.acts)

    def facts(self) -> Iterator[Line]:
        row, office = self.row, self.row.get("office")
        stated = (
            ("Kommune", "Municipality", row["tenant"]["title"]),
            ("Amt", "Office", f"{office['code']} {office['name']}" if office else None),
            ("Verkäufer", "Seller", row["seller"]),
            ("Kreditor", "Creditor", row["creditor"]["number"]),
            ("Rechnungsdatum", "Invoice date", self.day(row["issue_date"])),
            ("Eingang", "Arrived", self.time(row["received"])),
            ("Fällig", "Due", self.day(row["due_date"])),
            ("Leitweg-ID", "Leitweg-ID", row["buyer_reference"]),
            ("Auftrag", "Order", row["order_reference"]),
            ("Vorgang", "Case", f"#{self.said.invoice_id}"),
        )
        for de, en, value in stated:
            if value:
                yield Line(self.say(de, en), value)

    def sum(self) -> Part:
        gross, approved = self.row["gross"], self.row["approved"]
        lines = [Line(self.say("Rechnungsbetrag (brutto)", "Invoice total (gross)"), self.amount(gross))]
        lines += [self.deduction(one) for one in self.row.get("deductions", ())]
        names = {
            True: ("Zu vereinnahmen", "To be collected"),
            False: ("Angeordneter Betrag", "Amount authorised"),
        }
        name = self.say(*names[bool(self.row["credit"])])
        lines.append(Line(name, self.amount(gross if approved is None else approved), strong=True))
        vat = sum((Decimal(one["vat"] or 0) for one in self.row["postings"]), Decimal("0.00"))
        if vat:
            lines.append(Line(self.say("darin Umsatzsteuer", "VAT in it"), self.amount(vat)))
        return Part(self.say("Betrag", "Amount"), [*lines, *self.skonto()], sums=True)

    def deduction(self, one: Plain) -> Line:
        label, until = posted.deduction(one["kind"], self.lang), self.day(one.get("until"))
        label = label[:1].upper() + label[1:]
        label += self.say(f", Position {one['line']}", f", line {one['line']}") if one.get("line") else ""
        label += self.say(f", bis {until}", f", until {until}") if until else ""
        return Line(
            label,
            self.amount(-Decimal(one["amount"] or 0)),
            note=posted.reason(one["kind"], one["reason"] or "", self.lang),
        )

    def skonto(self) -> Iterator[Line]:
        for tier in Claim.parse(self.row["claim"]).tiers:
            rate, base = words.percent(str(tier.percent), self.lang), self.amount(tier.base)
            until = self.day(str(tier.until))
            label = self.say(f"Skonto bei Zahlung bis {until}", f"Skonto if paid by {until}")
            yield Line(
                label, self.amount(-tier.off), note=self.say(f"{rate} von {base}", f"{rate} of {base}")
            )

    def paid_to(self) -> Part:
        found, title = self.row.get("account"), self.say("Zahlung", "Payment")
        if not found:
            return Part(title)
        if found["status"] == "none-needed":
            return Part(title, [Line(self.say("Überweisung", "Transfer"), self.say(*found["why"]))])
        iban = accounts.grouped(found["iban"]) or "–"
        lines = [Line(self.say("Empfänger", "Payee"), found["holder"] or "–")]
        return Part(title, [*lines, Line("IBAN", iban, note=self.status(found))])

    def status(self, found: Plain) -> str:
        said, confirmed = self.say(*WORDS[found["status"]]), self.row["creditor"].get("confirmed")
        if found["status"] != "confirmed" or not confirmed:
            return said
        by = [self.named(int(confirmed[key])) for key in ("proposed_by", "by") if confirmed.get(key)]
        return f"{said}, {self.time(confirmed['at'])}, {' + '.join(dict.fromkeys(by))}: {confirmed['source'] or ''}"

    def booked(self) -> Part:
        rows = self.row["postings"]
        if not rows:
            return Part("")
        used = [name for name in DIMENSIONS if name != "text" and any(row.get(name) for row in rows)]
        cells = [
            (*(row.get(name) or "" for name in used), self.rate(row), self.amount(row["amount"]))
            for row in rows
        ]
        whole = sum((Decimal(row["amount"] or 0) for row in rows), Decimal("0.00"))
        total = (*([""] * len(used)), self.say("Summe", "Sum"), self.amount(whole)) if len(rows) > 1 else ()
        heads = (*(self.heading(name) for name in used), self.say("USt", "VAT"), self.say("Betrag", "Amount"))
        grid = Grid(heads, (*([False] * len(used)), True, True), tuple(cells), total)
        return Part(self.say("Kontierung", "Posting"), grid=grid)

    def heading(self, name: str) -> str:
        de, en = DIMENSIONS[name]
        return self.say(de, en.capitalize())

    def rate(self, row: Plain) -> str:
        rate = row.get("vat_rate")
        return (
            words.percent(f"{Decimal(rate).normalize():f}", self.lang)
            if rate
            else row.get("vat_category") or ""
        )

    def stated(self) -> Part:
        title = self.say("Feststellung und Anordnung", "Confirmation and authorisation")
        if not self.acts:
            return Part(title, texts=[self.say("Noch nicht bestätigt.", "Not confirmed yet.")])
        heads = self.say("Vermerk|Person|Zeit|Wortlaut", "Act|Person|Time|Statement").split("|")
        rows = [
            (said, self.person(act), self.time(act["time"]), act["statement"])
            for said, act in self.together()
        ]
        return Part(title, grid=Grid(tuple(heads), (False,) * 4, tuple(rows)))

    def together(self) -> Iterable[tuple[str, Plain]]:
        """The acts; those that one person did in one go with the same words stand in one row."""
        done: list[tuple[str, Plain]] = []
        for act in self.acts:
            name, last = act_name(act["kind"], self.lang), done[-1][1] if done else {}
            if all(last.get(key) == act[key] for key in ("person", "for", "time", "statement")):
                done[-1] = (f"{done[-1][0]}, {name}", act)
            else:
                done.append((f"{name[:1].upper()}{name[1:]}", act))
        return done

    def person(self, act: Plain) -> str:
        name = self.named(act["person"])
        if not act["for"]:
            return name
        absent = self.named(act["for"])
        return self.say(f"{name}, in Vertretung für {absent}", f"{name}, standing in for {absent}")

    def named(self, number: int) -> str:
        return self.said.names.get(number, f"#{number}")

    def checked(self) -> Part:
        verdict = self.say(*_VERDICTS.get(self.row["verdict"], (self.row["verdict"],) * 2))
        lines = [Line(self.say("Urteil", "Verdict"), verdict, note=self.row.get("release") or "")]
        for level, name in _LEVELS.items():
            if rules := (self.row.get("findings") or {}).get(level):
                lines.append(Line(self.say(*name), f"{len(rules)}: {', '.join(dict.fromkeys(rules))}"))
        return Part(self.say("Prüfung", "Check"), lines)

    def colophon(self) -> Iterator[str]:
        xml, delivery = self.row["sha256"], self.row.get("delivery_sha256")
        state = self.said.state or self.row["state_digest"] or ""
        yield self.say("Stand der Rechnung, SHA-256: ", "State of the invoice, SHA-256: ") + groups(state)
        if xml:
            yield self.say("Rechnung (XML), SHA-256: ", "Invoice (XML), SHA-256: ") + groups(xml)
        if delivery and delivery != xml:
            yield (
                self.say("Im Archiv: ", "In the archive: ")
                + f"{self.row['file']}, SHA-256: {groups(delivery)}"
            )
        if self.authorised():
            yield self.say(
                "Elektronisch bestätigt und angeordnet mit einvoice; jeder Vermerk ist ein Ereignis in der Kette der "
                "Kommune (einvoice archive verify). Maßgeblich ist die strukturierte Rechnung.",
                "Confirmed and authorised electronically with einvoice; each act is an event in the town's chain "
                "(einvoice archive verify). The structured invoice is authoritative.",
            )

    def amount(self, value: Decimal | str | None) -> str:
        return "–" if value is None else words.amount(str(value), self.lang, self.row["currency"])

    def day(self, text: str | None) -> str:
        return words.day(text, self.lang) if text else ""

    def time(self, stored: str) -> str:
        return in_berlin(stored).strftime(self.say("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M"))


def groups(digest: str) -> str:
    """A digest in groups of eight, which two persons can compare by eye."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
