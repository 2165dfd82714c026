"""Leases: who has taken a piece of work, and until when. A dead holder's lease runs out by itself."""

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select

from einvoice.store import times
from einvoice.store.store import Store
from einvoice.store.tables import Lease

SECONDS = 300.0
"""How long a lease lasts: longer than any one document may take."""


def new_holder() -> str:
    """A name for this run: host, process and something no other run has."""
    return f"{socket.gethostname()}~{os.getpid()}~{secrets.token_hex(4)}"


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
    now = times.utc_now()
    until = times.later(now, seconds)
    try:
        with store.writing(actor=0) as work:
            lease = work.session.exec(select(Lease).where(Lease.name == name)).one_or_none()
            if lease is None:
                work.add(Lease(name=name, holder=holder, until=until))
                return True
            if lease.until > now and lease.holder != holder and not _dead(lease.holder):
                return False
            change = (
                update(Lease)
                .where(col(Lease.name) == name, col(Lease.fence) == lease.fence)
                .values(holder=holder, until=until, fence=lease.fence + 1)
            )
            done = cast(
                "CursorResult[Any]",
                work.session.execute(change, execution_options={"synchronize_session": False}),
            )
            return done.rowcount == 1
    except IntegrityError:  # another run was a moment faster
        return False


def give_back(store: Store, name: str, holder: str) -> None:
    """Gives a lease back, if it is still ours."""
    with store.writing(actor=0) as work:
        work.session.exec(delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))


def _dead(holder: str) -> bool:
    """Whether the holder was a process of this host that no longer lives."""
    host, _, rest = holder.partition("~")
    process = rest.partition("~")[0]
    return host == socket.gethostname() and process.isdigit() and not os.path.exists(f"/proc/{process}")
