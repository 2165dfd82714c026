"""An invoice on its way to its place, and the delivery it came in: all that is known before anything is written."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from einvoice.approval.proposing import Ruled
from einvoice.intake.checking import Facts
from einvoice.intake.duplicates import supplier
from einvoice.model.discounts import offered, until
from einvoice.model.lexical import decimal, iso_date
from einvoice.pipeline.house import Content, Judged, with_house
from einvoice.store import seals
from einvoice.store.bulk import made
from einvoice.store.columns import Written
from einvoice.store.tables import Attachment, Delivery, Invoice, Report, Row, Tenant, canonical
from einvoice.validation.report import Report as Verdict
from einvoice.validation.report import Summary

Found = list[tuple[Verdict, Facts]]
"""What a look at a delivery has found: a report and facts for each invoice."""

SEARCHED = 500
"""Characters of an invoice that lists search: number, seller and amounts; an index holds them."""


@dataclass(slots=True)
class Case:
    """One invoice and where it goes.

    position: in its delivery, from 1. contents: of its reports, oldest first; known: how many are recorded.
    why: by whom or what it was routed, and what each layer that was asked had answered; tenant None: to nobody.
    data: what goes to the tenant; shared: others have a part in its delivery. house: what the town's own rules said;
    ruled: what its posting rules said.
    row: its record, once a transaction has it; news: the rows about it that are written with it.
    """

    position: int
    contents: list[Content]
    known: int = 0
    id: int | None = None
    why: dict[str, Any] = field(default_factory=dict)
    tenant: Tenant | None = None
    data: bytes = b""
    shared: bool = False
    house: Judged | None = None
    ruled: Ruled = field(default_factory=dict)
    row: Invoice | None = None
    news: list[Row] = field(default_factory=list)

    @property
    def unchecked(self) -> bool:
        """Whether our side could not check it."""
        return bool(self.contents[-1]["report"]["verdict"] == "unchecked")

    @property
    def content(self) -> Content:
        """Its last report, with what the house rules said."""
        return self.contents[-1] if self.house is None else with_house(self.contents[-1], self.house)

    @property
    def new_contents(self) -> list[Content]:
        """The reports that are not recorded."""
        house = [] if self.house is None else [self.content]
        return [*self.contents[self.known :], *house]

    @property
    def record(self) -> Invoice:
        """Its row."""
        assert self.row is not None
        return self.row

    @property
    def number(self) -> int:
        """The number of its row."""
        return self.record.id or 0


@dataclass(slots=True)
class Plan:
    """What is to become of a delivery, as it was. found: what a look has found (None: it is checked already).

    towns: of each of its invoices, the tenant it has or would get (None: nobody); only: the one that has them all.
    cases: those that go to their place now; unchecked: those that have none yet. waits: some are left without one.
    contents: the last report on each of its invoices. row: its record, once a transaction has it.
    """

    delivery: Delivery
    whole: bytes
    found: Found | None = None
    towns: list[int | None] = field(default_factory=list)
    only: Tenant | None = None
    waits: bool = False
    cases: list[Case] = field(default_factory=list)
    unchecked: list[Case] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    row: Delivery | None = None

    @property
    def number(self) -> int:
        """The delivery's number."""
        return self.delivery.id or 0

    @property
    def all(self) -> list[Case]:
        """All invoices that are written about."""
        return [*self.cases, *self.unchecked]

    @property
    def record(self) -> Delivery:
        """Its row."""
        assert self.row is not None
        return self.row


def content_of(report: Verdict, facts: Facts) -> Content:
    """What is kept of a report."""
    return {"report": report.as_dict(), "facts": facts}


def report_of(row: Invoice, content: Content, time: str) -> Report:
    """The record of a report, only to be written: its content is text, since part of it is hashed by itself."""
    report = canonical(content["report"])
    return made(
        Report,
        invoice_id=row.id or 0,
        tenant_id=row.tenant_id,
        made=time,
        digest=seals.sha256(report.encode()),
        content=Written(f'{{"facts":{canonical(content["facts"])},"report":{report}}}'),
    )


def attachments_of(
    row: Invoice, content: Content, tenant: int | None, known: Collection[str]
) -> list[Attachment]:
    """The other files of a delivery, listed with its first invoice; but for those whose SHA-256 is known."""
    return [
        made(
            Attachment,
            invoice_id=row.id or 0,
            tenant_id=tenant,
            name=one["name"],
            mime=one["mime"],
            size=one["bytes"],
            sha256=one["sha256"],
        )
        for one in content["report"]["attachments"]
        if one["sha256"] not in known
    ]


def described(report: Verdict, facts: Facts) -> dict[str, Any]:
    """What a record says of its invoice, by column."""
    said = report.invoice or Summary()
    net, vat, gross, payable = (decimal(one or "") for one in (said.net, said.vat, said.gross, said.payable))
    issued, terms = _day(said.issue_date), facts.get("terms")
    offers = offered(terms or "", facts.get("discounts") or ())
    found = (said.number, said.seller, said.seller_vat_id, said.gross)
    return {
        "path": report.document,
        "sha256": report.sha256,
        "verdict": report.verdict,
        "container": report.container,
        "syntax": report.syntax,
        "specification": report.specification,
        "profile": report.profile,
        "release": ", ".join(f"{one.name} {one.version}" for one in report.rules) or None,
        "number": said.number,
        "type_code": said.type,
        "currency": said.currency,
        "iban": said.iban,
        "seller": said.seller,
        "seller_vat_id": said.seller_vat_id,
        "buyer": said.buyer,
        "buyer_reference": said.buyer_reference,
        "buyer_address": (facts.get("buyer_address") or {}).get("id"),
        "issue_date": issued,
        "due_date": _day(said.due_date),
        "net": net,
        "vat": vat,
        "gross": gross,
        "payable": payable,
        "payable_cents": int((payable * 100).to_integral_value()) if payable is not None else None,
        **{
            name: facts.get(name) for name in ("contract", "order_reference", "means", "payee", "seller_mail")
        },
        "terms": terms,
        "skonto": [offer.plain() for offer in offers],
        "skonto_until": until(issued, offers),
        "preceding": next(iter(facts.get("preceding") or ()), None),
        "content_sha256": facts.get("content"),
        "supplier": supplier(said.seller_vat_id, said.seller),
        "search": " ".join(filter(None, found)).lower()[:SEARCHED],
    }


def _day(text: str | None) -> str | None:
    day = iso_date(text or "")
    return day.isoformat() if day else None
