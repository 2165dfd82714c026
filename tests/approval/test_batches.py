"""Batches: what is put in, taken out, numbered, answered and reopened; nothing is live twice, nothing is lost."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from einvoice.approval import acknowledging, acts, batches, persons, proposals
from einvoice.approval.acknowledging import Answer
from einvoice.approval.cashier import demand_others
from einvoice.approval.choosing import Choice
from einvoice.approval.netting import Item, netted
from einvoice.approval.persons import Actor
from einvoice.approval.rights import Capacity
from einvoice.errors import Refused
from einvoice.exports.delivery import export
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch, BatchRow, Deputy, Event, Invoice, Payload, Person
from einvoice.store.verify import verify
from tests.approval.demo import demo

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"
TOWN = "musterlippe"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with demo(tmp_path) as made:
        yield made


def who(place: Opened, name: str = CASH) -> Actor:
    return persons.actor(place.store, name)


def authorised(place: Opened, *numbers: int) -> None:
    for number in numbers:
        acts.confirm(place.store, who(place, CLERK), number)
        acts.authorise(place.store, who(place, HEAD), number)


def ours(place: Opened, town: str = TOWN) -> list[int]:
    with place.store.reading() as session:
        tenant = people.tenant(session, town).id
        query = select(Invoice.id).where(Invoice.tenant_id == tenant, Invoice.state == "routed")
        return [number for number in session.exec(query) if number]


def invoice(place: Opened, number: int) -> Invoice:
    with place.store.reading() as session:
        return session.exec(select(Invoice).where(Invoice.id == number)).one()


def exported(place: Opened, folder: Path) -> tuple[int, list[int]]:
    """A batch of all of the town, exported."""
    numbers = ours(place)
    authorised(place, *numbers)
    batch = batches.build(place.store, who(place), TOWN)
    batches.close(place.store, who(place), batch)
    export(place.store, place.archive, who(place), batch, "csv", folder)
    return batch, numbers


CHOICES: dict[str, tuple[Choice, bool]] = {
    "supplier": (Choice(supplier="muster"), True),
    "no such supplier": (Choice(supplier="%"), False),
    "currency": (Choice(currency="EUR"), True),
    "other currency": (Choice(currency="USD"), False),
    "amount": (Choice(least=Decimal("0.01"), most=Decimal("99999999")), True),
    "small": (Choice(most=Decimal("0.01")), False),
    "due": (Choice(due_until="2099-01-01"), True),
    "due long ago": (Choice(due_until="1999-01-01"), False),
    "no such office": (Choice(office="66"), False),
    "Skonto": (Choice(skonto_until="2001-01-01"), True),
    "Skonto never": (Choice(skonto_until="2999-01-01"), False),
    "not authorised": (Choice(numbers=[999]), False),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_batch_is_built_of_what_fits(place: Opened, name: str) -> None:
    choice, fits = CHOICES[name]
    authorised(place, 1)
    if name == "supplier":
        choice = replace(choice, supplier=(invoice(place, 1).seller or "")[2:9].upper())
    if fits:
        batches.build(place.store, who(place), TOWN, choice=choice)
        assert invoice(place, 1).state == "batched"
    else:
        with pytest.raises(Refused):
            batches.build(place.store, who(place), TOWN, choice=choice)
        assert invoice(place, 1).state == "authorised"


def test_a_batch_may_be_as_big_as_it_likes(place: Opened) -> None:
    authorised(place, 1)
    with place.store.reading() as session:
        many = [session.get_one(Invoice, 1)] * 260_000
        demand_others(session, Capacity(who(place).person_id), many)
        with pytest.raises(Refused, match="Invoice 1"):
            demand_others(session, Capacity(who(place, HEAD).person_id), many)


def test_who_authorised_an_earlier_round_may_pay_a_later_one(place: Opened) -> None:
    authorised(place, 1)
    with place.store.reading() as session:
        row, head = session.get_one(Invoice, 1), Capacity(who(place, HEAD).person_id)
        with pytest.raises(Refused, match="Invoice 1"):
            demand_others(session, head, [row])
        session.expunge(row)
        row.round += 1
        demand_others(session, head, [row])


def test_a_row_taken_out_is_authorised_as_before_and_no_row_of_the_closed_batch(place: Opened) -> None:
    numbers = ours(place)[:2]
    authorised(place, *numbers)
    batch = batches.build(place.store, who(place), TOWN)
    with pytest.raises(Refused, match="reason"):
        batches.take_out(place.store, who(place), batch, [1], " ")
    with pytest.raises(Refused, match="no row 7"):
        batches.take_out(place.store, who(place), batch, [1, 7], "Test")
    batches.take_out(place.store, who(place), batch, [1], "Lieferschein fehlt")
    gone = invoice(place, numbers[0])
    assert (gone.state, gone.reason) == ("authorised", {"code": "taken-out", "text": "Lieferschein fehlt"})
    batches.close(place.store, who(place), batch)
    with place.store.reading() as session:
        made = session.get_one(Batch, batch)
        assert [row.invoice_id for row in batches.rows_of(session, batch)] == numbers[1:]
        assert (made.rows, made.total) == (1, invoice(place, numbers[1]).approved)
    with pytest.raises(Refused, match="closed"):
        batches.take_out(place.store, who(place), batch, [2], "zu spät")
    other = batches.build(place.store, who(place), TOWN)
    assert batches.close(place.store, who(place), other).endswith("-0002")
    assert verify(place.store, place.archive) == []


def test_an_empty_batch_gets_no_number(place: Opened) -> None:
    authorised(place, 1)
    batch = batches.build(place.store, who(place), TOWN)
    batches.take_out(place.store, who(place), batch, [1], "doch nicht")
    with pytest.raises(Refused, match="empty"):
        batches.close(place.store, who(place), batch)
    again = batches.build(place.store, who(place), TOWN)
    assert batches.close(place.store, who(place), again).endswith("-0001")


def test_what_does_not_agree_is_not_closed(place: Opened) -> None:
    authorised(place, 1)
    batch = batches.build(place.store, who(place), TOWN)
    with place.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(BatchRow)).one()
        row.amount = (row.amount or Decimal()) + Decimal("0.01")
        work.session.add(row)
        work.event("row-changed", row)
    with pytest.raises(Refused, match="postings make"):
        batches.close(place.store, who(place), batch)


def test_what_was_changed_after_it_was_authorised_is_not_paid(place: Opened) -> None:
    authorised(place, 1)
    with place.store.writing(people.SERVICE) as work:
        other = work.session.exec(select(Invoice).where(Invoice.id == 1)).one()
        other.iban = "DE75512108001245126199"
        work.session.add(other)
        work.event("invoice-changed", other)
    with pytest.raises(Refused, match="Changed after"):
        batches.build(place.store, who(place), TOWN)
    assert invoice(place, 1).state == "authorised"


def test_closes_at_once_have_numbers_in_a_row(place: Opened) -> None:
    made = []
    for number in ours(place)[:2]:
        authorised(place, number)
        made.append(batches.build(place.store, who(place), TOWN, [number]))
    barrier = threading.Barrier(4)
    names, refused = [], []

    def attempt(batch: int) -> None:
        barrier.wait()
        try:
            names.append(batches.close(place.store, who(place), batch))
        except Refused:
            refused.append(batch)

    threads = [threading.Thread(target=attempt, args=(batch,)) for batch in made * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name[-4:] for name in names) == ["0001", "0002"]
    assert sorted(refused) == sorted(made)


def test_a_rejected_row_goes_back_to_the_clerk_and_is_never_live_twice(place: Opened, tmp_path: Path) -> None:
    batch, numbers = exported(place, tmp_path)
    cash = who(place)
    answers = [Answer(1, False, reason="Kreditor gesperrt"), Answer(None, True, voucher="4711")]
    done = acknowledging.acknowledge(place.store, cash, batch, answers)
    assert (done.rejected, done.accepted, done.open) == (1, len(numbers) - 1, 0)
    back = invoice(place, numbers[0])
    assert (back.state, back.round, back.authorised_by) == ("routed", 2, None)
    assert (back.reason or {})["code"] == "batch-rejected"
    assert invoice(place, numbers[1]).state == "acknowledged"
    with place.store.reading() as session:
        events = len(session.exec(select(BatchRow)).all()), session.get_one(Batch, batch).state
    assert events[1] == "acknowledged"
    again = acknowledging.acknowledge(place.store, cash, batch, answers)
    assert (again.accepted, again.rejected, again.known) == (0, 0, len(numbers))
    for other in (Answer(1, True), Answer(2, True, voucher="4712"), Answer(2, False, reason="nein")):
        with pytest.raises(Refused, match="already"):
            acknowledging.acknowledge(place.store, cash, batch, [other])
    authorised(place, numbers[0])
    second = batches.build(place.store, cash, TOWN)
    batches.close(place.store, cash, second)
    with place.store.reading() as session:
        rows = session.exec(select(BatchRow).where(BatchRow.invoice_id == numbers[0])).all()
    assert [row.live for row in rows] == [False, True]
    with pytest.raises(Refused, match="acknowledged"):
        proposals.propose(
            place.store, cash, "batch-reopen", str(batch), TOWN, {"state": "reopened", "reason": "x"}
        )
    assert verify(place.store, place.archive) == []


REFUSED_ANSWERS = {
    "no reason": [Answer(1, False)],
    "no such row": [Answer(99, True)],
    "two for one row": [Answer(1, True), Answer(1, False, reason="x")],
    "two for the rest": [Answer(None, True), Answer(None, False, reason="x")],
}


@pytest.mark.parametrize("name", REFUSED_ANSWERS)
def test_an_answer_that_cannot_be_changes_nothing(place: Opened, tmp_path: Path, name: str) -> None:
    batch, numbers = exported(place, tmp_path)
    with pytest.raises(Refused):
        acknowledging.acknowledge(place.store, who(place), batch, [*REFUSED_ANSWERS[name], Answer(2, True)])
    assert {invoice(place, number).state for number in numbers} == {"exported"}


def second_cash(place: Opened) -> Actor:
    with place.store.writing(people.SERVICE) as work:
        other = people.add_person(work, "Zweite Kasse", demo=True)
        people.add_role(work, other, people.tenant(work.session, TOWN), "cash")
    return who(place, "Zweite Kasse")


def test_a_batch_is_reopened_by_two_persons_only(place: Opened, tmp_path: Path) -> None:
    batch, numbers = exported(place, tmp_path)
    new = {"state": "reopened", "reason": "Datei nicht angenommen"}
    with pytest.raises(Refused, match="reason"):
        proposals.propose(place.store, who(place), "batch-reopen", str(batch), TOWN, {"state": "reopened"})
    row = proposals.propose(place.store, who(place), "batch-reopen", str(batch), TOWN, new)
    assert row.state == "open"
    with pytest.raises(Refused, match="two persons"):
        proposals.decide(place.store, who(place), row.id or 0, True)
    assert {invoice(place, number).state for number in numbers} == {"exported"}
    proposals.decide(place.store, second_cash(place), row.id or 0, True)
    assert {invoice(place, number).state for number in numbers} == {"authorised"}
    with pytest.raises(Refused, match="not closed"):
        export(place.store, place.archive, who(place), batch, "datev-extf", tmp_path / "again")
    again = batches.build(place.store, who(place), TOWN)
    assert batches.close(place.store, who(place), again).endswith("-0002")
    assert verify(place.store, place.archive) == []


def test_a_batch_with_one_cash_person_is_not_reopened_alone(place: Opened, tmp_path: Path) -> None:
    batch, _ = exported(place, tmp_path)
    with place.store.writing(people.SERVICE) as work:
        for person in work.session.exec(select(Person).where(Person.name != CASH, Person.kind == "person")):
            person.left = work.time
            work.session.add(person)
            work.event("person-left", person)
    with pytest.raises(Refused, match="second person"):
        proposals.propose(
            place.store, who(place), "batch-reopen", str(batch), TOWN, {"state": "reopened", "reason": "x"}
        )


@given(
    st.lists(
        st.builds(
            lambda creditor, iban, cents, credit: (creditor, iban, Decimal(cents) / 100, credit),
            st.sampled_from("AB"),
            st.sampled_from(["", "X", "Y"]),
            st.integers(1, 20000),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_netting_loses_nothing_and_never_pays_nothing_or_less(
    rows: list[tuple[str, str, Decimal, bool]],
) -> None:
    items = [Item(key, *row) for key, row in enumerate(rows)]
    groups, waiting = netted(items)
    placed = [item for group in groups for item in (*group.due, *group.credits)]
    assert sorted(item.key for item in (*placed, *waiting)) == list(range(len(items)))
    assert all(item.credit for item in waiting)
    assert all(group.net > 0 for group in groups)
    assert all(item.creditor == group.creditor for group in groups for item in group.credits)


def test_a_deputy_acts_for_the_cash_office_in_his_days_and_events_name_both(
    place: Opened, tmp_path: Path
) -> None:
    authorised(place, *ours(place))
    with place.store.writing(people.SERVICE) as work:
        deputy = people.add_person(work, "Dora Dahl", demo=True)
        for name, since, until in (
            ("Dora Dahl", "2020-01-01", "2020-12-31"),
            (HEAD, "2020-01-01", "2099-12-31"),
        ):
            absent = work.session.exec(select(Person).where(Person.name == CASH)).one()
            person = work.session.exec(select(Person).where(Person.name == name)).one()
            ids = {"person_id": absent.id or 0, "deputy_id": person.id or 0}
            work.add(Deputy(tenant_id=1, since=since, until=until, **ids))
        work.session.flush()
        work.event("deputy-given", "deputies", chain="tenant/000001")
    dora, store = who(place, "Dora Dahl"), place.store
    for refused in (dora, who(place, HEAD)):  # her days are over; he authorised them
        with pytest.raises(Refused):
            batches.build(store, refused, TOWN)
    with store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Deputy).where(Deputy.deputy_id == deputy.id)).one()
        row.until = "2099-12-31"
        work.session.add(row)
        work.event("deputy-given", row)
    batch = batches.build(store, dora, TOWN)
    batches.take_out(store, dora, batch, [1], "Nachfrage")
    with pytest.raises(Refused, match="does not pay"):
        batches.close(store, who(place, HEAD), batch)
    batches.close(store, dora, batch)
    export(store, place.archive, dora, batch, "csv", tmp_path / "out")
    acknowledging.acknowledge(store, dora, batch, [Answer(None, True, voucher="1")])
    kinds = ("batch-built", "rows-taken-out", "batch-closed", "batch-exported", "batch-acknowledged")
    with store.reading() as session:
        cash = who(place).person_id
        query = (
            select(Event, Payload)
            .join(Payload, (Event.chain == Payload.chain) & (Event.sequence == Payload.sequence))  # type: ignore[arg-type]
            .where(col(Event.kind).in_(kinds))
        )
        said = {
            event.kind: (event.actor_id, (payload.content or {})["for"])
            for event, payload in session.exec(query)
        }
        refusals = [one for one in session.exec(select(Event)) if one.kind == "act-refused"]
    assert said == dict.fromkeys(kinds, (dora.person_id, cash))
    assert len(refusals) == 3
    assert verify(store, place.archive) == []
