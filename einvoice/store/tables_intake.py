"""Tables of what came in: sources, deliveries, the invoices in them, their reports, and objects of the
archive.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from einvoice.store.columns import OPTIONS, Row, data, key, link, money

STATES = (
    "unchecked",  # our side could not check it; the next run tries again
    "unrouted",  # no tenant found: the manual queue
    "rejected",
    "duplicate",  # the same as `duplicate_of`
    "held",  # a clerk must look: `reason` says why
    "routed",  # with its tenant, open for confirmation
    "confirmed",  # sachlich and rechnerisch
    "authorised",  # angeordnet
    "returned",  # sent back to the supplier
    "batched",
    "exported",
    "acknowledged",
    "expired",  # its time was over: content and objects are erased under a protocol event
)
"""The states of an invoice. A document between two steps of a run is `checked`."""


class Source(Row, table=True):
    """Where deliveries come from, as einvoice.toml names it; kind `folder`, `upload`, `imap`, …"""

    __table_args__ = (UniqueConstraint("name"), OPTIONS)

    id: int | None = key()
    name: str
    kind: str
    tenant_id: int | None = link("tenant")


class Cursor(Row, table=True):
    """How far a source has been read (UIDVALIDITY, last UID, …): a hint that may be lost."""

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    value: dict[str, Any] | None = data()


class Delivery(Row, table=True):
    """One arrival, kept whole before anything parsed it: hash, size, source, time; no content.

    handle: what the source calls it (path, time and size of a file; account, folder, UIDVALIDITY, UID of a
    mail): with the hash it tells a repeated fetch from a second delivery of the same bytes.
    state: `stored`, `checked` (its invoices are recorded), `routed` (nothing of it is left with the
    installation).
    """

    __table_args__ = (UniqueConstraint("source_id", "handle", "sha256"), OPTIONS)

    id: int | None = key()
    source_id: int = Field(foreign_key="source.id")
    handle: str
    name: str
    sha256: str = Field(index=True)
    size: int
    received: str
    container: str | None = None
    state: str = Field(default="stored", index=True)
    same_as: int | None = link("delivery", index=False)


class ArchiveObject(Row, table=True):
    """An object of the archive: area (`arrivals` or `tenants/NAME`), SHA-256, bytes.

    gone: when it left the area (transferred to a tenant, or erased under a protocol event).
    """

    __table_args__ = (UniqueConstraint("area", "sha256"), OPTIONS)

    id: int | None = key()
    area: str
    sha256: str
    size: int
    since: str
    gone: str | None = None
    tenant_id: int | None = link("tenant")


class Invoice(Row, table=True):
    """One invoice of a delivery, and where it stands. Amounts are exact and as the invoice states them.

    position: in its delivery, from 1; below zero it is no document of its own, but a retained sum of one of them that
    was released: the deduction of that number.
    file/path: the delivery's name and the inner path there (None: the delivery itself); sha256: of the
    XML's bytes.
    tenant_id None: still with the installation. reason: why it is in its state, as a code with values
    (`{"code": "same-number", "of": 7}`). payable_cents: for sorting and limits in queries, never for
    payments.
    content_sha256: of the XML in canonical form; supplier: whom duplicates and history compare it with (VAT id, else
    name, without case and blanks); payee: who is to be paid instead of the seller (BT-59).
    round: counts how often approval began anew; the three `…_by` are the acts of the current round.
    state_digest: of what the acts of this round were signed for. fits: which conditions of its town's chain it
    meets, and of which chain (`{"chain": digest, "steps": [...]}`).
    """

    __table_args__ = (
        UniqueConstraint("delivery_id", "position"),
        CheckConstraint("authorised_by IS NULL OR authorised_by <> factual_by", name="not_factual"),
        CheckConstraint("authorised_by IS NULL OR authorised_by <> arithmetic_by", name="not_arithmetic"),
        CheckConstraint(
            "authorised_by IS NULL OR (factual_by IS NOT NULL AND arithmetic_by IS NOT NULL)",
            name="confirmed_first",
        ),
        CheckConstraint(
            "authorised_by IS NULL OR budget_by IS NULL OR authorised_by <> budget_by", name="not_budget"
        ),
        CheckConstraint(
            "visa_by IS NULL OR (visa_by <> coalesce(factual_by, 0) AND visa_by <> coalesce(arithmetic_by, 0) "
            "AND visa_by <> coalesce(budget_by, 0) AND visa_by <> coalesce(authorised_by, 0))",
            name="visa_of_another",
        ),
        CheckConstraint(
            "authorised_by IS NOT NULL OR state NOT IN ('authorised', 'batched', 'exported', 'acknowledged')",
            name="payable_authorised",
        ),
        Index(None, "tenant_id", "number"),
        Index(None, "tenant_id", "state", "id"),
        Index(None, "tenant_id", "state", "due_date", "id"),
        Index(None, "tenant_id", "state", "skonto_until", "id"),
        Index(None, "tenant_id", "id", "state", "search"),
        Index(None, "tenant_id", "supplier", "payable_cents"),
        Index(None, "tenant_id", "supplier", "state", "id"),
        Index(None, "tenant_id", "supplier", "iban"),
        Index(None, "tenant_id", "iban", "payable_cents"),
        OPTIONS,
    )

    id: int | None = key()
    delivery_id: int = Field(foreign_key="delivery.id")
    position: int
    file: str
    path: str | None = None
    sha256: str | None = Field(default=None, index=True)
    received: str
    tenant_id: int | None = link("tenant")
    state: str = Field(index=True)
    since: str
    reason: dict[str, Any] | None = data()
    verdict: str
    container: str
    syntax: str | None = None
    specification: str | None = None
    profile: str | None = None
    release: str | None = None

    number: str | None = None
    type_code: str | None = None
    issue_date: str | None = None
    due_date: str | None = Field(default=None, index=True)
    seller: str | None = None
    seller_vat_id: str | None = None
    seller_mail: str | None = None
    buyer: str | None = None
    buyer_reference: str | None = None
    buyer_address: str | None = None
    order_reference: str | None = None
    contract: str | None = None
    preceding: str | None = None
    currency: str | None = None
    net: Decimal | None = money()
    vat: Decimal | None = money()
    gross: Decimal | None = money()
    payable: Decimal | None = money()
    payable_cents: int | None = None
    iban: str | None = None
    means: str | None = None
    terms: str | None = None
    skonto: list[dict[str, Any]] | None = data()
    skonto_until: str | None = None
    search: str = ""
    content_sha256: str | None = None
    supplier: str | None = None
    payee: str | None = None

    duplicate_of: int | None = link("invoice")
    replaces: int | None = link("invoice", index=False)
    routed_by: dict[str, Any] | None = data()
    office_id: int | None = link("office", index=False)
    person_id: int | None = link("person", index=False)
    approved: Decimal | None = money()
    round: int = 1
    state_digest: str | None = None
    factual_by: int | None = link("person", index=False)
    arithmetic_by: int | None = link("person", index=False)
    budget_by: int | None = link("person", index=False)
    authorised_by: int | None = link("person", index=False)
    visa_by: int | None = link("person", index=False)
    fits: dict[str, Any] | None = data()
    retention: str = "invoice"
    retention_from: str | None = None
    legal_hold: bool = False
    demo: bool = False


class Identity(Row, table=True):
    """What makes two invoices of a tenant one: kind `bytes` (SHA-256), `content` (of the canonical XML) or `number`
    (seller, number, year).

    The first to come has it; the database refuses the second, also to a run at the same moment.
    """

    __table_args__ = (UniqueConstraint("tenant_id", "kind", "value"), OPTIONS)

    id: int | None = key()
    tenant_id: int = Field(foreign_key="tenant.id")
    kind: str
    value: str
    invoice_id: int = Field(foreign_key="invoice.id", index=True)


class Report(Row, table=True):
    """The validation report of an invoice, as `validate --format json` gives it; `digest` of its canonical
    text.
    """

    id: int | None = key()
    tenant_id: int | None = link("tenant")
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    made: str
    digest: str
    content: dict[str, Any] | None = data()


class Attachment(Row, table=True):
    """A file of a delivery that is no invoice; its bytes lie in the delivery."""

    id: int | None = key()
    tenant_id: int | None = link("tenant")
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    name: str
    mime: str
    size: int
    sha256: str
