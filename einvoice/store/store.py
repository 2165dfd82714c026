"""The door to the store: SQLite in a file, or PostgreSQL by URL; reading and writing sessions, one tenant
or all.

What a tenant's session sees is filtered here and nowhere else.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session

from einvoice.errors import StoreError
from einvoice.store import tables, times
from einvoice.store.place import network_filesystem
from einvoice.store.work import Work

LOCK_SECONDS = 30
"""How long a transaction waits for another before it gives up."""


class Store:
    """A store by its URL (`sqlite:////path/store.sqlite` or `postgresql+psycopg://…`).

    Raises StoreError where it cannot be used. Thread-safe; sessions are not.
    """

    def __init__(self, url: str, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self.url = url
        self.engine = _engine(url, lock_seconds)
        self._writing = self.engine.execution_options(writing=True)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite store; None for a server."""
        parsed = make_url(self.url)
        return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None

    @contextlib.contextmanager
    def reading(self, tenant: int | None = None) -> Iterator[Session]:
        """A session that only looks; with `tenant`, at that tenant's rows alone."""
        with _said_plainly(self.url), Session(self.engine, expire_on_commit=False) as session:
            _narrow(session, tenant)
            yield session

    @contextlib.contextmanager
    def writing(self, actor: int, tenant: int | None = None) -> Iterator[Work]:
        """A transaction by a person: committed with its events at the end, or nothing of it.

        Raises StoreError; sqlalchemy's IntegrityError where the database refuses a second (see Identity).
        """
        with _said_plainly(self.url), Session(self._writing, expire_on_commit=False) as session:
            _narrow(session, tenant)
            work = Work(session, actor, times.utc_now(), tenant)
            yield work
            work.finish()
            session.commit()

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


_TENANTED: list[Any] = [
    mapper.class_
    for name in tables.__all__
    if hasattr(getattr(tables, name), "__mapper__") and (mapper := getattr(tables, name).__mapper__)
    if "tenant_id" in mapper.columns and name != "Source"
]


def _narrow(session: Session, tenant: int | None) -> None:
    """Makes a session see one tenant's rows only."""
    if tenant is None:
        return

    @event.listens_for(session, "do_orm_execute")
    def _(state: ORMExecuteState) -> None:
        only = (with_loader_criteria(row, row.tenant_id == tenant, include_aliases=True) for row in _TENANTED)
        state.statement = state.statement.options(*only)


@contextlib.contextmanager
def _said_plainly(url: str) -> Iterator[None]:
    """Turns a database's own errors into one sentence."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        place = make_url(url).render_as_string(hide_password=True)
        why = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
        raise StoreError(f"The store {place} cannot be used: {why}. Run `einvoice doctor`.") from error


def _engine(url: str, lock_seconds: float) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    if parsed.database and (kind := network_filesystem(Path(parsed.database).parent)):
        raise StoreError(
            f"The store {parsed.database} lies on a network file system ({kind}), where SQLite loses data. "
            "Put it on a local disk, or use PostgreSQL."
        )
    engine = create_engine(url, connect_args={"timeout": lock_seconds, "check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would start writers too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
