"""The page of one invoice: readable, findings at their fields, history, duplicates, and the next act on top."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlmodel import Session, col, select

from einvoice.approval import acts, looks
from einvoice.approval.listing import following, one, relatives
from einvoice.approval.persons import roles, today
from einvoice.approval.progress import Progress, may, progress
from einvoice.errors import Refused, Unchecked
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.pipeline.originals import original
from einvoice.render import reasons
from einvoice.render.viewing import Enclosed, rendered
from einvoice.store.tables import Act, Invoice, Posting, Report, Tenant
from einvoice.validation.report import report_from

router = pages()

_DOES: dict[str, Callable[..., object]] = {
    "confirm": acts.confirm,
    "budget": acts.budget,
    "authorise": acts.authorise,
    "visa": acts.visa,
    "undo": acts.undo,
    "return": acts.give_back,
    "hold": acts.hold,
    "release": acts.release,
    "note": acts.note,
}
"""Act → what does it."""

_STEPS = {
    "confirm-factual": "confirm",
    "confirm-arithmetic": "confirm",
    "budget": "budget",
    "authorise": "authorise",
    "visa": "visa",
}
"""Step of the chain → the act that does it."""

_BESIDE = {
    "routed": ("hold", "return"),
    "confirmed": ("hold", "return"),
    "held": ("release", "return"),
    "rejected": ("return",),
}
"""State → what a confirmer can do there beside the next step."""


@dataclass(frozen=True, slots=True)
class Case:
    """One invoice with all a page about it needs; version: changes with whatever is done to it."""

    invoice: Invoice
    town: Tenant | None
    report: dict[str, Any] | None
    history: list[tuple[Act, str]]
    postings: list[Posting]
    relatives: list[Invoice]
    run: Progress | None
    version: str


def found(desk: Desk, who: Visitor, number: int) -> Case:
    """The case, if it is one this person may see. Raises 404 for every other, whether it is there or not."""
    with desk.store.reading() as session:
        known = one(session, who.eyes, number)
        if known is None:
            raise HTTPException(404)
        invoice, town = known
        said = select(Report).where(Report.invoice_id == number).order_by(col(Report.id).desc())
        report = session.exec(said).first()
        postings = session.exec(
            select(Posting).where(Posting.invoice_id == number).order_by(col(Posting.position))
        ).all()
        others = relatives(session, who.eyes, invoice)
        run = progress(session, invoice) if invoice.tenant_id else None
    past = acts.history(desk.store, number)
    content = (report.content or {}).get("report") if report else None
    return Case(invoice, town, content, past, list(postings), others, run, _version(invoice, past))


@router.get("/invoice/{number}")
def show(request: Request, who: Person, number: int) -> Response:
    """The page; the look is an event."""
    desk = desk_of(request)
    case = found(desk, who, number)
    looks.noted(desk.store, who.actor.person_id, case.invoice, "page")
    return _page(request, who, case)


@router.post("/invoice/{number}")
def act(
    request: Request,
    who: Person,
    number: int,
    act: Annotated[str, Form(max_length=20)],
    version: Annotated[str, Form(max_length=64)],
    words: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Does one act; refused where the invoice is no longer as the page showed it."""
    desk = desk_of(request)
    case = found(desk, who, number)
    if act not in _DOES:
        raise HTTPException(422)
    if version != case.version and act != "note":
        return _page(request, who, case, 412, problem=who.say(*_CHANGED))
    try:
        _DOES[act](desk.store, who.actor, number, words.strip())
    except Refused as error:
        return _page(request, who, found(desk, who, number), 409, problem=error.said(who.lang))
    return RedirectResponse(f"/invoice/{number}?done={act}", 303)


_CHANGED = (
    "Inzwischen hat sich etwas geändert; das ist der neue Stand. Es wurde nichts getan.",
    "Something has changed in the meantime; this is how it is now. Nothing was done.",
)


def _page(request: Request, who: Visitor, case: Case, status: int = 200, problem: str = "") -> Response:
    desk = desk_of(request)
    shown, files, pdf = _rendered(desk, who, case)
    with desk.store.reading() as session:
        can = _acts(session, who, case)
        after = following(session, who.eyes, case.invoice, today())
    done = request.query_params.get("done", "")
    return page(
        request,
        "invoice.html",
        status,
        case=case,
        one=case.invoice,
        acts=can,
        steps=(*_STEPS.values(),),
        shown=Markup(shown),  # made by render.html, which escapes all an invoice says
        files=files,
        pdf=pdf,
        why=reasons.words(case.invoice.reason, who.lang),
        following=after,
        problem=problem,
        done=done if done in _DOES else "",
    )


def _rendered(desk: Desk, who: Visitor, case: Case) -> tuple[str, list[Enclosed], bool]:
    """The rendering, the embedded files, and whether the original is a PDF; nothing where it cannot be made now."""
    if case.report is None or case.invoice.state == "expired":
        return "", [], False
    whole = original(desk.place, case.invoice)
    try:
        with desk.busy():
            made, files = rendered(whole.data, whole.name, report_from(case.report), who.lang, whole.path)
    except Unchecked:
        return "", [], whole.is_pdf
    return made, files, whole.is_pdf


def _acts(session: Session, who: Visitor, case: Case) -> list[str]:
    """What this person can do with it now, the next step of the chain first; a note always."""
    invoice, person = case.invoice, who.actor.person_id
    held = roles(session, person, invoice.tenant_id or 0, today())
    can: list[str] = []
    run = case.run
    if run and run.next and may(session, person, invoice, run, today()):
        can += [_STEPS[run.next.step.act]] if run.next.step.act in _STEPS else []
    if "confirmer" in held:
        can += _BESIDE.get(invoice.state, ())
    if run and run.done and max(run.done.values(), key=lambda act: act.id or 0).person_id == person:
        can.append("undo")
    return [*can, "note"] if held else can


def _version(invoice: Invoice, past: list[tuple[Act, str]]) -> str:
    acted = max((act.id or 0 for act, _ in past if act.kind != "note"), default=0)
    said = f"{invoice.state} {invoice.since} {invoice.round} {acted}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]
