"""One case opened to the operator for a time, by a confirmer of its town; every look of his is an event there."""

from datetime import datetime, time
from typing import Annotated

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from einvoice.approval.listing import one
from einvoice.approval.sight import open_to_operator
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Number, day_in
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Person
from einvoice.store.times import BERLIN

router = pages()


@router.post("/invoice/{number}/operator")
def let(
    request: Request,
    who: Person,
    number: Number,
    until: Annotated[str, Form(max_length=10)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Opens it until the end of a day; a day that is past closes it."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        found = one(session, who.eyes, number)
    if found is None or found[0].tenant_id not in who.eyes.tenants:
        raise HTTPException(404)
    end = datetime.combine(day_in(until), time(23, 59, 59), BERLIN)
    open_to_operator(desk.store, who.actor, number, end, reason.strip())
    return RedirectResponse(f"/invoice/{number}#history", 303)
