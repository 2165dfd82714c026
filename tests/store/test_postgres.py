"""What PostgreSQL itself guards: tenants apart even in raw SQL, and errors said in one sentence."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from einvoice.errors import ConfigurationError, StoreError
from einvoice.store.migrate import migrate, ready
from einvoice.store.policies import NAME, tenanted
from einvoice.store.store import Store
from tests import cluster, stores
from tests.parts import needs
from tests.store.installation import Made, make

pytestmark = needs("postgres")

BREAKOUTS = (
    "SELECT count(*) FROM invoice",
    "SELECT count(*) FROM invoice WHERE tenant_id = 1 OR 1 = 1",
    "SELECT count(*) FROM (SELECT * FROM invoice UNION ALL SELECT * FROM invoice) AS i",
    "SELECT count(*) FROM delivery AS d JOIN invoice AS i ON i.delivery_id = d.id",
    "SELECT count(*) FROM event WHERE chain <> 'tenant/000002'",
    "SELECT count(*) FROM payload WHERE chain <> 'tenant/000002'",
    "SELECT count(*) FROM head WHERE chain <> 'tenant/000002'",
    "SELECT count(*) FROM archive_object WHERE area <> 'tenants/beispielhausen'",
    "WITH gone AS (DELETE FROM invoice RETURNING 1) SELECT count(*) FROM gone",
    "WITH changed AS (UPDATE invoice SET number = 'x' RETURNING 1) SELECT count(*) FROM changed",
    "WITH taken AS (UPDATE invoice SET tenant_id = 2 RETURNING 1) SELECT count(*) FROM taken",
)
"""What a session of the second town asks for; the answer must be nothing of the first."""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    with stores.postgresql() as url:
        found = make(tmp_path, url)
        yield found
        found.store.close()


@pytest.mark.parametrize("statement", BREAKOUTS)
def test_raw_sql_of_one_tenant_reaches_no_other(made: Made, statement: str) -> None:
    with made.store.writing(1, tenant=2) as work:
        assert work.session.connection().execute(text(statement)).scalar_one() == 0
    with made.store.writing(1, tenant=1) as work:
        assert work.session.connection().execute(text("SELECT count(*) FROM invoice")).scalar_one() == 1


@pytest.mark.parametrize("values", ["1, 1, 'x'", "NULL, 1, 'x'"])
def test_raw_sql_cannot_write_into_another_tenant(made: Made, values: str) -> None:
    def act() -> None:
        with made.store.writing(1, tenant=2) as work:
            work.session.connection().execute(
                text(f"INSERT INTO office (tenant_id, code, name) VALUES ({values.replace(', 1', '')}, 'y')")
            )

    with pytest.raises(StoreError):
        act()


def test_a_tenant_s_session_leaves_nothing_behind_in_the_pool(made: Made) -> None:
    for _ in range(3):
        with made.store.reading(tenant=2) as session:
            assert _count(session) == 0
        with made.store.reading() as session:
            assert _count(session) == 1


def test_what_connects_past_einvoice_sees_nothing(made: Made) -> None:
    with psycopg.connect(made.store.url.set(drivername="postgresql").render_as_string(False)) as raw:
        for table in tenanted():
            row = raw.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()
            assert row == (0,), table.name
        assert raw.execute("SELECT count(*) FROM tenant").fetchone() == (2,)


def test_every_table_of_tenants_has_its_policy(made: Made) -> None:
    with made.store.reading() as session:
        there = session.connection().execute(
            text(
                "SELECT tablename FROM pg_policies JOIN pg_class ON relname = tablename "
                "WHERE policyname = :name AND relforcerowsecurity"
            ),
            {"name": NAME},
        )
        assert set(there.scalars()) == {table.name for table in tenanted()}


def test_reading_sees_one_moment_and_cannot_write(made: Made) -> None:
    with made.store.reading() as session:
        assert _count(session) == 1
        with made.store.engine.begin() as other:
            other.exec_driver_sql("UPDATE invoice SET number = 'changed meanwhile'")
        assert session.connection().execute(text("SELECT number FROM invoice")).scalar_one() == "R-1"
        with pytest.raises(DBAPIError, match="read-only"):
            session.connection().execute(text("DELETE FROM invoice"))
        session.rollback()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda url: url.replace(cluster.PASSWORD, "wrong"), "user or password is wrong"),
        (lambda url: url.replace("einvoice:", "nobody:"), "user or password is wrong"),
        (lambda url: url.replace("?host=", "_not_there?host="), "no such database"),
        (lambda url: url.replace("einvoice-pg", "einvoice-none"), "cannot be reached"),
        (lambda url: url.split("@")[0] + "@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_sentence(made: Made, broken, said: str) -> None:  # type: ignore[no-untyped-def]
    store = Store(broken(made.store.url.render_as_string(False)))
    with pytest.raises(StoreError, match=said) as caught:
        ready(store)
    text_of_it = str(caught.value)
    assert "wrong@" not in text_of_it
    assert cluster.PASSWORD not in text_of_it
    assert caught.value.de
    assert "Speicher" in caught.value.de
    store.close()


def test_missing_rights_are_said(tmp_path: Path) -> None:
    with cluster.database() as url:
        folder = cluster.started()
        name = url.split("/")[3].partition("?")[0]
        cluster.sql(folder, f"ALTER DATABASE {name} OWNER TO postgres")
        store = Store(url)
        with pytest.raises(StoreError, match="must own the database"):
            migrate(store)
        store.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "postgresql+asyncpg://x/y"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite:///"):
        Store(url)


def _count(session: Session) -> int:
    return int(session.connection().execute(text("SELECT count(*) FROM invoice")).scalar_one())
