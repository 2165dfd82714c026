"""A transaction writes rows and the events that prove them together, and keeps tenants apart."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from einvoice.errors import ConfigurationError, Refused, StoreError
from einvoice.store import people
from einvoice.store.tables import Event, Head, Invoice, LeitwegPattern, Person, Posting
from einvoice.store.verify import verify
from tests.store.installation import Made


def change(made: Made, kind: str, **values: Any) -> None:
    """Sets columns of the invoice, with an event in its chain."""
    with made.store.writing(1) as work:
        row = work.session.exec(select(Invoice)).one()
        for name, value in values.items():
            setattr(row, name, value)
        work.event(kind, row)


def test_what_was_written_is_proved(made: Made) -> None:
    assert verify(made.store, made.archive) == []


def test_rows_without_an_event_are_not_written(made: Made) -> None:
    with pytest.raises(StoreError, match="without an event"), made.store.writing(1) as work:
        work.add(Person(created="2026-01-01"))
    with made.store.reading() as session:
        assert len(session.exec(select(Person)).all()) == 3
    assert verify(made.store, made.archive) == []


def test_an_error_leaves_neither_row_nor_event(made: Made) -> None:
    with made.store.reading() as session:
        before = [(head.chain, head.digest) for head in session.exec(select(Head))]

    def interrupted() -> None:
        with made.store.writing(1) as work:
            people.add_person(work, "Nobody")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with made.store.reading() as session:
        assert [(head.chain, head.digest) for head in session.exec(select(Head))] == before


def test_amounts_keep_their_digits(made: Made) -> None:
    with made.store.writing(1) as work:
        row = work.session.exec(select(Invoice)).one()
        row.payable = Decimal("1190.10")
        work.event("noted", row)
    with made.store.reading() as session:
        assert str(session.exec(select(Invoice)).one().payable) == "1190.10"
    assert verify(made.store, made.archive) == []


def test_a_row_that_moves_to_another_tenant_leaves_the_first_chain(made: Made) -> None:
    with made.store.writing(1) as work:
        row = work.session.exec(select(Invoice)).one()
        row.tenant_id = 2
        work.event("transferred", row, chain="tenant/000001")
        work.event("arrived", row)
    assert verify(made.store, made.archive) == []
    with made.store.reading() as session:
        left = session.exec(select(Event).where(Event.kind == "transferred")).one()
        assert left.rows == {"invoice/1": None}


def test_moving_without_saying_so_to_the_first_tenant_is_refused(made: Made) -> None:
    with pytest.raises(StoreError, match="tenant/000001"):
        change(made, "arrived", tenant_id=2)


def test_a_tenant_sees_its_own_rows_only(made: Made) -> None:
    with made.store.reading(tenant=2) as session:
        assert [row.pattern for row in session.exec(select(LeitwegPattern))] == ["05999202-*"]
        assert session.exec(select(Invoice)).all() == []
        assert session.get(Invoice, 1) is None
        assert session.exec(select(Invoice.number)).all() == []


def test_a_tenant_cannot_write_rows_of_another(made: Made) -> None:
    def act() -> None:
        with made.store.writing(1, tenant=2) as work:
            work.add(Posting(tenant_id=1, invoice_id=1, position=1))
            work.event("posted", "posting", chain="tenant/000001")

    with pytest.raises(StoreError, match="does not belong"):
        act()


@pytest.mark.parametrize("column", ["factual_by", "arithmetic_by"])
def test_the_database_itself_refuses_to_authorise_what_one_confirmed(made: Made, column: str) -> None:
    change(made, "confirmed", factual_by=2, arithmetic_by=2)
    with pytest.raises(IntegrityError):
        change(made, "authorised", **{"authorised_by": 3, column: 3})


def test_the_database_itself_refuses_to_authorise_what_nobody_confirmed(made: Made) -> None:
    with pytest.raises(IntegrityError):
        change(made, "authorised", authorised_by=3)


def test_equal_claims_of_two_towns_are_a_configuration_error(made: Made) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"05999101-\*.*Stadt Musterlippe"),
        made.store.writing(1) as work,
    ):
        people.add_tenant(work, "other", "Other", ("05999101-*",))


def test_an_account_without_a_person_cannot_act(made: Made) -> None:
    with made.store.reading() as session:
        assert people.person_of(session, "erika").name == "Erika Muster"
        with pytest.raises(Refused, match="user add"):
            people.person_of(session, "nobody")
        with pytest.raises(Refused, match="--demo"):
            people.demo_person(session, "Erika Muster")
