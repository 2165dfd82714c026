"""Which rows a list begins with, by their numbers: each town and state is a stream that an index has in order, and
the first of all streams are the first of the list. So a page costs the same however many invoices there are.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, literal, tuple_, union_all
from sqlalchemy import select as core_select
from sqlmodel import Session, col, or_, select

from einvoice.store import seals
from einvoice.store.tables import Invoice

LAST = "9999-12-31"
"""The day of what is never due."""

_AT_ONCE = 100
"""Streams in one statement; SQLite takes 500."""

Stream = Select[tuple[int, str]]
"""Number and urgent day of invoices, in their order."""


def urgent(tenant: int, state: str, day: date, after: tuple[str, int] | None) -> Iterator[Stream]:
    """What is in a state in a town, the most urgent first: by Skonto that can still be had, by due day, without one.

    after: urgent day and number of the last row of the page before.
    """
    there, today = seals.table_of(Invoice).c, day.isoformat()
    here = there.tenant_id == tenant, there.state == state
    taken = or_(there.due_date.is_(None), there.skonto_until < there.due_date)
    gone = or_(there.skonto_until.is_(None), there.skonto_until < today)
    kinds: Sequence[tuple[Any, tuple[Any, ...]]] = (
        (there.skonto_until, (there.skonto_until >= today, taken)),
        (there.due_date, (there.due_date.is_not(None), or_(gone, there.skonto_until >= there.due_date))),
    )
    for by, which in kinds:
        query = core_select(there.id, by).where(*here, *which).order_by(by, there.id)
        yield query if after is None else query.where(tuple_(by, there.id) > tuple_(*map(literal, after)))
    never = (
        core_select(there.id, literal(LAST)).where(*here, there.due_date.is_(None), gone).order_by(there.id)
    )
    if after is None or after[0] < LAST:
        yield never
    elif after[0] == LAST:
        yield never.where(there.id > after[1])


def newest(of: int | Collection[int], states: Sequence[str], words: Sequence[str], before: int) -> Stream:
    """What a town (its number), or what of some invoices (theirs), is in some states (none: in any) and has all these
    words, the newest first."""
    there = seals.table_of(Invoice).c
    which = there.tenant_id == of if isinstance(of, int) else there.id.in_(of)
    query = core_select(there.id, literal("")).where(which, there.id < before)
    if states and words:  # not by the index of states, which does not have the words
        query = query.where(there.state.concat("").in_(states))
    elif states:
        query = query.where(there.state.in_(states))
    for word in words:
        query = query.where(there.search.contains(word, autoescape=True))
    return query.order_by(there.id.desc())


def first(session: Session, streams: Sequence[Stream], size: int) -> list[tuple[int, str]]:
    """Number and urgent day of the first rows of some streams; the order of rows from several is the caller's."""
    found: list[tuple[int, str]] = []
    for start in range(0, len(streams), _AT_ONCE):
        some = [core_select(one.limit(size).subquery()) for one in streams[start : start + _AT_ONCE]]
        found += [(number, by) for number, by in session.execute(union_all(*some))]
    return found


def rows(session: Session, numbers: Sequence[int]) -> dict[int, Invoice]:
    """The invoices of some numbers."""
    return {one.id or 0: one for one in session.exec(select(Invoice).where(col(Invoice.id).in_(numbers)))}
