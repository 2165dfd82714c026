"""The page of one invoice: readable, findings at their fields, history, duplicates, and the next act on top."""

from dataclasses import replace
from typing import Annotated

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from einvoice.approval import looks
from einvoice.approval.listing import following
from einvoice.errors import Refused, Stale, Unchecked, UsageError
from einvoice.interfaces.web.case import Case, colleagues, found, offices
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.faults import refusal
from einvoice.interfaces.web.forms import Number
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.invoice_acts import DOES, STEPS, TALK, Said, offered
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.pipeline.originals import original
from einvoice.render import posted, reasons
from einvoice.render.viewing import Enclosed, rendered
from einvoice.rulebook.releases import today
from einvoice.validation.report import report_from

router = pages()

DONE = (*DOES, "return", "post")
"""What the page can say was done."""


@router.get("/invoice/{number}")
def show(request: Request, who: Person, number: Number) -> Response:
    """The page; the look is an event."""
    desk = desk_of(request)
    case = found(desk, who, number)
    looks.noted(desk.store, who.actor.person_id, case.invoice, "page")
    return shown(request, who, case)


@router.post("/invoice/{number}")
def act(
    request: Request,
    who: Person,
    number: Number,
    act: Annotated[str, Form(max_length=20)],
    version: Annotated[str, Form(max_length=64)],
    words: Annotated[str, Form(max_length=2000)] = "",
    office: Annotated[str, Form(max_length=40)] = "",
    person: Annotated[str, Form(max_length=18, pattern=r"^[0-9]*$")] = "",
    proposal: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Does one act; refused where the invoice is no longer as the page showed it."""
    desk = desk_of(request)
    found(desk, who, number)
    if act not in DOES:
        raise HTTPException(422)
    actor = who.actor if act in TALK else replace(who.actor, seen=version)
    said = Said(words.strip(), office, int(person) if person else None, proposal)
    try:
        DOES[act](desk.place, actor, number, said)
    except (Refused, UsageError) as error:
        return refused(request, who, number, error, version)
    return RedirectResponse(f"/invoice/{number}?done={act}", 303)


def refused(
    request: Request, who: Visitor, number: int, error: Refused | UsageError, version: str
) -> Response:
    """The page as the invoice is now, with why an act was refused and, where that is so, what happened meanwhile."""
    case = found(desk_of(request), who, number)
    since = case.since(version) if isinstance(error, Stale) else []
    return shown(request, who, case, refusal(error), error.said(who.lang), since)


def shown(
    request: Request,
    who: Visitor,
    case: Case,
    status: int = 200,
    problem: str = "",
    since: object = (),
) -> Response:
    """The page of an invoice."""
    desk = desk_of(request)
    sheet, files, pdf = _rendered(desk, who, case, all_rows=request.query_params.get("lines") == "all")
    with desk.store.reading() as session:
        can = offered(session, who.actor, case)
        after = following(session, who.eyes, case.invoice, today())
        places = offices(session, case) if "assign" in can else []
        others = colleagues(session, case, who.actor.person_id) if "ask" in can else []
    done = request.query_params.get("done", "")
    return page(
        request,
        "invoice.html",
        status,
        case=case,
        one=case.invoice,
        acts=can,
        steps=(*STEPS.values(),),
        shown=Markup(sheet),  # made by render.html, which escapes all an invoice says
        files=files,
        pdf=pdf,
        why=reasons.words(case.invoice.reason, who.lang),
        proposed=lambda row: posted.why(row.proposed_from, who.lang),
        deducted=lambda row: posted.deduction(row.kind, who.lang),
        following=after,
        offices=places,
        colleagues=others,
        names=dict(others),
        problem=problem,
        since=since,
        done=done if done in DONE else "",
    )


def _rendered(desk: Desk, who: Visitor, case: Case, *, all_rows: bool) -> tuple[str, list[Enclosed], bool]:
    """The rendering, the embedded files, and whether the original is a PDF; nothing where it cannot be made now."""
    if case.report is None or case.invoice.state == "expired":
        return "", [], False
    whole = original(desk.place, case.invoice)
    try:
        with desk.busy():
            made, files = rendered(
                whole.data, whole.name, report_from(case.report), who.lang, whole.path, whole=all_rows
            )
    except Unchecked:
        return "", [], whole.is_pdf
    return made, files, whole.is_pdf
