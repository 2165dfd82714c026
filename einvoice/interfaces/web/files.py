"""What an invoice came as and the files embedded in it: downloads, never shown as a page of ours; a PDF may stand in
a frame of its own, without any right to anything."""

from urllib.parse import quote

from fastapi import HTTPException, Request, Response

from einvoice.approval import looks
from einvoice.approval.listing import one
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Number
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.pipeline.originals import Original, original
from einvoice.render.attachments import safe_name
from einvoice.render.viewing import enclosed
from einvoice.store.tables import Invoice

router = pages()

_ALONE = "sandbox; default-src 'none'; frame-ancestors 'none'"
_FRAMED = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_TYPES = {b"%PDF-": "application/pdf", b"PK\x03\x04": "application/zip", b"<": "application/xml"}


@router.get("/invoice/{number}/original")
def as_it_came(request: Request, who: Person, number: Number) -> Response:
    """The original, as a download."""
    _, whole = _original(request, who, number)
    return download(whole.data, safe_name(whole.name))


@router.get("/invoice/{number}/original.pdf")
def in_a_frame(request: Request, who: Person, number: Number) -> Response:
    """The original for the frame beside the invoice, if it is a PDF."""
    _, whole = _original(request, who, number)
    if not whole.is_pdf:
        raise HTTPException(404)
    headers = {
        "content-disposition": "inline",
        "content-security-policy": _FRAMED,
        "x-frame-options": "SAMEORIGIN",
    }
    return Response(whole.data, media_type="application/pdf", headers=headers)


@router.get("/invoice/{number}/attachment/{place}")
def attachment(request: Request, who: Person, number: Number, place: int) -> Response:
    """An embedded file, as a download."""
    _, whole = _original(request, who, number, "attachment")
    with desk_of(request).busy():
        file = enclosed(whole.data, whole.name, whole.path, place)
    if file is None or file.data is None:
        raise HTTPException(404)
    return download(file.data, file.safe)


def _original(
    request: Request, who: Visitor, number: int, thing: looks.Thing = "original"
) -> tuple[Invoice, Original]:
    desk = desk_of(request)
    with desk.store.reading() as session:
        known = one(session, who.eyes, number)
    if known is None or known[0].state == "expired":
        raise HTTPException(404)
    looks.noted(desk.store, who.actor.person_id, known[0], thing)
    return known[0], original(desk.place, known[0])


def download(data: bytes, name: str) -> Response:
    """Bytes that a browser keeps and does not open; what is not known to be harmless has no type."""
    kind = next(
        (kind for magic, kind in _TYPES.items() if data.startswith(magic)), "application/octet-stream"
    )
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-._ ()") else "_" for c in name)
    said = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        data, media_type=kind, headers={"content-disposition": said, "content-security-policy": _ALONE}
    )
