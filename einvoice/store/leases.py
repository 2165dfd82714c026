"""Leases: who has taken a piece of work, and until when. A dead holder's lease runs out by itself."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence

from sqlmodel import Session, col, delete, select

from einvoice.store import bulk, seals, times
from einvoice.store.asked import among
from einvoice.store.bulk import made
from einvoice.store.host import this_host
from einvoice.store.store import Store
from einvoice.store.tables import Lease
from einvoice.store.work import Work

SECONDS = 300.0
"""How long a lease lasts: longer than any one document may take."""

BACKUP = "backup"
"""The lease of whoever makes a backup: while it is held nothing is unlinked in the archive."""


def new_holder() -> str:
    """A name for this run: host, process and something no other run has."""
    return f"{this_host()}~{os.getpid()}~{secrets.token_hex(4)}"


@contextlib.contextmanager
def taken(store: Store, name: str, holder: str, seconds: float = SECONDS) -> Iterator[bool]:
    """Whether the work called `name` is now ours; given back at the end, also after an error."""
    ours = take(store, name, holder, seconds)
    try:
        yield ours
    finally:
        if ours:
            give_back(store, name, holder)


def take(store: Store, name: str, holder: str, seconds: float = SECONDS) -> bool:
    """Takes a lease that nobody has, or whose holder let it run out or is dead on this host."""
    return bool(claim(store, [name], holder, 1, seconds))


def claim(store: Store, names: Sequence[str], holder: str, most: int, seconds: float = SECONDS) -> list[str]:
    """Takes up to `most` of these leases in one transaction; those another has, or is just taking, are left out."""
    now = times.utc_now()
    until = times.later(now, seconds)
    with store.writing(actor=0) as work:
        these = among(work.session, col(Lease.name), names)
        query = select(Lease).where(these).with_for_update(skip_locked=True)
        found = {lease.name: lease for lease in work.session.exec(query)}
        free = [
            lease.name
            for lease in found.values()
            if lease.until <= now or lease.holder == holder or _dead(lease.holder)
        ]
        ours = set([name for name in names if name in free or name not in found][:most])
        for name in ours & set(found):
            lease = found[name]
            lease.holder, lease.until, lease.fence = holder, until, lease.fence + 1
            work.session.add(lease)
        new = [made(Lease, name=name, holder=holder, until=until) for name in sorted(ours - set(found))]
        begun = _begun(work, new)
        ours = begun | (ours & set(found))
    return [name for name in names if name in ours]


def _begun(work: Work, leases: Sequence[Lease]) -> set[str]:
    """Which leases that were not there are ours now: those that nobody was a moment faster with, or has locked."""
    if not leases:
        return set()
    bulk.insert_stored(work.session, seals.table_of(Lease), list(map(seals.stored, leases)), absent=True)
    these = among(work.session, col(Lease.name), [lease.name for lease in leases])
    there = work.session.exec(select(Lease.name, Lease.holder).where(these))
    return {name for name, holder in there if holder == leases[0].holder}


def give_back(store: Store, name: str, holder: str) -> None:
    """Gives a lease back, if it is still ours."""
    give_all_back(store, [name], holder)


def give_all_back(store: Store, names: Iterable[str], holder: str) -> None:
    """Gives leases back, those that are still ours, in one transaction."""
    with store.writing(actor=0) as work:
        these = among(work.session, col(Lease.name), list(names))
        ours = delete(Lease).where(these, col(Lease.holder) == holder)
        work.session.exec(ours.execution_options(synchronize_session=False))


def held(session: Session, name: str) -> bool:
    """Whether someone who lives has this lease now."""
    lease = session.exec(select(Lease).where(Lease.name == name)).one_or_none()
    return lease is not None and lease.until > times.utc_now() and not _dead(lease.holder)


def _dead(holder: str) -> bool:
    """Whether the holder was a process of this host that no longer lives."""
    host, _, rest = holder.partition("~")
    process = rest.partition("~")[0]
    return host == this_host() and process.isdigit() and not os.path.exists(f"/proc/{process}")
