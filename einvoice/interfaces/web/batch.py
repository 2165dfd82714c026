"""The page of one payment batch: checked, closed, exported, acknowledged, reopened; the next of these on top."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col, select

from einvoice.approval import acknowledging, batch_list, batches
from einvoice.approval.acknowledging import Answer
from einvoice.approval.cashier import capacity_for_cash
from einvoice.approval.persons import Actor, roles
from einvoice.approval.proposals import decide, propose
from einvoice.approval.reconciling import reconciled
from einvoice.errors import Refused, UsageError
from einvoice.exports.making import ARCHIVE
from einvoice.interfaces.web.batch_forms import answering, forms
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.faults import refusal
from einvoice.interfaces.web.forms import MOST, Id, Number
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.rulebook.releases import today
from einvoice.store.store import Store
from einvoice.store.tables import Batch, Export, Proposal, Tenant
from einvoice.store.tables import Person as Somebody

router = pages()

REOPENERS = frozenset({"administrator", "cash", "authoriser"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says beside its act: rows picked, and words (a reason or a voucher number)."""

    pick: Sequence[int]
    words: str


def _close(store: Store, who: Actor, number: int, town: str, said: Said) -> None:
    batches.close(store, who, number)


def _take_out(store: Store, who: Actor, number: int, town: str, said: Said) -> None:
    batches.take_out(store, who, number, _picked(said), said.words)


def _accept(store: Store, who: Actor, number: int, town: str, said: Said) -> None:
    answers = [Answer(one, True, voucher=said.words or None) for one in _picked(said)]
    acknowledging.acknowledge(store, who, number, answers)


def _reject(store: Store, who: Actor, number: int, town: str, said: Said) -> None:
    answers = [Answer(one, False, reason=said.words) for one in _picked(said)]
    acknowledging.acknowledge(store, who, number, answers)


def _accept_rest(store: Store, who: Actor, number: int, town: str, said: Said) -> None:
    with store.reading() as session:
        rows = batches.rows_of(session, number)
    left = [row.position for row in rows if (row.result or {}).get("state") not in acknowledging.ANSWERED]
    _accept(store, who, number, town, Said(left, said.words))


def _reopen(store: Store, who: Actor, number: int, town: str, said: Said) -> None:
    new = {"state": "reopened", "reason": said.words}
    propose(store, who, "batch-reopen", str(number), town, new)


def _picked(said: Said) -> Sequence[int]:
    if not said.pick:
        raise UsageError("Please choose at least one row.", "Bitte mindestens eine Zeile auswählen.")
    return said.pick


_DOES: dict[str, Callable[[Store, Actor, int, str, Said], None]] = {
    "close": _close,
    "take-out": _take_out,
    "accept": _accept,
    "reject": _reject,
    "accept-rest": _accept_rest,
    "reopen": _reopen,
}
"""Act → what does it."""

DONE = (*_DOES, "build", "export", "answer", "agree", "decline")
"""What a page can say was done."""


def known(desk: Desk, who: Visitor, number: int) -> tuple[Batch, Tenant]:
    """The batch and its town, if this person may see it. Raises 404 for every other."""
    with desk.store.reading() as session:
        found = batch_list.one(session, who.eyes, number)
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/batches/{number}")
def show(
    request: Request, who: Person, number: Number, after: Annotated[int, Query(ge=0, le=MOST)] = 0
) -> Response:
    """The page; the look is an event."""
    desk = desk_of(request)
    batch, _ = known(desk, who, number)
    with desk.store.writing(who.actor.person_id) as work:
        work.event("looked", batch, {"at": "page"})
    return shown(request, who, number, after=after)


