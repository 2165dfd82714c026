"""Returning an invoice: the reply is prepared from findings and reason; a person reads it, changes it, sends it."""

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from einvoice.approval import looks
from einvoice.errors import Refused, Stale, UsageError
from einvoice.interfaces.web.case import found
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.faults import refusal
from einvoice.interfaces.web.files import download
from einvoice.interfaces.web.forms import Number
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.invoice import refused
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.pipeline.returning import Letter, edited, give_back, letter

router = pages()

Lang = Literal["de", "en"]
Short = Annotated[str, Query(max_length=2000)]


@router.get("/invoice/{number}/return")
def prepare(
    request: Request,
    who: Person,
    number: Number,
    reason: Short = "",
    reply_in: Annotated[Lang, Query()] = "de",
    warnings: Short = "",
) -> Response:
    """The reason is asked for; with one the reply is shown, to be changed and sent."""
    desk = desk_of(request)
    case = found(desk, who, number)
    looks.noted(desk.store, who.actor.person_id, case.invoice, "report")
    return _page(request, who, number, reason.strip(), reply_in, bool(warnings))


@router.post("/invoice/{number}/return")
def back(
    request: Request,
    who: Person,
    number: Number,
    act: Annotated[Literal["send", "draft", "none", "save"], Form()],
    version: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=2000)],
    reply_in: Annotated[Lang, Form()] = "de",
    warnings: Annotated[str, Form(max_length=3)] = "",
    subject: Annotated[str, Form(max_length=200)] = "",
    text: Annotated[str, Form(max_length=50_000)] = "",
    to: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Returns it, its reply in the outbox (ready or a draft), or without one; or only gives the reply as a file."""
    desk = desk_of(request)
    found(desk, who, number)
    try:
        made = None
        if act != "none":
            with desk.busy():
                made = letter(desk.place, number, reason, reply_in, warnings=bool(warnings))
            made = edited(made, subject, text, reply_in)
        if act == "save" and made is not None:
            name = f"{who.say('antwort', 'reply')}-{number}.txt"
            return download(f"{made.words.subject}\n\n{made.words.text}".encode(), name)
        actor = replace(who.actor, seen=version)
        give_back(desk.place, actor, number, reason, made, to.strip() or None, send=act == "send")
    except Stale as error:
        return refused(request, who, number, error, version)
    except (Refused, UsageError) as error:
        said = replaced(made, subject, text)
        return _page(request, who, number, reason, reply_in, bool(warnings), said, error, to)
    return RedirectResponse(f"/invoice/{number}?done=return", 303)


def replaced(made: Letter | None, subject: str, text: str) -> tuple[str, str] | None:
    """What a person had written, to be shown again."""
    return (subject, text) if subject or text or made else None


def _page(
    request: Request,
    who: Visitor,
    number: int,
    reason: str,
    lang: Lang,
    warnings: bool,
    said: tuple[str, str] | None = None,
    error: Refused | UsageError | None = None,
    to: str = "",
) -> Response:
    desk = desk_of(request)
    case = found(desk, who, number)
    made = None
    if reason:
        with desk.busy():
            made = letter(desk.place, number, reason, lang, warnings=warnings)
    subject, text = said or ((made.words.subject, made.words.text) if made else ("", ""))
    return page(
        request,
        "return.html",
        refusal(error) if error else 200,
        case=case,
        one=case.invoice,
        reason=reason,
        reply_in=lang,
        warnings=warnings,
        made=made,
        subject=subject,
        text=text,
        to=to or (made.recipient or "" if made else ""),
        mail=desk.place.workplace.mail is not None,
        problem=error.said(who.lang) if error else "",
    )
