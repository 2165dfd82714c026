"""The page of open sessions: who is signed in, since when; ended at once where somebody must get out."""

from fastapi import HTTPException, Request, Response

from einvoice.approval.access import sessions
from einvoice.interfaces.web.administration.access import Administrator, looked, persons, shown
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor

router = pages()
PATH = "/administration/sessions"


@router.get(PATH)
def listed(request: Request, who: Administrator) -> Response:
    """The list."""
    looked(request, who, "sessions")
    return shown(request, "sessions.html", rows=_mine(request, who))


@router.post(PATH)
def end(request: Request, who: Administrator, form: Fields) -> Response:
    """Ends one."""
    wanted = next((one for one, *_ in _mine(request, who) if str(one.id) == form.get("session")), None)
    if wanted is None:
        raise HTTPException(404)
    sessions.revoke(desk_of(request).store, who.actor.person_id, wanted.id or 0)
    return after(PATH)


def _mine(request: Request, who: Visitor):  # type: ignore[no-untyped-def]
    """The open sessions of the persons somebody administers."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        known = {one.id for one in persons(session, who.eyes)}
        return [row for row in sessions.running(session, desk.gate.terms) if row[1].id in known]
