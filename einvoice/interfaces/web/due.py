"""The page `Deadlines`: what to order first, what that saves, and how each amount was reckoned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Query, Request, Response
from sqlmodel import Session, col, select

from einvoice.approval import deadlines
from einvoice.approval.cockpit import Line, Loss, losses, month_before, plan, total
from einvoice.approval.signing import shown
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.invoice_acts import STEPS
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.render import words
from einvoice.render.reckoned import reckoned
from einvoice.rulebook.releases import today
from einvoice.store.tables import Invoice, Tenant

router = pages()

SIZE = 50
"""Lines of the page; the sentence on top counts all that press."""

Short = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class Pressing:
    """What presses in some towns: all lines, those of today, what ordering them saves; acts: which step of it waits
    for this person, by invoice, with what it looks like now; cut: whether there may be more than was looked at."""

    lines: Sequence[Line]
    today: Sequence[Line]
    saved: dict[str, Decimal]
    acts: dict[int, tuple[str, str]]
    cut: bool


@router.get("/due")
def due(request: Request, who: Person, show: Short = "mine", town: Short = "") -> Response:
    """What waits for this person, all of his towns, or what was lost the month before."""
    show, day = show if show in ("all", "lost") else "mine", today()
    with desk_of(request).store.reading() as session:
        mine = select(Tenant).where(col(Tenant.id).in_(who.eyes.tenants), col(Tenant.removed).is_(None))
        towns = session.exec(mine.order_by(col(Tenant.title))).all()
        chosen = [one for one in towns if town in ("", one.name)]
        found = _pressing(session, who, chosen if show != "lost" else (), day, show == "mine")
        gone = _lost(session, chosen, day) if show == "lost" else []
    return page(
        request,
        "due.html",
        found=found,
        most=deadlines.MOST,
        lines=found.lines[:SIZE],
        gone=gone[:SIZE],
        saved=_said(found.saved, who.lang),
        lost=_said(total(gone), who.lang),
        steps=list(dict.fromkeys(found.acts[one.case.invoice][0] for one in _mine(found))),
        picks=_mine(found),
        reckon=lambda one: _reckoned(one, who.lang),
        provisional=any(one.cost and one.cost.provisional for one in found.lines[:SIZE]),
        towns=[(one.name, one.title) for one in towns],
        show=show,
        town=town,
    )


def _pressing(session: Session, who: Visitor, towns: Iterable[Tenant], day: date, mine: bool) -> Pressing:
    lines: list[Line] = []
    now: list[Line] = []
    saved: dict[str, Decimal] = {}
    steps: dict[int, tuple[Invoice, str]] = {}
    person, cut = who.actor.person_id if mine else None, False
    for town in towns:
        how = deadlines.settings(session, town.id or 0)
        rows, more = deadlines.pressing(session, town, day, person)
        cut = cut or more
        made = plan((case for case, _, _ in rows), day, how.lead, how.rates)
        lines += made.lines
        now += made.today
        for currency, amount in made.saved_today.items():
            saved[currency] = saved.get(currency, Decimal()) + amount
        steps |= {
            case.invoice: (row, STEPS[run.next.step.act])
            for case, row, run in rows
            if mine and run.next and run.next.step.act in STEPS
        }
    lines.sort(key=lambda one: (one.tier is None, one.order_by or date.max, -one.at_stake, one.case.invoice))
    wanted = [steps[one.case.invoice][0] for one in now if one.case.invoice in steps]
    looks = shown(session, wanted) if wanted else {}
    acts = {number: (steps[number][1], looks[number]) for number in looks}
    return Pressing(lines, now, saved, acts, cut)


def _mine(found: Pressing) -> list[Line]:
    """The lines of today whose next step waits for this person, as many as one click does."""
    return [one for one in found.today if one.case.invoice in found.acts][:SIZE]


def _lost(session: Session, towns: Iterable[Tenant], day: date) -> list[Loss]:
    month, found = month_before(day), list[Loss]()
    for town in towns:
        how = deadlines.settings(session, town.id or 0)
        found += losses(deadlines.past(session, town, *month), *month, day, how.lead)
    return found


def _said(sums: dict[str, Decimal], lang: str) -> str:
    return " + ".join(words.amount(f"{amount}", lang, currency) for currency, amount in sums.items())


def _reckoned(one: Line | Loss, lang: str) -> str:
    tier = one.tier
    if tier is None:
        return ""
    return reckoned(tier.base, tier.percent, tier.off, tier.until, one.case.claim.currency, lang)
