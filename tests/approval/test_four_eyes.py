"""Four eyes hold whoever tries: the same person, the wrong role, another state, a change after the confirmation."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval import acts, batches, persons
from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.exports.delivery import export
from einvoice.exports.verifying import verified
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch, Invoice, Posting
from einvoice.store.verify import verify
from tests.approval.demo import demo
from tests.exports.test_extf import read

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"
FIRST, CREDIT, REJECTED, HELD = 1, 2, 9, 10


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with demo(tmp_path) as made:
        yield made


def who(place: Opened, name: str) -> Actor:
    return persons.actor(place.store, name)


def state(place: Opened, number: int) -> str:
    with place.store.reading() as session:
        return session.exec(select(Invoice.state).where(Invoice.id == number)).one()


def approved(place: Opened, *numbers: int) -> None:
    for number in numbers:
        acts.confirm(place.store, who(place, CLERK), number)
        acts.authorise(place.store, who(place, HEAD), number)


Attack = Callable[[Opened], object]
ATTACKS: dict[str, Attack] = {
    "authorise what nobody confirmed": lambda p: acts.authorise(p.store, who(p, HEAD), FIRST),
    "confirm without the role": lambda p: acts.confirm(p.store, who(p, CASH), FIRST),
    "confirm what was rejected": lambda p: acts.confirm(p.store, who(p, CLERK), REJECTED),
    "confirm a suspected duplicate": lambda p: acts.confirm(p.store, who(p, CLERK), HELD),
    "confirm what is not there": lambda p: acts.confirm(p.store, who(p, CLERK), 999),
    "return without a reason": lambda p: acts.give_back(p.store, who(p, CLERK), FIRST, " "),
    "build a batch of nothing": lambda p: batches.build(p.store, who(p, CASH), "musterlippe"),
    "act as somebody unknown": lambda p: who(p, "Niemand"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_and_changes_nothing(place: Opened, attack: str) -> None:
    before = [state(place, number) for number in range(1, 13)]
    with pytest.raises(Refused):
        ATTACKS[attack](place)
    assert [state(place, number) for number in range(1, 13)] == before


def test_nobody_authorises_what_he_confirmed(place: Opened) -> None:
    with place.store.writing(people.SERVICE) as work:
        both = people.add_person(work, "Beide Rollen", demo=True)
        town = people.tenant(work.session, "musterlippe")
        for role in ("confirmer", "authoriser"):
            people.add_role(work, both, town, role)
    acts.confirm(place.store, who(place, "Beide Rollen"), FIRST)
    with pytest.raises(Refused, match="four eyes"):
        acts.authorise(place.store, who(place, "Beide Rollen"), FIRST)
    acts.authorise(place.store, who(place, HEAD), FIRST)
    assert state(place, FIRST) == "authorised"


def test_what_changed_after_the_confirmation_is_confirmed_anew(place: Opened) -> None:
    acts.confirm(place.store, who(place, CLERK), FIRST)
    with place.store.writing(people.SERVICE) as work:
        posting = work.session.exec(select(Posting).where(Posting.invoice_id == FIRST)).first()
        assert posting is not None
        posting.account = "6000"
        work.session.add(posting)
        work.event("posting-changed", posting)
    with pytest.raises(Refused, match="changed after"):
        acts.authorise(place.store, who(place, HEAD), FIRST)


def test_a_limit_holds(place: Opened) -> None:
    with place.store.writing(people.SERVICE) as work:
        small = people.add_person(work, "Kleine Grenze", demo=True)
        role = people.add_role(work, small, people.tenant(work.session, "musterlippe"), "authoriser")
        role.limit = Decimal("500.00")
        work.session.add(role)
        work.event("role-limited", role)
    acts.confirm(place.store, who(place, CLERK), FIRST)
    with pytest.raises(Refused, match="limit"):
        acts.authorise(place.store, who(place, "Kleine Grenze"), FIRST)


def test_a_batch_is_numbered_without_gaps_and_exports_the_same_bytes(place: Opened, tmp_path: Path) -> None:
    cash = who(place, CASH)
    names = []
    for number in (1, 4):
        approved(place, number)
        names.append(batches.close(place.store, cash, batches.build(place.store, cash, "musterlippe")))
    assert [name[-4:] for name in names] == ["0001", "0002"]
    first = export(place.store, place.archive, cash, 1, "datev-extf", tmp_path / "a")
    again = export(place.store, place.archive, cash, 1, "datev-extf", tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    found = verified(place.store, place.archive, first[0].read_bytes(), first[0].name)
    assert found is not None
    assert (found.export.format, found.batch.id, found.genuine, len(found.deliveries)) == (
        "datev-extf",
        1,
        True,
        2,
    )
    assert state(place, FIRST) == "exported"
    assert verify(place.store, place.archive) == []
    with pytest.raises(Refused):
        batches.close(place.store, cash, 1)


def test_what_datev_reads_is_what_was_approved_to_the_cent(place: Opened, tmp_path: Path) -> None:
    cash = who(place, CASH)
    approved(place, CREDIT, 5)
    batch = batches.build(place.store, cash, "beispielhausen")
    batches.close(place.store, cash, batch)
    with place.store.reading() as session:
        total = session.exec(select(Batch).where(Batch.id == batch)).one().total
    booked = Decimal()
    for path in export(place.store, place.archive, cash, batch, "datev-extf", tmp_path):
        for row in read(path.read_bytes())[2:]:
            amount = Decimal(row[0][1].replace(",", "."))
            booked += amount if row[1][1] == "H" else -amount
    assert booked == total == Decimal("142.50")


def test_acting_for_others_is_for_demo_workplaces_only(tmp_path: Path) -> None:
    from einvoice.pipeline.workplace import init, opened

    with opened(init(tmp_path / "real")) as real, pytest.raises(Refused, match="--as"):
        persons.actor(real.store, CLERK)


def test_without_posting_settings_datev_says_what_is_missing() -> None:
    from einvoice.approval.postings import checked_settings

    with pytest.raises(Refused, match="consultant, client, account_length, expense, creditor"):
        checked_settings({})
    said = {"consultant": 29098, "client": 1, "account_length": 4, "expense": "5400", "creditor": "70001"}
    assert checked_settings(said) == said
