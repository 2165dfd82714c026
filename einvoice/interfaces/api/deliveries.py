"""Handing in, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from sqlmodel import col, select

from einvoice.interfaces.api.answers import DeliveryState, Part, Uploaded
from einvoice.interfaces.api.bearer import Uploader
from einvoice.interfaces.api.bodies import DESCRIBED, Body
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Number
from einvoice.pipeline.portal import submit
from einvoice.store.tables import Delivery, Invoice, Source, Tenant

router = APIRouter(tags=["deliveries"])

_WAY = "api"


@router.post("/deliveries", status_code=201, openapi_extra=DESCRIBED)
def hand_in(
    request: Request,
    who: Uploader,
    body: Body,
    name: str = "",
    idempotency_key: Annotated[str | None, Header(max_length=200, pattern=r"^[!-~]+$")] = None,
) -> Uploaded:
    """Takes a file (invoice, PDF, zip, mail). Durable when it is answered; the same Idempotency-Key with the same
    bytes is the same delivery."""
    desk = desk_of(request)
    data, given = body
    with desk.store.reading() as session:
        tenant = session.exec(select(Tenant).where(Tenant.id == who.tenant_id)).one()
    once = f"token/{who.tenant_id}/{idempotency_key}" if idempotency_key else None
    slip = submit(desk.place, tenant, name[:200] or given or "upload", data, by=_WAY, once=once)
    desk.journal("handed-in", token=who.token_id, delivery=slip.receipt.delivery_id)
    return Uploaded(
        delivery=slip.receipt.delivery_id,
        sha256=slip.receipt.sha256,
        received=slip.receipt.received,
        known=slip.receipt.known,
        status=f"/api/v1/deliveries/{slip.receipt.delivery_id}",
        receipt=f"{(desk.settings.url or '').rstrip('/')}/receipt/{slip.secret}",
    )


@router.get("/deliveries/{number}")
def state(request: Request, who: Uploader, number: Number) -> DeliveryState:
    """Where a delivery stands that this town's tokens handed in."""
    with desk_of(request).store.reading() as session:
        query = (
            select(Delivery, Source)
            .join(Source, col(Source.id) == Delivery.source_id)
            .where(
                Delivery.id == number,
                Source.tenant_id == who.tenant_id,
                col(Source.name).startswith(f"{_WAY}-"),
            )
        )
        found = session.exec(query).one_or_none()
        if found is None:
            raise HTTPException(404)
        delivery = found[0]
        rows = session.exec(
            select(Invoice)
            .where(Invoice.delivery_id == number, Invoice.position > 0)
            .order_by(col(Invoice.position))
        ).all()
    return DeliveryState(
        delivery=number,
        received=delivery.received,
        sha256=delivery.sha256,
        size=delivery.size,
        state=delivery.state,
        invoices=[_part(row, who.tenant_id) for row in rows],
    )


def _part(row: Invoice, tenant: int) -> Part:
    return Part(
        invoice=row.id or 0,
        document=row.path,
        verdict=row.verdict,
        state=row.state if row.tenant_id == tenant else None,
    )