@router.post("/batches/{number}")
def act(
    request: Request,
    who: Person,
    number: Number,
    act: Annotated[str, Form(max_length=20)],
    version: Annotated[str, Form(max_length=64)],
    words: Annotated[str, Form(max_length=2000)] = "",
    pick: Annotated[list[Id] | None, Form(max_length=batch_list.ROWS)] = None,
) -> Response:
    """Does one act; refused where the batch is no longer as the page showed it."""
    desk = desk_of(request)
    _, town = known(desk, who, number)
    if act not in _DOES:
        raise HTTPException(422)
    actor, said = replace(who.actor, seen=version), Said(pick or (), words.strip())
    return done(request, who, number, act, lambda: _DOES[act](desk.store, actor, number, town.name, said))


@router.post("/batches/{number}/proposal/{proposal}")
def decided(
    request: Request, who: Person, number: Number, proposal: Number, act: Annotated[str, Form(max_length=10)]
) -> Response:
    """The second person's word on reopening."""
    desk = desk_of(request)
    known(desk, who, number)
    with desk.store.reading() as session:
        row = _proposal(session, number)
    if row is None or row.id != proposal or act not in ("agree", "decline"):
        raise HTTPException(404)
    return done(request, who, number, act, lambda: decide(desk.store, who.actor, proposal, act == "agree"))


def done(
    request: Request, who: Visitor, number: int, what: str, does: Callable[[], object], form: str = ""
) -> Response:
    """Does something and shows the batch again: that it was done, or why not, with the format that was chosen."""
    try:
        does()
    except (Refused, UsageError) as error:
        return shown(request, who, number, refusal(error), error.said(who.lang), form=form)
    return RedirectResponse(f"/batches/{number}?done={what}", 303)


def shown(
    request: Request,
    who: Visitor,
    number: int,
    status: int = 200,
    problem: str = "",
    after: int = 0,
    form: str = "",
) -> Response:
    """The page of a batch."""
    desk = desk_of(request)
    batch, town = known(desk, who, number)
    said = request.query_params.get("done", "")
    with desk.store.reading() as session:
        rows, more = batch_list.rows(session, number, after)
        me, day = who.actor.person_id, today()
        held = roles(session, me, batch.tenant_id, day)
        cash = capacity_for_cash(session, me, batch.tenant_id, day) is not None
        files = files_of(session, number)
        proposal = _proposal(session, number)
        proposer = session.get(Somebody, proposal.proposed_by) if proposal else None
        closer = session.get(Somebody, batch.closed_by) if batch.closed_by else None
        total, sums, wrong = _checked(session, batch, who.lang)
        offered = forms(session, town, who.lang) if cash else []
    return page(
        request,
        "batch.html",
        status,
        batch=batch,
        town=town,
        called=batches.name(batch),
        version=batches.shown(batch),
        rows=rows,
        more=more,
        files=files,
        cash=cash,
        reopens=bool(REOPENERS & held.keys()),
        proposal=proposal,
        proposer=proposer,
        closer=closer,
        total=total,
        sums=sums,
        wrong=wrong,
        forms=offered,
        form=form,
        profiles=answering(who.lang),
        problem=problem,
        done=said if said in DONE else "",
    )


def _checked(session: Session, batch: Batch, lang: str) -> tuple[Decimal | None, dict[str, Any], str]:
    """Total and sums: as frozen, or of an open batch as they are now; and what does not agree."""
    if batch.state != "open":
        return batch.total, batch.sums or {}, ""
    try:
        return *reconciled(batches.rows_of(session, batch.id or 0)), ""
    except Refused as error:
        return None, {}, error.said(lang)


def files_of(session: Session, number: int) -> list[tuple[Export, list[Export]]]:
    """The files made of a batch, each with where it went."""
    every = session.exec(select(Export).where(Export.batch_id == number).order_by(col(Export.id))).all()
    return [
        (one, [to for to in every if (to.format, to.name) == (one.format, one.name) and to.target != ARCHIVE])
        for one in every
        if one.target == ARCHIVE
    ]


def _proposal(session: Session, number: int) -> Proposal | None:
    """The open proposal to reopen a batch."""
    query = select(Proposal).where(
        Proposal.kind == "batch-reopen", Proposal.subject == str(number), Proposal.state == "open"
    )
    return session.exec(query).first()
