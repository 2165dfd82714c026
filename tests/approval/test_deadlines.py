"""The cockpit out of the store: what waits for whom, what is missing, what was lost; in every format."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval import acts, bank, deadlines, persons
from einvoice.approval.cockpit import losses, month_before, plan
from einvoice.errors import UsageError
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Act, Invoice, Tenant
from tests.approval.demo import demo
from tests.interfaces.calls import call

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"
ARRIVED, DAY = "2026-03-03T08:00:00.000000Z", date(2026, 3, 12)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with demo(tmp_path) as made:
        with made.store.writing(people.SERVICE) as work:
            for row in work.session.exec(select(Invoice)):
                row.received = ARRIVED
                work.session.add(row)
                work.event("backdated", row)
        yield made


def seen(
    place: Opened, town: str = "musterlippe", who: str | None = None, day: date = DAY
) -> dict[int, tuple[str, ...]]:
    """Invoice → what is missing, for a person or all."""
    person = persons.actor(place.store, who).person_id if who else None
    with place.store.reading() as session:
        found = deadlines.cases(session, people.tenant(session, town), day, person)
    return {one.invoice: one.missing for one in found}


def test_what_is_missing_shrinks_as_it_is_done(place: Opened) -> None:
    steps = ("confirm-factual", "confirm-arithmetic", "authorise")
    assert seen(place)[1] == steps
    bank.withdraw(place.store, persons.actor(place.store, CASH), 1, "Anruf der Bank")
    assert seen(place)[1] == (*steps, "iban")
    acts.confirm(place.store, persons.actor(place.store, CLERK), 1)
    assert seen(place)[1] == ("authorise", "iban")


def test_each_sees_what_waits_for_him(place: Opened) -> None:
    assert 1 in seen(place, who=CLERK)
    assert seen(place, who=HEAD) == {}
    acts.confirm(place.store, persons.actor(place.store, CLERK), 1)
    assert 1 in seen(place, who=HEAD)
    assert 1 not in seen(place, who=CLERK)
    acts.authorise(place.store, persons.actor(place.store, HEAD), 1)
    assert seen(place, who=CASH) == {1: ("batch",)}


def test_the_last_day_to_order_and_what_was_lost(place: Opened) -> None:
    with place.store.reading() as session:
        town = session.exec(select(Tenant).where(Tenant.name == "musterlippe")).one()
        seen = plan(deadlines.cases(session, town, DAY), DAY)
        gone = losses(deadlines.past(session, town, *month_before(date(2026, 4, 2))), *month_before(date(2026, 4, 2)),
                      date(2026, 4, 2))  # fmt: skip
    assert [line.case.invoice for line in seen.today] == [1]
    assert seen.saved_today == {"EUR": Decimal("10.12")}
    assert [(one.case.invoice, str(one.amount), one.last_day) for one in gone] == [(1, "10.12", DAY)]


@pytest.mark.parametrize(
    ("ordered", "lost"), [("2026-03-12T22:30:00.000000Z", 0), ("2026-03-12T23:30:00.000000Z", 1)]
)
def test_a_day_ends_at_midnight_in_berlin(place: Opened, ordered: str, lost: int) -> None:
    acts.confirm(place.store, persons.actor(place.store, CLERK), 1)
    acts.authorise(place.store, persons.actor(place.store, HEAD), 1)
    with place.store.writing(people.SERVICE) as work:
        act = work.session.exec(select(Act).where(Act.kind == "authorise")).one()
        act.time = ordered
        work.session.add(act)
        work.event("backdated", act)
    month = month_before(date(2026, 4, 2))
    with place.store.reading() as session:
        town = people.tenant(session, "musterlippe")
        assert len(losses(deadlines.past(session, town, *month), *month, date(2026, 4, 2))) == lost


def test_the_command_says_the_same_in_every_format(place: Opened, tmp_path: Path) -> None:
    config = ("--config", str(place.workplace.file))
    text = call("due", "--on", "2026-03-12", *config)
    assert "Heute diese 2 Rechnungen anordnen: spart 20,24 €." in text.err.replace("\u00a0", " ")
    assert "506,20 € × 2,00 % = 10,12 € bis 16.03.2026" in text.out.replace("\u00a0", " ")
    said = json.loads(call("due", "--on", "2026-03-12", "--format", "json", *config, lang="en").out)
    assert said["today"] == {"invoices": [1, 3], "saves": {"EUR": "20.24"}}
    file = tmp_path / "due.csv"
    assert call("faellig", "--on", "2026-03-12", "--format", "csv", "-o", str(file), *config).code == 0
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8")), delimiter=";"))
    assert [row["invoice"] for row in rows] == [str(row["invoice"]) for row in said["rows"]]
    assert (rows[0]["base"], rows[0]["percent"], rows[0]["skonto"]) == ("506.20", "2.00", "10.12")
    lost = call("due", "--on", "2026-04-02", "--lost", *config, lang="en")
    assert "10.12 €" in lost.out.replace("\u00a0", " ")
    assert "not yet" in lost.out
    late = json.loads(call("due", "--on", "2026-07-01", "--format", "json", *config).out)
    first = next(row for row in late["rows"] if row["invoice"] == 1)
    assert (first["default_since"], first["default_days"], first["lump_sum"]) == ("2026-05-02", 63, "40.00")
    mine = call("due", "--mine", "--as", HEAD, *config)
    assert (mine.code, mine.out.count("\n")) == (0, 1)


def test_a_town_has_its_own_lead_and_rates(place: Opened) -> None:
    with place.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, "musterlippe")
        people.set_policy(
            work, town, deadlines.POLICY, deadlines.checked({"lead": 5, "base_rates": {"2026-07-01": "2"}})
        )
    with place.store.reading() as session:
        own, other = (deadlines.settings(session, number) for number in (1, 2))
    assert (own.lead, other.lead) == (5, 2)
    assert own.rates
    assert own.rates[date(2026, 7, 1)] == 2
    assert other.rates is None


@pytest.mark.parametrize("wrong", [{"lead": -1}, {"lead": "2"}, {"x": 1}, {"base_rates": {"2026-07-02": "1"}}, 5,
                                   {"base_rates": {"2026-07-01": "viel"}}, {"base_rates": []}])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="deadlines"):
        deadlines.checked(wrong)
