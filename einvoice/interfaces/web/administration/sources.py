"""The page of sources: where invoices come from, when last, what went wrong, how many; and a test of the connection.

They are the operator's, in einvoice.toml; the file is read anew for each look, so that a change shows at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException, Request, Response
from sqlmodel import col, func, select

from einvoice.errors import EinvoiceError
from einvoice.intake.settings import SourceSettings
from einvoice.interfaces.web.administration.access import Administrator, looked, shown, towns
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.forms import Fields
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.condition.reaching import source
from einvoice.pipeline.workplace import read_workplace
from einvoice.store.tables import Cursor, Delivery, Source

router = pages()
PATH = "/administration/sources"


@dataclass(frozen=True, slots=True)
class Known:
    """A source with what came of it: how many deliveries, the last one; when a fetch last went well, and when not,
    with why."""

    settings: SourceSettings
    count: int
    newest: str | None
    said: Mapping[str, object]


@router.get(PATH)
def listed(request: Request, who: Administrator) -> Response:
    """The list."""
    looked(request, who, "sources")
    return _page(request, who)


@router.post(PATH)
def test(request: Request, who: Administrator, form: Fields) -> Response:
    """Visits one source as a fetch would, as `einvoice doctor --sources` does; nothing is changed there or here."""
    desk = desk_of(request)
    found = next((one for one in _settings(desk, who) if one.name == form.get("source")), None)
    if found is None:
        raise HTTPException(404)
    with desk.busy():
        told = list(source(desk.place, found))
    with desk.store.writing(who.actor.person_id) as work:
        good = not any(one.ok is False for one in told)
        work.event("source-tested", "administration/sources", {"source": found.name, "good": good})
    return _page(request, who, tested=found.name, told=told)


def _settings(desk: Desk, who: Visitor) -> list[SourceSettings]:
    """The sources as einvoice.toml has them now; of a town's administrator those that are his town's alone."""
    now = read_workplace(desk.place.workplace.file, given=desk.place.workplace.given)
    if who.eyes.operator:
        return list(now.sources)
    with desk.store.reading() as session:
        mine = {name for one in towns(session, who.eyes) for name in (one.name, one.title)}
    return [one for one in now.sources if one.tenant in mine]


def _page(request: Request, who: Visitor, tested: str = "", told: list[Finding] | None = None) -> Response:
    desk = desk_of(request)
    problem, rows = "", list[Known]()
    try:
        rows = _known(desk, _settings(desk, who))
    except EinvoiceError as error:
        problem = error.said(who.lang)
    return shown(request, "sources.html", rows=rows, tested=tested, told=told or [], problem=problem)


def _known(desk: Desk, found: list[SourceSettings]) -> list[Known]:
    with desk.store.reading() as session:
        named = select(Source).where(col(Source.name).in_([one.name for one in found]))
        numbers = {one.name: one.id or 0 for one in session.exec(named)}
        here = col(Delivery.source_id).in_(numbers.values())
        query = select(Delivery.source_id, func.count(), func.max(col(Delivery.received))).where(here)
        counts = {
            number: (count, newest)
            for number, count, newest in session.exec(query.group_by(col(Delivery.source_id)))
        }
        cursors = {one.source_id: one.value or {} for one in session.exec(select(Cursor))}
    rows = []
    for one in found:
        number = numbers.get(one.name) or 0
        count, newest = counts.get(number, (0, None))
        rows.append(Known(one, count, newest, cursors.get(number, {})))
    return rows
