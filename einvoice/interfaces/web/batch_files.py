"""The files of a batch: made and handed out, fetched byte for byte; the batch sheet; the answer that comes back."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import File, Form, HTTPException, Request, Response, UploadFile
from sqlmodel import select

from einvoice.approval import acknowledging
from einvoice.approval.batches import name, rows_of
from einvoice.errors import NotDelivered, Refused, UsageError
from einvoice.exports.closed import closed_batch
from einvoice.exports.delivery import hand_over
from einvoice.exports.doors.browser import TARGET, BrowserDoor
from einvoice.exports.formats import format_named
from einvoice.exports.making import ARCHIVE
from einvoice.exports.profiles.answering import MOST, by_row
from einvoice.exports.profiles.reading import read, shipped
from einvoice.exports.sheet import exports_of, sheet
from einvoice.exports.targets import target
from einvoice.interfaces.web import batch
from einvoice.interfaces.web.batch_forms import TO, forms
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.files import download
from einvoice.interfaces.web.forms import Number
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.pipeline.automatic import Due, send
from einvoice.render import form_html, pdf
from einvoice.store.archive import tenant_area
from einvoice.store.tables import Batch, Export, Tenant

router = pages()


@router.post("/batches/{number}/export")
def export(
    request: Request, who: Person, number: Number, form: Annotated[str, Form(max_length=100)]
) -> Response:
    """Makes the files of a batch (once: the same bytes ever after) and hands them out, or sends them to a target."""
    desk = desk_of(request)
    found, town = batch.known(desk, who, number)
    with desk.store.reading() as session:
        if form not in (value for value, _ in forms(session, town, who.lang)):
            raise HTTPException(422)
    return batch.done(
        request, who, number, "export", lambda: _handed_over(desk, who, found, town, form), form
    )


def _handed_over(desk: Desk, who: Visitor, found: Batch, town: Tenant, form: str) -> None:
    number = found.id or 0
    with desk.busy():
        if not form.startswith(TO):
            format_named(form)
            hand_over(desk.store, desk.place.archive, who.actor, number, form, BrowserDoor(), TARGET)
            return
        with desk.store.reading() as session:
            to = target(session, town, form.removeprefix(TO))
        try:
            send(desk.place, who.actor, Due(number, found.tenant_id, name(found), to.form, to.key, to))
        except NotDelivered as error:
            raise Refused(str(error), error.said("de")) from None


@router.get("/batches/{number}/files/{file}")
def fetched(request: Request, who: Person, number: Number, file: Number) -> Response:
    """A file made from a batch, as a download: the same bytes every time. Fetching it is an event."""
    desk = desk_of(request)
    _, town = batch.known(desk, who, number)
    with desk.store.reading() as session:
        query = select(Export).where(Export.id == file, Export.batch_id == number, Export.target == ARCHIVE)
        row = session.exec(query).one_or_none()
    if row is None:
        raise HTTPException(404)
    with desk.store.writing(who.actor.person_id) as work:
        work.event("export-fetched", row)
    return download(desk.place.archive.read(tenant_area(town.name), row.sha256), row.name)


@router.get("/batches/{number}/sheet")
def sheet_of(request: Request, who: Person, number: Number) -> Response:
    """The batch sheet, as a PDF where they can be made here, else as a page; a download."""
    desk = desk_of(request)
    found, _ = batch.known(desk, who, number)
    with desk.store.reading() as session:
        exports = exports_of(session, number)
    page = sheet(closed_batch(desk.store, desk.place.archive, number), exports, who.lang)
    stem = f"{who.say('stapelblatt', 'batch-sheet')}-{name(found).removeprefix('#')}"
    if not pdf.available():
        return download(form_html.page(page).encode(), f"{stem}.html")
    with desk.busy():
        return download(pdf.form(page), f"{stem}.pdf")


@router.post("/batches/{number}/answer")
def answered(
    request: Request,
    who: Person,
    number: Number,
    profile: Annotated[str, Form(max_length=50)],
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Acknowledges a batch by the file the accounting system sent."""
    desk = desk_of(request)
    batch.known(desk, who, number)
    if profile not in shipped():
        raise HTTPException(422)
    return batch.done(request, who, number, "answer", lambda: _acknowledged(desk, who, number, profile, file))


def _acknowledged(desk: Desk, who: Visitor, number: int, profile: str, file: UploadFile | None) -> None:
    form = read(shipped()[profile]).form.answer
    if file is None or not file.filename or form is None:
        raise UsageError("Please choose the file.", "Bitte die Datei wählen.")
    with desk.store.reading() as session:
        rows = rows_of(session, number)
    answers: Sequence[acknowledging.Answer] = by_row(
        form, file.file.read(MOST + 1), file.filename[:200], rows
    )
    acknowledging.acknowledge(desk.store, who.actor, number, answers)
