"""What happens once a day: who is told what waits, and the towns' overviews."""

import html
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlmodel import col, select

from einvoice.pipeline.morning import morning
from einvoice.pipeline.overview import POLICY
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Invoice, Outbox, Person
from einvoice.store.times import BERLIN
from tests.pipeline.place import demo, differences

NOW = datetime.now(BERLIN)
_SETTINGS = """
[run]
morning = "05:30"
mails = ["it@kommune.example"]

[mail]
host = "127.0.0.1"
port = 9
tls = "none"
sender = "einvoice@kommune.example"
"""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Opened]:
    place = demo(tmp_path)
    settings = place / "einvoice.toml"
    with opened(read_workplace(settings)) as first:
        run(first)
        with first.store.writing(people.SERVICE) as work:
            for name in ("Sabine Sander", "Karin Kruse"):
                person = work.session.exec(select(Person).where(Person.name == name)).one()
                person.mail = f"{name.split()[1].lower()}@kommune.example"
                work.session.add(person)
                work.event("person-changed", person)
    settings.write_text(settings.read_text() + _SETTINGS)
    with opened(read_workplace(settings)) as second:
        yield second


def _mails(here: Opened) -> list[Outbox]:
    with here.store.reading() as session:
        query = select(Outbox).where(col(Outbox.once).startswith("morning/")).order_by(col(Outbox.id))
        return list(session.exec(query))


def test_each_person_is_told_once_what_waits_and_nothing_of_it(here: Opened) -> None:
    early = NOW.replace(hour=5, minute=29)
    assert morning(here, early) == []
    assert _mails(here) == []
    for _ in range(2):
        assert morning(here, early.replace(minute=31)) == []
    mails = _mails(here)
    assert {mail.recipient for mail in mails} == {"sander@kommune.example"}  # nothing waits for Karin Kruse
    assert len(mails) == 1
    text = (mails[0].content or {})["text"]
    with here.store.reading() as session:
        rows = session.exec(select(Invoice)).all()
    for town in ("Stadt Musterlippe", "Kreis Testfurt"):
        assert re.search(rf"^{town}: \d+ zu bestätigen$", text, re.M)
    said = {row.seller for row in rows} | {row.number for row in rows} | {str(row.gross) for row in rows}
    assert not [one for one in said if one and one in text]
    morning(here, NOW.replace(hour=6) + timedelta(days=1))
    assert len(_mails(here)) == 2
    assert differences(here.workplace.file.parent) == []


def test_what_is_due_is_named_by_number(here: Opened) -> None:
    with here.store.reading() as session:
        dated = session.exec(
            select(Invoice).where(
                col(Invoice.state).in_(("routed", "held")), col(Invoice.due_date).is_not(None)
            )
        ).all()
    assert dated
    last = max(row.due_date or "" for row in dated)
    morning(here, datetime.fromisoformat(last).replace(hour=6, tzinfo=BERLIN))
    text = (_mails(here)[0].content or {})["text"]
    listed = {
        int(number) for found in re.findall(r"\(Nr\. ([\d, ]+)\)", text) for number in found.split(", ")
    }
    assert listed == {row.id for row in dated}


def test_what_loses_skonto_today_is_named_by_number(here: Opened) -> None:
    morning(here, datetime(2026, 3, 12, 6, tzinfo=BERLIN))  # two working days before the 16th
    (mail,) = _mails(here)
    text = (mail.content or {})["text"]
    assert len(re.findall(r"^  sonst verfällt heute Skonto: 1 \(Nr\. \d+\)", text, re.M)) == 2
    assert "10,12" not in text


def test_a_town_has_its_page_and_table_of_yesterday(here: Opened, tmp_path: Path) -> None:
    folder = tmp_path / "testfurt"
    folder.mkdir()
    with here.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, "testfurt")
        people.set_policy(work, town, POLICY, {"folder": str(folder)})
        other = people.tenant(work.session, "musterlippe")
        people.set_policy(work, other, POLICY, {"folder": str(tmp_path / "missing")})
    tomorrow = NOW + timedelta(days=1)
    problems = morning(here, tomorrow.replace(hour=6))
    assert [str(one) for one in problems] == [f"Stadt Musterlippe: {tmp_path / 'missing'} is not there."]
    assert sorted(path.name for path in folder.iterdir()) == ["uebersicht.html", "uebersicht.xlsx"]
    with here.store.reading() as session:
        rows = session.exec(
            select(Invoice).where(Invoice.tenant_id == town.id).order_by(col(Invoice.id))
        ).all()
        foreign = session.exec(select(Invoice).where(Invoice.tenant_id != town.id)).all()
    page = html.unescape((folder / "uebersicht.html").read_text())
    assert all(row.number and row.number in page for row in rows)
    assert not [row.file for row in foreign if row.file in page]
    book = load_workbook(io.BytesIO((folder / "uebersicht.xlsx").read_bytes()))
    listed = list(book["Rechnungen"].values)[1:]
    assert [(line[0], line[2], line[8]) for line in listed] == [
        (row.id, row.number, "angenommen" if row.verdict == "accepted" else "abgelehnt") for row in rows
    ]
    assert [line[6] for line in listed] == [float(row.gross or 0) for row in rows]
    findings = list(book["Befunde"].values)[1:]
    assert "BR-CO-15" in {line[6] for line in findings}
    before = (folder / "uebersicht.xlsx").stat().st_ino
    morning(here, NOW)  # of today already
    assert (folder / "uebersicht.xlsx").stat().st_ino == before


def test_a_run_tells_whom_it_should_how_it_went(here: Opened) -> None:
    from einvoice.pipeline.announcing import announce

    summary = run(here)
    problems = announce(here, summary)
    assert any("9" in str(one) or "not sent" in str(one) for one in problems)  # nobody listens there
    with here.store.reading() as session:
        row = session.exec(select(Outbox).where(col(Outbox.once).startswith("run/"))).one()
    assert row.recipient == "it@kommune.example"
    assert "Bearbeitete Lieferungen: 0 von 0" in (row.content or {})["text"]
    assert here.workplace.mail is not None
    english = replace(here.workplace, mail=here.workplace.mail.model_copy(update={"lang": "en"}))
    announce(replace(here, workplace=english), replace(summary, started="later"))
    with here.store.reading() as session:
        row = session.exec(select(Outbox).where(col(Outbox.once).startswith("run/later/"))).one()
    assert "Deliveries processed: 0 of 0" in (row.content or {})["text"]
    assert differences(here.workplace.file.parent) == []
