"""Tables of what is done with an invoice: acts, postings, batches, exports, and what waits to be sent."""

from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from einvoice.store.columns import OPTIONS, Row, data, key, link, money


class Act(Row, table=True):
    """What a person did with an invoice, signed for the state he saw.

    kind: confirm-factual, confirm-arithmetic, authorise, return, hold, release, note, assign, take-over,
    undo, …
    state_digest: of the invoice's content, amounts, IBAN and postings at that moment. for_person_id: whom a
    deputy stood in for. undone: the act (kind `undo`) or reopening that took it back. step: of the chain, where
    the act does one; the database lets a step be done once a round.
    """

    __table_args__ = (
        CheckConstraint("for_person_id IS NULL OR for_person_id <> person_id", name="not_for_himself"),
        Index(
            "uq_act_live",
            "invoice_id",
            "round",
            "step",
            unique=True,
            sqlite_where=text("undone IS NULL AND step IS NOT NULL"),
            postgresql_where=text("undone IS NULL AND step IS NOT NULL"),
        ),
        Index(None, "kind", "id"),
        OPTIONS,
    )

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    round: int
    kind: str
    person_id: int = Field(foreign_key="person.id")
    for_person_id: int | None = link("person", index=False)
    time: str
    statement: str = ""
    content: dict[str, Any] | None = data()
    state_digest: str
    undone: str | None = None
    step: str | None = None
    demo: bool = False


class Posting(Row, table=True):
    """Where a part of an invoice is booked. Amount gross, exact; tax key and codes as the tenant's books
    name them.

    amount, net, vat: of the approved sum; full, full_vat: of the invoice, before deductions. line: the BT-126
    of the invoice line that is booked here, where it is one.
    """

    __table_args__ = (
        UniqueConstraint("invoice_id", "position"),
        Index(None, "tenant_id", "commitment"),
        OPTIONS,
    )

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id")
    position: int
    amount: Decimal | None = money()
    net: Decimal | None = money()
    vat: Decimal | None = money()
    vat_rate: Decimal | None = money()
    vat_category: str | None = None
    tax_key: str | None = None
    account: str | None = None
    contra_account: str | None = None
    product: str | None = None
    cost_centre: str | None = None
    cost_object: str | None = None
    investment: str | None = None
    budget_year: int | None = None
    commitment: str | None = None
    text: str = ""
    proposed_from: dict[str, Any] | None = data()
    full: Decimal | None = money()
    full_vat: Decimal | None = money()
    line: str | None = None


class Deduction(Row, table=True):
    """A difference between invoice total and approved sum, with its reason; amount gross, exact.

    kind: cut (Kürzung), retention (Sicherheitseinbehalt, until a day), skonto; prepaid and third-party as the
    invoice states them.
    line: the BT-126 it concerns, with that line's VAT category and rate; released: when a retained sum was.
    """

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    kind: str
    line: str | None = None
    amount: Decimal | None = money()
    reason: str
    person_id: int = Field(foreign_key="person.id")
    made: str | None = None
    percent: Decimal | None = money()
    until: str | None = None
    vat_category: str | None = None
    vat_rate: Decimal | None = money()
    released: str | None = None


class Batch(Row, table=True):
    """A payment batch (Zahlungsstapel). Frozen and numbered when closed: per tenant and year, without gaps.

    state: open, closed, exported, acknowledged, reopened. sums: per VAT group and creditor; digest: of its
    rows.
    """

    __table_args__ = (UniqueConstraint("tenant_id", "year", "number"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    title: str = ""
    state: str = "open"
    year: int | None = None
    number: int | None = None
    created: str
    created_by: int = Field(foreign_key="person.id")
    closed: str | None = None
    closed_by: int | None = link("person", index=False)
    rows: int = 0
    total: Decimal | None = money()
    currency: str = "EUR"
    sums: dict[str, Any] | None = data()
    digest: str | None = None
    acknowledgement: dict[str, Any] | None = data()
    demo: bool = False


class BatchRow(Row, table=True):
    """An invoice in a batch, frozen as it was authorised. live: False once taken out or the batch was
    reopened; the database lets an invoice be live in one batch only."""

    __table_args__ = (
        UniqueConstraint("batch_id", "position"),
        Index(
            "uq_batch_row_live",
            "invoice_id",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
        OPTIONS,
    )

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    batch_id: int = Field(foreign_key="batch.id")
    position: int
    invoice_id: int = Field(foreign_key="invoice.id")
    amount: Decimal | None = money()
    content: dict[str, Any] | None = data()
    live: bool = True
    result: dict[str, Any] | None = data()


class Export(Row, table=True):
    """A file made from a closed batch; its bytes are an object of the tenant's archive, the same every time.

    state: `made` (in the archive), `delivered` (complete at the target), `failed` (tried again by the next
    run). target: where it was delivered; `archive`: the row that says it was made, the first with its protocol.
    """

    __table_args__ = (UniqueConstraint("batch_id", "format", "target", "name"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id", index=True)
    batch_id: int = Field(foreign_key="batch.id")
    format: str
    target: str = "folder"
    name: str
    sha256: str
    size: int
    state: str = "made"
    made: str
    made_by: int = Field(foreign_key="person.id")
    delivered: str | None = None
    attempts: int = 0
    problem: str | None = None
    demo: bool = False
    protocol: dict[str, Any] | None = data()


class Outbox(Row, table=True):
    """What waits to leave (a reply, a trigger). `once` is its idempotency key: one reply per delivery.

    state: draft, ready, sending (an unknown outcome is shown, never resent blindly), sent, failed.
    """

    __table_args__ = (UniqueConstraint("once"), OPTIONS)

    id: int | None = key()
    tenant_id: int | None = link("tenant")
    delivery_id: int | None = link("delivery", index=False)
    invoice_id: int | None = link("invoice", index=False)
    kind: str = "mail"
    once: str
    recipient: str | None = None
    content: dict[str, Any] | None = data()
    state: str = "draft"
    made: str
    sent: str | None = None
    attempts: int = 0
    next_at: str | None = None
    problem: str | None = None
