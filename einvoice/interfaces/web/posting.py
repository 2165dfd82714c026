"""Where one invoice is booked: proposals with their reason, what the town asks for, splits and deductions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from einvoice.approval import booked, deductions, looks, master
from einvoice.approval.deductions import Off
from einvoice.approval.fields import MASTER, wrong_in
from einvoice.approval.persons import Actor
from einvoice.approval.postings import DIMENSIONS
from einvoice.approval.rights import acting
from einvoice.approval.said import checked, money
from einvoice.approval.splitting import part_of
from einvoice.errors import Refused, Stale, UsageError
from einvoice.interfaces.web.case import Case, found
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.faults import refusal
from einvoice.interfaces.web.forms import Fields, Id, Number, number_in
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.invoice import refused
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.model.lexical import iso_date
from einvoice.pipeline import posting as of_original
from einvoice.render import posted
from einvoice.rulebook.releases import today
from einvoice.store import people

router = pages()

ROWS = 15
"""Postings of a page."""

Form = Mapping[str, str]
Short = Annotated[str, Query(max_length=100)]


@router.get("/invoice/{number}/posting")
def show(
    request: Request, who: Person, number: Number, first: Id = 1, kind: Short = "", q: Short = ""
) -> Response:
    """The page; with `q` what the master data have that fits."""
    desk = desk_of(request)
    case = found(desk, who, number)
    looks.noted(desk.store, who.actor.person_id, case.invoice, "data")
    return _page(request, who, case, first=max(1, first), kind=kind, q=q.strip())


@router.get("/invoice/{number}/codes/{dimension}")
def codes(request: Request, who: Person, number: Number, dimension: str) -> Response:
    """The choices of a field for what is typed there, as options: what the page asks for with script."""
    desk = desk_of(request)
    case = found(desk, who, number)
    if dimension not in MASTER:
        raise HTTPException(404)
    typed = next(iter(request.query_params.values()), "")[:100]
    with desk.store.reading() as session:
        choices = master.choices(session, case.tenant, MASTER[dimension], typed, 30)
    return page(request, "codes.html", choices=choices)


@router.post("/invoice/{number}/posting")
def post(request: Request, who: Person, number: Number, form: Fields) -> Response:
    """Does one act with the postings; refused where the invoice is no longer as the page showed it."""
    desk = desk_of(request)
    case = found(desk, who, number)
    act, version = form.get("act", ""), form.get("version", "")
    if act not in _DOES:
        raise HTTPException(422)
    try:
        _DOES[act](desk, replace(who.actor, seen=version), case, form)
    except Stale as error:
        return refused(request, who, number, error, version)
    except (Refused, UsageError) as error:
        return _page(request, who, found(desk, who, number), refusal(error), error.said(who.lang), form)
    return RedirectResponse(f"/invoice/{number}/posting?done={act}", 303)


def _set(desk: Desk, who: Actor, case: Case, form: Form) -> None:
    each: dict[int, dict[str, str]] = {}
    for key, text in form.items():
        position, _, name = key.removeprefix("p").partition("-")
        if key.startswith("p") and number_in(position) >= 0 and name in DIMENSIONS:
            each.setdefault(int(position), {})[name] = checked(name, text.strip())
    booked.place_each(desk.store, who, case.invoice.id or 0, each)


def _split(desk: Desk, who: Actor, case: Case, form: Form) -> None:
    number, by = case.invoice.id or 0, form.get("by", "")
    wanted = [part_of(line) for line in form.get("parts", "").splitlines() if line.strip()]
    if by not in ("line", "vat") and not wanted:
        raise UsageError("Please write the parts, one a line.", "Bitte die Teile schreiben, einen je Zeile.")
    whole = by if by in ("line", "vat") else wanted
    asked = by == "line" or (by not in ("line", "vat") and any(one.lines for one in wanted))
    lines = of_original.lines(desk.place, number) if asked else []
    booked.split(desk.store, who, number, whole, lines)


def _propose(desk: Desk, who: Actor, case: Case, form: Form) -> None:
    of_original.propose_again(desk.place, who, case.invoice.id or 0)


def _deduct(desk: Desk, who: Actor, case: Case, form: Form) -> None:
    number, kind, wanted = case.invoice.id or 0, form.get("kind", ""), form.get("line", "").strip()
    if kind not in deductions.KINDS:
        raise HTTPException(422)
    amount, percent = _how_much(form.get("amount", ""))
    lines = of_original.lines(desk.place, number) if wanted else []
    line = next((one for one in lines if one.id == wanted), None)
    if wanted and line is None:
        raise UsageError(f"There is no line {wanted}.", f"Eine Zeile {wanted} gibt es nicht.")
    until = _until(form.get("until", "")) if kind == "retention" else None
    off = Off(
        kind, form.get("reason", ""), amount, percent, bool(form.get("net")) and bool(line), line, until
    )
    deductions.deduct(desk.store, who, number, off)


def _how_much(text: str) -> tuple[Decimal | None, Decimal | None]:
    """(amount, percent) of what a person wrote: one of the two."""
    text = text.strip()
    return (None, money(text[:-1].strip())) if text.endswith("%") else (money(text), None)


def _until(text: str) -> date:
    found = iso_date(text.strip())
    if found is None:
        raise UsageError(
            "A sum is retained until a day as 2030-11-30.",
            "Einbehalten wird bis zu einem Tag wie 2030-11-30.",
        )
    return found


def _take_back(desk: Desk, who: Actor, case: Case, form: Form) -> None:
    which, reason = number_in(form.get("which", "")), form.get("reason", "").strip()
    if which < 0 or not reason:
        raise UsageError("A reason is needed.", "Bitte einen Grund angeben.")
    deductions.take_back(desk.store, who, case.invoice.id or 0, which, reason)


_DOES = {
    "set": _set,
    "split": _split,
    "propose": _propose,
    "deduct": _deduct,
    "take-back": _take_back,
}
"""Act → what does it."""


def _page(
    request: Request,
    who: Visitor,
    case: Case,
    status: int = 200,
    problem: str = "",
    form: Form | None = None,
    first: int = 1,
    kind: str = "",
    q: str = "",
) -> Response:
    desk = desk_of(request)
    with desk.store.reading() as session:
        wanted = people.policy(session, case.tenant, "posting").get("fields") or {}
        wrong = _wrong(session, case, wanted, who.lang)
        held = acting(session, who.actor.person_id, case.tenant, today())
        lists = {one: master.choices(session, case.tenant, MASTER[one]) for one in MASTER}
        hits = master.choices(session, case.tenant, MASTER[kind], q, 50) if kind in MASTER and q else None
    done = request.query_params.get("done", "")
    rows = case.postings[first - 1 : first - 1 + ROWS]
    return page(
        request,
        "posting.html",
        status,
        case=case,
        one=case.invoice,
        rows=rows,
        more=first + ROWS if len(case.postings) >= first + ROWS else None,
        names={key: who.say(*words) for key, words in DIMENSIONS.items()},
        required=[key for key, asks in wanted.items() if asks.get("required")],
        wrong=wrong,
        lists={key: found for key, found in lists.items() if found},
        kind=kind,
        q=q,
        hits=hits,
        proposed=lambda row: posted.why(row.proposed_from, who.lang),
        deducted=lambda row: posted.deduction(row.kind, who.lang),
        kinds=[(one, posted.deduction(one, who.lang)) for one in deductions.KINDS],
        may=bool({*booked.ROLES} & held) and case.invoice.state in booked.OPEN,
        said=form or {},
        problem=problem,
        done=done if done in _DOES else "",
    )


def _wrong(session: Session, case: Case, wanted: Mapping[str, Any], lang: str) -> dict[tuple[int, str], str]:
    """What is wrong with a field, by position and dimension."""
    return {
        (row.position, name): de if lang == "de" else en
        for row in case.postings
        for name, _, de, en in wrong_in(session, row, wanted)
    }
