"""Payment batches of the token's town, and the files made from them."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from sqlmodel import Session, col, select

from einvoice.approval.access.tokens import Bearer
from einvoice.approval.batches import name, rows_of
from einvoice.interfaces.api.answers import BatchList, BatchState, BatchWhole, ExportFile
from einvoice.interfaces.api.bearer import Cashier
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.files import download
from einvoice.store import seals
from einvoice.store.archive import tenant_area
from einvoice.store.tables import Batch, Export

router = APIRouter(tags=["batches"])
Number = Annotated[int, Path(ge=1, le=2**62)]
_SIZE = 100


@router.get("/batches")
def batches(
    request: Request, who: Cashier, after: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> BatchList:
    """The batches of the town, newest first."""
    query = select(Batch).where(Batch.tenant_id == who.tenant_id)
    if after is not None:
        query = query.where(col(Batch.id) < after)
    with desk_of(request).store.reading() as session:
        rows = session.exec(query.order_by(col(Batch.id).desc()).limit(_SIZE + 1)).all()
    more = rows[_SIZE - 1].id if len(rows) > _SIZE else None
    return BatchList(batches=[BatchState(**_said(row)) for row in rows[:_SIZE]], after=more)


@router.get("/batches/{number}")
def batch(request: Request, who: Cashier, number: Number) -> BatchWhole:
    """One batch with its frozen rows and the files made from it; the look is an event."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        row = _batch(session, who, number)
        content = [one.content or {} for one in rows_of(session, number)]
        files = session.exec(
            select(Export).where(Export.batch_id == number, col(Export.size) > 0).order_by(col(Export.id))
        ).all()
    with desk.store.writing(who.person_id) as work:
        chain = seals.tenant_chain(who.tenant_id)
        work.event("looked", f"batch/{number}", {"token": who.token_id}, chain=chain)
    return BatchWhole(
        **_said(row),
        content=content,
        exports=[
            ExportFile(export=one.id or 0, name=one.name, format=one.format, size=one.size, sha256=one.sha256)
            for one in files
        ],
    )


@router.get(
    "/batches/{number}/exports/{file}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def export(request: Request, who: Cashier, number: Number, file: Number) -> Response:
    """A file made from a batch: the same bytes every time."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        _batch(session, who, number)
        query = select(Export).where(Export.id == file, Export.batch_id == number)
        row = session.exec(query).one_or_none()
    if row is None:
        raise HTTPException(404)
    with desk.store.writing(who.person_id) as work:
        chain = seals.tenant_chain(who.tenant_id)
        work.event("export-fetched", f"export/{file}", {"token": who.token_id}, chain=chain)
    return download(desk.place.archive.read(tenant_area(who.tenant), row.sha256), row.name)


def _batch(session: Session, who: Bearer, number: int) -> Batch:
    query = select(Batch).where(Batch.id == number, Batch.tenant_id == who.tenant_id)
    found = session.exec(query).one_or_none()
    if found is None:
        raise HTTPException(404)
    return found


def _said(row: Batch) -> dict[str, Any]:
    return {
        "batch": row.id or 0,
        "name": name(row),
        "state": row.state,
        "rows": row.rows,
        "total": None if row.total is None else f"{row.total:f}",
        "currency": row.currency,
        "closed": row.closed,
        "digest": row.digest,
    }
