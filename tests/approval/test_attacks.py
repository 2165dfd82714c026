"""Attacks on the store: two at once, and SQL past einvoice; what the database refuses and what verify finds."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from einvoice.approval import acts
from einvoice.errors import Refused
from einvoice.store.store import Store
from einvoice.store.tables import Act
from einvoice.store.verify import verify
from tests.approval.chained import CLERK, DORA, HEAD, M, changed, module_town, number
from tests.approval.town import Town


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all tests here: each has an invoice of its own."""
    with module_town(request.param, tmp_path_factory) as made:
        yield made


def test_of_two_authorisations_at_once_one_wins(there: Town) -> None:
    changed(there, "role", f"{number(there, DORA)}/authoriser", M, {})
    for _ in range(3):
        one = there.invoice()
        acts.confirm(there.store, there.who(CLERK), one)
        start, done = threading.Barrier(4), list[str]()

        def authorise(
            name: str, one: int = one, start: threading.Barrier = start, done: list[str] = done
        ) -> None:
            store = Store(there.store.url.render_as_string(hide_password=False))
            who = there.who(name)
            start.wait()
            try:
                done += acts.authorise(store, who, one)
            except Refused as error:
                done.append(str(error))
            finally:
                store.close()

        threads = [threading.Thread(target=authorise, args=(name,)) for name in (HEAD, DORA, HEAD, DORA)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(len(one) for one in done)[0] == len("authorise")
        assert done.count("authorise") == 1
        assert len(done) == 4
        with there.store.reading() as session:
            query = select(Act).where(Act.invoice_id == one, Act.kind == "authorise")
            assert len(session.exec(query).all()) == 1
    changed(there, "role", f"{number(there, DORA)}/authoriser", M, None)


SQL = {
    "authorised by who confirmed": "UPDATE invoice SET authorised_by = factual_by WHERE id = {one}",
    "authorised with nobody confirming": "UPDATE invoice SET factual_by = NULL, authorised_by = 6 WHERE id = {one}",
    "payable without an authorisation": "UPDATE invoice SET state = 'authorised' WHERE id = {one}",
    "budget by the authoriser": "UPDATE invoice SET authorised_by = 6, budget_by = 6 WHERE id = {one}",
    "visa by who confirmed": "UPDATE invoice SET visa_by = arithmetic_by WHERE id = {one}",
    "a step done twice": "INSERT INTO act (tenant_id, invoice_id, round, kind, person_id, time, statement, "
    "state_digest, step, demo) SELECT tenant_id, invoice_id, round, kind, 6, time, '', '', step, demo FROM act "
    "WHERE invoice_id = {one} AND step = 'confirm-factual'",
    "a deputy of himself": "UPDATE act SET for_person_id = person_id WHERE invoice_id = {one}",
    "deputy of himself by right": "INSERT INTO deputy (tenant_id, person_id, deputy_id, since, until) "
    "VALUES (1, 6, 6, '2026-01-01', '2099-01-01')",
    "a proposal decided by its proposer": "INSERT INTO proposal (kind, subject, proposed_by, proposed_at, "
    "decided_by, state) VALUES ('policy', 'x', 2, '', 2, 'accepted')",
}


@pytest.mark.parametrize("attack", SQL)
def test_the_database_itself_refuses(there: Town, attack: str) -> None:
    one = there.invoice()
    acts.confirm(there.store, there.who(CLERK), one)
    with (
        pytest.raises(IntegrityError),
        there.store.engine.execution_options(writing=True).begin() as connection,
    ):
        connection.execute(text(SQL[attack].format(one=one)))


def test_what_the_database_takes_is_found(there: Town) -> None:
    """Other persons written in by SQL pass its constraints; the chain of events does not prove them."""
    one = there.invoice()
    acts.confirm(there.store, there.who(CLERK), one)
    statement = "UPDATE invoice SET state = 'authorised', authorised_by = {0} WHERE id = {1}"
    with there.store.engine.execution_options(writing=True).begin() as connection:
        connection.execute(text(statement.format(number(there, HEAD), one)))
    assert {found.where for found in verify(there.store, None)} == {f"invoice/{one}"}
    back = "UPDATE invoice SET state = 'confirmed', authorised_by = NULL WHERE id = {0}"
    with there.store.engine.execution_options(writing=True).begin() as connection:
        connection.execute(text(back.format(one)))
