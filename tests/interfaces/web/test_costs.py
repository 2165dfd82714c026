"""What a page of a list costs: so many statements, each answered by an index, however many invoices there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from einvoice.approval import acts
from einvoice.store import people
from einvoice.store.tables import Invoice
from tests.interfaces.web.paying import numbered
from tests.interfaces.web.town import Site, site

PAGES = {
    "/work": 20,
    "/work?show=all": 10,
    "/work?show=all&q=nirgends": 10,
    "/work?q=2026": 20,
    "/work?show=all&state=held&q=werre": 10,
    "/due?show=all": 15,
    "/due": 25,
    "/batches": 10,
}
"""Page → the most statements it may ask, once the session is known."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("costs")) as made:
        yield made


def more(here: Site, count: int, first: int) -> list[int]:
    """So many further invoices of Musterlippe, like the first of it."""
    like = numbered(here, "RE-2026-0815")
    with here.place.store.writing(people.SERVICE) as work:
        said = work.session.exec(select(Invoice).where(Invoice.id == like)).one().model_dump(exclude={"id"})
        days = [f"2027-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(first, first + count)]
        rows = [
            Invoice(**{**said, "position": n, "number": f"M-{n}", "search": f"m-{n} werre", "due_date": day})
            for n, day in enumerate(days, first)
        ]
        work.number(*rows)
        work.insert(*rows)
        work.event("invoice-routed", rows[0], proves=rows[1:])
    return [row.id or 0 for row in rows]


@contextmanager
def asked(here: Site) -> Iterator[list[tuple[str, Any]]]:
    """The questions asked of the database meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            found.append((statement, parameters))

    event.listen(here.place.store.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(here.place.store.engine, "before_cursor_execute", note)


def test_a_page_asks_no_more_of_many_than_of_few(here: Site) -> None:
    confirmer = here.browser("confirmer")
    more(here, 60, 1000)
    few = {}
    for page in PAGES:
        with asked(here) as questions:
            assert confirmer.get(page).status_code == 200
        few[page] = len(questions)
    numbers = more(here, 240, 2000)
    for number in numbers[::40]:
        acts.confirm(here.place.store, here.actor("second"), number, only=("confirm-factual",))
    for page in PAGES:
        with asked(here) as questions:
            confirmer.get(page)
        assert len(questions) <= few[page] + 2, page  # the acts of those in it, and what they were signed for
        assert len(questions) <= PAGES[page], (page, len(questions))
        for plan in _plans(here, questions):
            assert "SCAN invoice" not in plan, (page, plan)


def _plans(here: Site, questions: list[tuple[str, Any]]) -> Iterator[str]:
    with here.place.store.engine.connect() as connection:
        for statement, parameters in questions:
            if " invoice" in statement:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                yield "\n".join(str(row[3]) for row in rows)


def test_words_are_searched_for_in_an_index_alone(here: Site) -> None:
    confirmer = here.browser("confirmer")
    for page in ("/work?show=all&q=nirgends", "/work?q=nirgends", "/work?show=all&state=held&q=x"):
        with asked(here) as questions:
            confirmer.get(page)
        searching = [one for one in questions if "LIKE" in one[0]]
        assert searching
        for plan in _plans(here, searching):
            assert "USING COVERING INDEX ix_invoice_tenant_id_id_state_search" in plan, plan


def test_pages_of_what_waits_follow_each_other(here: Site) -> None:
    """Every invoice once, by Skonto that can be had, then due day, then without one."""
    from datetime import date

    from einvoice.approval.listing import Wish, listed
    from einvoice.approval.sight import sight_of

    more(here, 30, 5000)
    eyes = sight_of(here.place.store, here.actor("confirmer").person_id)
    for day in (date(2026, 3, 5), date(2027, 6, 1)):
        with here.place.store.reading() as session:
            whole = list(listed(session, eyes, Wish(mine=True, size=200), day).rows)
            after = ""
            seen: list[int | None] = []
            while after is not None and len(seen) <= len(whole):
                part = listed(session, eyes, Wish(mine=True, after=after, size=7), day)
                seen += [row.invoice.id for row in part.rows]
                after = part.after  # type: ignore[assignment]
        assert seen[: len(whole)] == [row.invoice.id for row in whole]
        days = [row.urgent or "9999-12-31" for row in whole]
        assert days == sorted(days)
