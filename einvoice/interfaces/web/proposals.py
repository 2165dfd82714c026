"""The pages of proposals: changes that take two persons, old and new side by side, for the second one to decide."""

from typing import Annotated

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col, or_, select

from einvoice.approval.comparing import concerns, legible, side_by_side, told
from einvoice.approval.kinds import KINDS
from einvoice.approval.persons import alike, holders
from einvoice.approval.proposals import STATES, decide, proposer
from einvoice.errors import EinvoiceError
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Number
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.rulebook.releases import today
from einvoice.store.tables import Person as Somebody
from einvoice.store.tables import Proposal, Tenant

router = pages()
_SHOWN = 100
"""So many of the decided ones, the newest."""


@router.get("/proposals")
def listed(request: Request, who: Person, show: str = "open") -> Response:
    """What waits for a second person; with `all` what was decided, too."""
    with desk_of(request).store.reading() as session:
        query = select(Proposal).order_by(col(Proposal.id).desc())
        if not who.eyes.operator:
            mine = col(Proposal.tenant_id).in_(who.eyes.tenants | who.eyes.administers)
            query = query.where(or_(mine, Proposal.proposed_by == who.actor.person_id))
        query = query.where(Proposal.state == "open") if show != "all" else query.limit(10 * _SHOWN)
        found = [row for row in session.exec(query) if concerns(session, who.eyes, row)]
        rows = [
            (
                row,
                told(session, who.eyes, row)[who.lang != "de"],
                proposer(session, row),
                _may(session, who, row),
            )
            for row in found[: _SHOWN if show == "all" else None]
        ]
    return page(request, "proposals.html", rows=rows, everything=show == "all", states=STATES)


@router.get("/proposals/{number}")
def show(request: Request, who: Person, number: Number) -> Response:
    """One proposal."""
    return _page(request, who, number)


@router.post("/proposals/{number}")
def act(
    request: Request,
    who: Person,
    number: Number,
    act: Annotated[str, Form(max_length=10)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Agrees, declines, or withdraws one's own."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        row = _row(session, who, number)
    if act not in ("accept", "decline"):
        raise HTTPException(422)
    if act == "decline" and row.proposed_by != who.actor.person_id and not reason.strip():
        text = who.say("Bitte einen Grund angeben.", "Please give a reason.")
        return _page(request, who, number, 422, text)
    try:
        row = decide(desk.store, who.actor, number, act == "accept", reason.strip())
    except EinvoiceError as error:
        return _page(request, who, number, 409, error.said(who.lang))
    return RedirectResponse(f"/proposals/{number}?done={row.state}", 303)


def _row(session: Session, who: Visitor, number: int) -> Proposal:
    """A proposal, if it concerns this person. Raises 404 for every other, whether it is there or not."""
    row = session.get(Proposal, number)
    if row is None or not concerns(session, who.eyes, row):
        raise HTTPException(404)
    return row


def _page(request: Request, who: Visitor, number: int, status: int = 200, problem: str = "") -> Response:
    with desk_of(request).store.reading() as session:
        row = _row(session, who, number)
        decider = session.get(Somebody, row.decided_by) if row.decided_by else None
        values = {
            "row": row,
            "town": session.get(Tenant, row.tenant_id) if row.tenant_id else None,
            "told": told(session, who.eyes, row)[who.lang != "de"],
            "by": proposer(session, row),
            "decided_by": decider.name if decider else "",
            "lines": side_by_side(row) if legible(who.eyes, row) else None,
            "mine": row.proposed_by == who.actor.person_id,
            "may": _may(session, who, row),
        }
    done = request.query_params.get("done", "")
    done = done if done in STATES else ""
    return page(request, "proposal.html", status, problem=problem, done=done, states=STATES, **values)


def _may(session: Session, who: Visitor, row: Proposal) -> bool:
    """Whether this person can be the second one."""
    kind, me = KINDS[row.kind], who.actor.person_id
    if row.state != "open" or alike(session, row.proposed_by, me):
        return False
    return me in holders(session, kind.deciders, row.tenant_id, today(), everywhere=not kind.content)
