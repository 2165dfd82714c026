"""What must be kept is kept to the day; what need not be is deleted under a protocol, once, and the proof holds."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.errors import Refused, UsageError
from einvoice.pipeline import expiring
from einvoice.pipeline.expiring import due, expire, hold
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.retention import POLICY, Rules, rules_from
from einvoice.store.tables import Event, Invoice, Payload, Person, Report
from einvoice.store.verify import prove
from tests.pipeline.place import SAMPLE, demo, differences, once

FAR = date(2040, 1, 1)
TODAY = datetime.now(UTC).date()
MARKS = (b"R-2026", b"Muster Handel", b"DE123456789")


INVOICE = Invoice(
    delivery_id=1, position=1, file="", since="", verdict="accepted", container="xml", state="exported",
    received="2026-03-02T10:00:00.000000Z", issue_date="2026-02-27",
)  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "kind", "until"),
    [
        (Rules(municipal=False), "invoice", date(2034, 12, 31)),
        (Rules(), "invoice", None),
        (Rules(adopted={"2026": "2027-12-14"}), "invoice", date(2034, 12, 31)),
        (Rules(adopted={"2026": "2031-06-01"}), "invoice", date(2037, 12, 31)),
        (Rules(), "rejected", date(2027, 3, 2)),
        (Rules(), "no-invoice", date(2026, 5, 31)),
        (Rules(invoice_years=10, municipal=False), "invoice", date(2036, 12, 31)),
    ],
)
def test_the_longest_rule_counts_from_its_own_event(rules: Rules, kind: str, until: date | None) -> None:
    assert rules.ends(INVOICE, kind) == until


@pytest.mark.parametrize(
    "table",
    [{"invoice": 8}, {"invoice_years": -1}, {"invoice_years": "8"}, {"run": 1}, {"adopted": {"2026": "2025-01-01"}},
     {"adopted": {"x": "2027-01-01"}}, {"adopted": 3}],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="retention"):
        rules_from(table)
    assert rules_from(rules_from({"adopted": {"2026": date(2027, 1, 2)}}).stored()).adopted == {
        "2026": "2027-01-02"
    }


@pytest.fixture
def finished(tmp_path: Path, store_url: str) -> Path:
    """A demo workplace whose accepted invoices are all exported, and whose towns keep things by tax law alone."""
    place = demo(
        tmp_path, SAMPLE, "02-gutschrift.xml", "06-sammlung.zip", "08-falsche-summe.xml", url=store_url
    )
    (place / "inbox" / "brief.zip").write_bytes(b"no zip at all")
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.writing(people.SERVICE) as work:
        for row in work.session.exec(select(Invoice).where(Invoice.state == "routed")):
            row.state, row.factual_by, row.arithmetic_by, row.authorised_by = "exported", 2, 2, 3
            work.session.add(row)
            work.event("exported", row, {"note": "Muster Handel"})
        for town in people.tenants(work.session):
            people.set_policy(work, town, POLICY, Rules(municipal=False).stored())
    return place


def test_nothing_goes_before_its_day_and_all_after(finished: Path) -> None:
    with opened(read_workplace(finished / "einvoice.toml")) as here:
        assert expire(here, TODAY, people.SERVICE).invoices == []
        soon = due(here, TODAY + timedelta(days=400))
        assert {one.kind for one in soon} <= {"rejected", "no-invoice"}
        assert soon
        everything = due(here, FAR)
        assert {one.invoice_id for one in everything} >= {one.invoice_id for one in soon}
        done = expire(here, FAR, people.SERVICE)
        assert done.invoices == everything
        assert expire(here, FAR, people.SERVICE).invoices == []
        assert list(here.archive.objects()) == []
        proof = prove(here.store, here.archive)
        assert proof.differences == []
        assert proof.erasures
        _empty(here)


def _empty(here: Opened) -> None:
    with here.store.reading() as session:
        rows = session.exec(select(Invoice)).all()
        assert {row.state for row in rows} == {"expired"}
        assert {(row.number, row.seller, row.iban, row.gross) for row in rows} == {(None, None, None, None)}
        assert session.exec(select(Report)).all() == []
        protocols = session.exec(select(Event).where(Event.kind == "expired")).all()
        assert len(protocols) == len(rows)
        left = session.exec(select(Payload).where(col(Payload.content).is_not(None)))
        assert not [row for row in left if any(mark.decode() in str(row.content) for mark in MARKS)]


def test_what_is_on_hold_stays_and_what_is_unfinished_too(finished: Path) -> None:
    with opened(read_workplace(finished / "einvoice.toml")) as here:
        first = due(here, FAR)[0].invoice_id
        hold(here, first, people.SERVICE, "lawsuit", on=True)
        with pytest.raises(Refused):
            hold(here, first, people.SERVICE, "lawsuit", on=True)
        with here.store.writing(people.SERVICE) as work:
            open_one = work.session.exec(
                select(Invoice).where(Invoice.state == "exported", Invoice.id != first)
            ).first()
            assert open_one
            open_one.state = "batched"
            work.session.add(open_one)
            work.event("undone", open_one)
        gone = {one.invoice_id for one in expire(here, FAR, people.SERVICE).invoices}
        assert gone
        assert not gone & {first, open_one.id}
        assert prove(here.store, here.archive).differences == []
        hold(here, first, people.SERVICE, "settled", on=False)
        assert first in {one.invoice_id for one in expire(here, FAR, people.SERVICE).invoices}


def test_run_deletes_only_where_a_town_switched_it_on(finished: Path) -> None:
    with opened(read_workplace(finished / "einvoice.toml")) as here:
        assert due(here, FAR, by_run=True) == []
        with here.store.writing(people.SERVICE) as work:
            town = people.tenant(work.session, "musterlippe")
            people.set_policy(work, town, POLICY, Rules(municipal=False, run=True).stored())
        assert {one.tenant for one in due(here, FAR, by_run=True)} == {"musterlippe"}


def test_killed_between_row_and_object_the_next_one_goes_on(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(read_workplace(finished / "einvoice.toml")) as here:
        with monkeypatch.context() as patch:
            patch.setattr(expiring, "sweep", lambda place: None)
            expire(here, FAR, people.SERVICE)
        assert list(here.archive.objects())
        assert prove(here.store, here.archive).differences == []
        expire(here, FAR, people.SERVICE)
        assert list(here.archive.objects()) == []
    assert differences(finished) == []


def test_names_of_those_who_left_long_ago_are_erased_and_payloads_too(finished: Path) -> None:
    with opened(read_workplace(finished / "einvoice.toml")) as here:
        with here.store.writing(people.SERVICE) as work:
            person = people.add_person(work, "Erika Fort", ("fort",))
            person.left = "2026-01-01"
            work.session.add(person)
            work.event("person-left", person)
        assert expire(here, date(2035, 12, 31), people.SERVICE).persons == 0
        done = expire(here, date(2037, 1, 1), people.SERVICE)
        assert done.persons == 1
        assert done.payloads > 3
        with here.store.reading() as session:
            assert session.get_one(Person, person.id).name is None
        assert prove(here.store, here.archive).differences == []


def test_no_trace_of_it_is_left_in_the_workplace(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    text = (place / "inbox" / SAMPLE).read_bytes()
    number = text.partition(b"<cbc:ID>")[2].partition(b"<")[0]
    once(place)
    shutil.rmtree(place / "inbox" / "processed")
    shutil.rmtree(place / "reports")
    with opened(read_workplace(place / "einvoice.toml")) as here:
        with here.store.writing(people.SERVICE) as work:
            row = work.session.exec(select(Invoice)).one()
            row.state = "returned"
            work.session.add(row)
            work.event("returned", row)
        assert len(expire(here, FAR, people.SERVICE).invoices) == 1
    with closing(sqlite3.connect(place / "data" / "einvoice.sqlite", isolation_level=None)) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.execute("VACUUM")
    found = [path for path in place.rglob("*") if path.is_file() and number in path.read_bytes()]
    assert number
    assert found == []
