"""Attempts that failed make the next one wait, longer each time: under a login, whether or not it exists."""

from sqlalchemy import delete
from sqlmodel import col, select

from einvoice.approval.access.secrecy import digest
from einvoice.store import people, times
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Throttle

FREE, LONGEST, FORGOTTEN = 5, 900.0, 86_400.0
"""Attempts that need not wait; the longest wait and how long a failure is remembered, in seconds."""


@repeated
def admitted(store: Store, name: str) -> float:
    """0 if an attempt under this name is heard now, else the seconds until one is. What is heard counts as failed
    until `succeeded`: from the sixth on, each makes the next wait twice as long, up to 15 minutes. Of many at once
    only so many are heard.
    """
    key = digest(name)
    with store.writing(people.SERVICE) as work:
        work.session.execute(delete(Throttle).where(col(Throttle.seen) < times.later(work.time, -FORGOTTEN)))
        query = select(Throttle).where(Throttle.name == key).with_for_update()
        row = work.session.exec(query).one_or_none() or Throttle(name=key, seen="", next_at=work.time)
        if row.next_at > work.time:
            return (times.moment(row.next_at) - times.moment(work.time)).total_seconds()
        row.count += 1
        row.seen = work.time
        row.next_at = times.later(work.time, _wait(row.count))
        work.add(row)
    return 0.0


def _wait(count: int) -> float:
    return min(LONGEST, 2.0 ** (count - FREE)) if count >= FREE else 0.0


def succeeded(store: Store, name: str) -> None:
    """Forgets the attempts under a name."""
    with store.writing(people.SERVICE) as work:
        work.session.execute(delete(Throttle).where(col(Throttle.name) == digest(name)))
