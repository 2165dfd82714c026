"""What the API answers, as OpenAPI shows it, with examples."""

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_HASH = "a3" * 32


_INVOICE: Any = {
    "invoice": 42,
    "number": "RE-2026-0815",
    "seller": "Werre Bürobedarf GmbH",
    "issue_date": "2026-03-02",
    "due_date": "2026-04-01",
    "currency": "EUR",
    "gross": "606.20",
    "payable": "506.20",
    "state": "routed",
    "verdict": "accepted",
    "received": "2026-11-25T16:00:00.000000Z",
    "sha256": _HASH,
}


class Problem(BaseModel):
    """Why a call was refused (RFC 9457)."""

    type: str = "about:blank"
    status: int = Field(examples=[404])
    title: str = Field(examples=["Diese Seite gibt es nicht"])
    detail: str | None = None


class Uploaded(BaseModel):
    """A delivery that is durable now. known: it had been handed in before under the same Idempotency-Key."""

    delivery: int = Field(examples=[17])
    sha256: str = Field(examples=[_HASH])
    received: str = Field(examples=["2026-11-25T16:00:00.000000Z"])
    known: bool
    status: str = Field(description="Where its state stands", examples=["/api/v1/deliveries/17"])
    receipt: str = Field(description="A page for people, with a link that cannot be guessed")


class Part(BaseModel):
    """One invoice of a delivery."""

    invoice: int = Field(examples=[42])
    document: str | None = Field(description="Inner path, null for the delivery itself", examples=[None])
    verdict: str = Field(examples=["accepted"])
    state: str | None = Field(description="Only where the invoice is this tenant's", examples=["routed"])


class DeliveryState(BaseModel):
    """Where a delivery stands. state: stored, checked, routed."""

    delivery: int = Field(examples=[17])
    received: str
    sha256: str
    size: int
    state: str = Field(examples=["routed"])
    invoices: list[Part]


class InvoiceState(BaseModel):
    """Where an invoice stands; amounts are exact texts."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INVOICE]})

    invoice: int
    number: str | None
    seller: str | None
    issue_date: str | None
    due_date: str | None
    currency: str | None
    gross: str | None
    payable: str | None
    state: str
    verdict: str
    received: str
    sha256: str | None


class InvoiceList(BaseModel):
    """A page of invoices; after: give it back to go on, null at the end."""

    invoices: list[InvoiceState]
    after: str | None


class BatchState(BaseModel):
    """A payment batch."""

    batch: int = Field(examples=[3])
    name: str = Field(examples=["2026-0001"])
    state: str = Field(examples=["closed"])
    rows: int
    total: str | None = Field(examples=["1111.40"])
    currency: str
    closed: str | None
    digest: str | None


class ExportFile(BaseModel):
    """A file made from a batch."""

    export: int
    name: str
    format: str
    size: int
    sha256: str


class BatchWhole(BatchState):
    """A batch with its rows, as they were frozen, and the files made from it."""

    content: list[dict[str, Any]]
    exports: list[ExportFile]


class BatchWish(BaseModel):
    """What shall be in a batch: these invoices, or all authorised ones that fit every field that is there."""

    title: str = Field("", max_length=200)
    invoices: list[int] | None = Field(None, max_length=10_000, examples=[[42, 43]])
    due_until: date | None = Field(None, examples=["2026-12-04"])
    supplier: str | None = Field(None, max_length=100, description="Part of the name, or the VAT id")
    currency: str | None = Field(None, pattern="^[A-Z]{3}$", examples=["EUR"])
    least: Decimal | None = Field(None, max_digits=18, decimal_places=2, examples=["0.01"])
    most: Decimal | None = Field(None, max_digits=18, decimal_places=2, examples=["5000.00"])
    office: str | None = Field(None, max_length=40)
    skonto_until: date | None = None


class ExportWish(BaseModel):
    """What a batch shall be exported as: `einvoice export formats` lists the names."""

    format: str = Field(max_length=100, examples=["datev-extf"])


class BatchList(BaseModel):
    """The batches of the tenant, newest first; after: the id to go on from."""

    batches: list[BatchState]
    after: int | None
