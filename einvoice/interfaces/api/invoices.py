"""Invoices of the token's town: where they stand, the report, the data, the original."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import col, select

from einvoice.approval import looks
from einvoice.approval.access.tokens import Bearer
from einvoice.approval.listing import Wish, listed, one
from einvoice.interfaces.api.answers import InvoiceList, InvoiceState
from einvoice.interfaces.api.bearer import Reader, Speech, eyes_of
from einvoice.interfaces.api.validating import answer
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.files import download
from einvoice.interfaces.web.forms import Number
from einvoice.pipeline.extracted import extracted
from einvoice.pipeline.originals import original
from einvoice.render.attachments import safe_name
from einvoice.rulebook.releases import today
from einvoice.store.tables import STATES, Invoice, Report
from einvoice.validation.report import report_from

router = APIRouter(tags=["invoices"])
State = Literal[STATES]  # type: ignore[valid-type]


@router.get("/invoices")
def invoices(
    request: Request,
    who: Reader,
    state: State | None = None,
    q: Annotated[str, Query(max_length=100, description="Number, supplier or amount")] = "",
    after: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> InvoiceList:
    """The invoices of the town, the newest first."""
    wish = Wish(state=state, text=q, after=after, size=limit)
    with desk_of(request).store.reading() as session:
        found = listed(session, eyes_of(who), wish, today())
    return InvoiceList(invoices=[_state(row.invoice) for row in found.rows], after=found.after)


@router.get("/invoices/{number}")
def invoice(request: Request, who: Reader, number: Number) -> InvoiceState:
    """Where one invoice stands."""
    return _state(_found(desk_of(request), who, number, "page"))


@router.get(
    "/invoices/{number}/report",
    response_model=None,
    responses={200: {"content": {"application/json": {"schema": {"type": "array"}}, "application/xml": {}}}},
)
def report(request: Request, who: Reader, lang: Speech, number: Number) -> Response:
    """The report as it was kept: our JSON, or in the form of KoSIT's report, by Accept."""
    desk = desk_of(request)
    _found(desk, who, number, "report")
    with desk.store.reading() as session:
        query = select(Report).where(Report.invoice_id == number).order_by(col(Report.id).desc())
        row = session.exec(query).first()
    if row is None or not row.content:
        raise HTTPException(404)
    return answer(request, [report_from(row.content["report"])], lang)


@router.get("/invoices/{number}/data", response_model=None)
def data(request: Request, who: Reader, number: Number) -> Any:
    """The invoice as structured data, as `einvoice extract` gives it."""
    desk = desk_of(request)
    row = _found(desk, who, number, "data")
    with desk.busy():
        return JSONResponse(extracted(original(desk.place, row)))


@router.get(
    "/invoices/{number}/original",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def as_it_came(request: Request, who: Reader, number: Number) -> Response:
    """The bytes it came as."""
    desk = desk_of(request)
    whole = original(desk.place, _found(desk, who, number, "original"))
    return download(whole.data, safe_name(whole.name))


def _found(desk: Desk, who: Bearer, number: int, thing: looks.Thing) -> Invoice:
    """The invoice, if it is the town's; the look is an event. Raises 404 for every other."""
    with desk.store.reading() as session:
        known = one(session, eyes_of(who), number)
    if known is None or known[0].state == "expired":
        raise HTTPException(404)
    looks.noted(desk.store, who.person_id, known[0], thing, token=who.token_id)
    return known[0]


def _state(row: Invoice) -> InvoiceState:
    return InvoiceState(
        invoice=row.id or 0,
        number=row.number,
        seller=row.seller,
        issue_date=row.issue_date,
        due_date=row.due_date,
        currency=row.currency,
        gross=None if row.gross is None else f"{row.gross:f}",
        payable=None if row.payable is None else f"{row.payable:f}",
        state=row.state,
        verdict=row.verdict,
        received=row.received,
        sha256=row.sha256,
    )
