"""The door to the store: SQLite in a file, or PostgreSQL by URL; reading and writing sessions, one tenant
or all.

What a tenant's session sees is filtered here and nowhere else; PostgreSQL repeats it (see `policies`).
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session

from einvoice.store import engines, once, seals, tables, times
from einvoice.store.engines import TENANT_SETTING, Outrun
from einvoice.store.tables import Event, Head, Payload
from einvoice.store.work import Work

LOCK_SECONDS = 30
"""How long a transaction waits for another before it gives up."""

F = TypeVar("F", bound=Callable[..., Any])


class Store:
    """A store by its URL (`sqlite:////path/store.sqlite` or `postgresql+psycopg://…`).

    name: the URL without its password. Raises StoreError or ConfigurationError where it cannot be used.
    Thread-safe; sessions are not.
    """

    def __init__(self, url: str, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self.url = engines.parsed(url)
        self.name = self.url.render_as_string(hide_password=True)
        self.postgres = self.url.get_backend_name() == "postgresql"
        self.engine = engines.engine(self.url, lock_seconds)
        self._writing = self.engine.execution_options(writing=True)
        self._reading = self.engine
        if self.postgres:  # one moment for all questions of a session, as SQLite gives it
            self._reading = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def file(self) -> Path | None:
        """The file of a SQLite store; None for a server."""
        return Path(self.url.database) if not self.postgres and self.url.database else None

    @contextlib.contextmanager
    def reading(self, tenant: int | None = None) -> Iterator[Session]:
        """A session that only looks, at one moment; with `tenant`, at that tenant's rows alone."""
        with _said_plainly(self.name), Session(self._reading, expire_on_commit=False) as session:
            self._narrow(session, tenant)
            once.remembering(session)
            yield session

    @contextlib.contextmanager
    def writing(self, actor: int, tenant: int | None = None) -> Iterator[Work]:
        """A transaction by a person: committed with its events at the end, or nothing of it.

        Raises StoreError; sqlalchemy's IntegrityError where the database refuses a second (see Identity).
        """
        with _said_plainly(self.name), Session(self._writing, expire_on_commit=False) as session:
            self._narrow(session, tenant)
            work = Work(session, actor, times.utc_now(), tenant)
            try:
                yield work
                work.finish()
                session.commit()
            finally:
                work.close()

    @contextlib.contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that changes the tables themselves, one at a time: all of it or nothing."""
        with _said_plainly(self.name), self._writing.begin() as connection:
            self.alone(connection)
            yield connection

    def alone(self, connection: Connection) -> None:
        """Lets the transactions that ask for it follow one another, as all writers of SQLite do."""
        if self.postgres:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('einvoice'))"))

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()

    def _narrow(self, session: Session, tenant: int | None) -> None:
        """Makes a session see one tenant's rows only."""
        if tenant is None:
            return
        if self.postgres:
            session.connection().execute(
                text("SELECT set_config(:name, :value, true)"),
                {"name": TENANT_SETTING, "value": str(tenant)},
            )
        criteria = [
            *(with_loader_criteria(row, row.tenant_id == tenant, include_aliases=True) for row in _TENANTED),
            *(
                with_loader_criteria(row, row.chain == seals.tenant_chain(tenant), include_aliases=True)
                for row in _CHAINED
            ),
        ]

        @event.listens_for(session, "do_orm_execute")
        def _(state: ORMExecuteState) -> None:
            state.statement = state.statement.options(*criteria)


def repeated(act: F) -> F:
    """Does a step again, up to five times, when another process was a moment faster: on a server two may act at
    once where SQLite makes them wait. The step must begin with its own look at the store.
    """

    @functools.wraps(act)
    def again(*arguments: Any, **named: Any) -> Any:
        for _ in range(4):
            with contextlib.suppress(IntegrityError, Outrun):
                return act(*arguments, **named)
        return act(*arguments, **named)

    return again  # type: ignore[return-value]


_TENANTED: list[Any] = [
    mapper.class_
    for name in tables.__all__
    if hasattr(getattr(tables, name), "__mapper__") and (mapper := getattr(tables, name).__mapper__)
    if "tenant_id" in mapper.columns and name != "Source"
]
_CHAINED: list[Any] = [Event, Payload, Head]


@contextlib.contextmanager
def _said_plainly(name: str) -> Iterator[None]:
    """Turns a database's own errors into one sentence."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise engines.meaning(name, error) from error
