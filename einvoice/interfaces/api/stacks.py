"""Payment batches of the token's town: listed, built, closed, exported, and the files made from them.

To change one a token needs the scope cash, and its person the role cash, as everywhere; every act is one of that
person.
"""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlmodel import Session, select

from einvoice.approval import batch_list, batches
from einvoice.approval.access.tokens import Bearer
from einvoice.approval.batches import name, rows_of
from einvoice.approval.choosing import Choice
from einvoice.approval.persons import Actor
from einvoice.exports.delivery import hand_over
from einvoice.exports.doors.browser import BrowserDoor
from einvoice.interfaces.api.answers import (
    BatchList,
    BatchState,
    BatchWhole,
    BatchWish,
    ExportFile,
    ExportWish,
)
from einvoice.interfaces.api.bearer import Cashier, Stacks
from einvoice.interfaces.web.batch import files_of
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.files import download
from einvoice.interfaces.web.forms import Number
from einvoice.store import seals
from einvoice.store.archive import tenant_area
from einvoice.store.tables import Batch, Export, Person

router = APIRouter(tags=["batches"])
_SIZE = 100

API = "api"
"""What the books call a program that fetches the files."""


@router.get("/batches")
def every(
    request: Request, who: Stacks, after: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> BatchList:
    """The batches of the town, newest first."""
    with desk_of(request).store.reading() as session:
        found = batch_list.listed(session, (who.tenant_id,), after=after, size=_SIZE)
    return BatchList(batches=[BatchState(**_said(row)) for row, _ in found.rows], after=found.after)


@router.post("/batches", status_code=201)
def build(request: Request, who: Cashier, wish: BatchWish) -> BatchState:
    """Builds an open batch of what is authorised and fits."""
    desk = desk_of(request)
    choice = Choice(
        numbers=wish.invoices,
        due_until=wish.due_until.isoformat() if wish.due_until else None,
        supplier=wish.supplier,
        currency=wish.currency,
        least=wish.least,
        most=wish.most,
        office=wish.office,
        skonto_until=wish.skonto_until.isoformat() if wish.skonto_until else None,
    )
    number = batches.build(desk.store, _actor(desk, who), who.tenant, title=wish.title, choice=choice)
    return _state(desk, who, number)


@router.post("/batches/{number}/close")
def close(request: Request, who: Cashier, number: Number) -> BatchState:
    """Closes a batch: reconciled, frozen, under the next number of the year."""
    desk = desk_of(request)
    _state(desk, who, number)
    batches.close(desk.store, _actor(desk, who), number)
    return _state(desk, who, number)


@router.post("/batches/{number}/exports", status_code=201)
def make(request: Request, who: Cashier, number: Number, wish: ExportWish) -> list[ExportFile]:
    """Makes the files of a batch in a format, to be fetched; again they are the same files."""
    desk = desk_of(request)
    _state(desk, who, number)
    with desk.busy():
        hand_over(desk.store, desk.place.archive, _actor(desk, who), number, wish.format, BrowserDoor(), API)
    with desk.store.reading() as session:
        return _files(session, number, wish.format)


@router.get("/batches/{number}")
def batch(request: Request, who: Stacks, number: Number) -> BatchWhole:
    """One batch with its frozen rows and the files made from it; the look is an event."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        row = _batch(session, who, number)
        content = [one.content or {} for one in rows_of(session, number)]
        files = _files(session, number)
    with desk.store.writing(who.person_id) as work:
        chain = seals.tenant_chain(who.tenant_id)
        work.event("looked", f"batch/{number}", {"token": who.token_id}, chain=chain)
    return BatchWhole(
        **_said(row),
        content=content,
        exports=files,
    )


@router.get(
    "/batches/{number}/exports/{file}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def export(request: Request, who: Stacks, number: Number, file: Number) -> Response:
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


def _files(session: Session, number: int, form: str | None = None) -> list[ExportFile]:
    """The files that were made of a batch, in a format or all; what it came to at a target is no file of its own."""
    return [
        ExportFile(export=one.id or 0, name=one.name, format=one.format, size=one.size, sha256=one.sha256)
        for one, _ in files_of(session, number)
        if form in (None, one.format)
    ]


def _state(desk: Desk, who: Bearer, number: int) -> BatchState:
    with desk.store.reading() as session:
        return BatchState(**_said(_batch(session, who, number)))


def _actor(desk: Desk, who: Bearer) -> Actor:
    """The token's person, who acts."""
    with desk.store.reading() as session:
        person = session.get_one(Person, who.person_id)
    return Actor(who.person_id, person.name or f"#{person.id}", desk.demo)


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
