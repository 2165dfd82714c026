"""The page of a receipt: the state of what was handed in, for whoever has its link; nothing of what is in it."""

from fastapi import HTTPException, Request, Response

from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.limits import RECEIPT
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Anyone
from einvoice.pipeline.portal import submitted

router = pages()


@router.get("/receipt/{link}")
def receipt(request: Request, who: Anyone, link: str) -> Response:
    """Time, hash, size and state."""
    desk = desk_of(request)
    if seconds := desk.limits.over("receipt", who.address, RECEIPT):
        raise TooMany(seconds)
    found = submitted(desk.place, link)
    if found is None:
        raise HTTPException(404)
    return page(request, "receipt.html", found=found)
