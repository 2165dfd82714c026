"""Targets: two persons set them, runs and persons send to them, and a place that leads elsewhere gets nothing."""

import dataclasses
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval.proposals import decide, propose
from einvoice.errors import EinvoiceError, NotDelivered, Refused
from einvoice.exports.delivery import export
from einvoice.exports.making import made
from einvoice.exports.places import FolderPlace, HttpPlace, Place
from einvoice.exports.profiles.profiled import form_of
from einvoice.exports.profiles.reading import named, parse, read
from einvoice.exports.targets import agreed, place_of, target
from einvoice.pipeline.automatic import Due, send, what_is_due
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch, Event, Export
from einvoice.store.times import utc_now
from einvoice.store.verify import verify
from tests.approval.demo import demo, on_both
from tests.exports.closing import close, who
from tests.exports.receivers import receiver

TOWN = "musterlippe"


@pytest.fixture
def here(tmp_path: Path, store: str) -> Iterator[Opened]:
    with demo(tmp_path, store) as place:
        with place.store.writing(people.SERVICE) as work:
            for name in ("Ada Admin", "Bob Betreiber"):
                people.add_role(work, people.add_person(work, name, demo=True), None, "administrator")
        yield place


def with_places(here: Opened, *places: Place) -> Opened:
    """The workplace with places in its configuration."""
    workplace = dataclasses.replace(here.workplace, places={one.name: one for one in places})
    return dataclasses.replace(here, workplace=workplace)


def set_target(
    here: Opened, place: Place, form: str, name: str = "kasse", profile: str | None = None
) -> None:
    """Proposed by one administrator, accepted by another."""
    wish = agreed(place, form, since=utc_now(), profile=profile)
    row = propose(here.store, who(here, "Ada Admin"), "export-target", name, TOWN, wish)
    decide(here.store, who(here, "Bob Betreiber"), row.id or 0, accept=True)


def exports(here: Opened, to: str = "target/kasse") -> list[Export]:
    with here.store.reading() as session:
        return list(session.exec(select(Export).where(Export.target == to)))


def test_a_target_holds_once_a_second_person_agrees(here: Opened, tmp_path: Path) -> None:
    folder = FolderPlace(name="hkr", path=tmp_path)
    here = with_places(here, folder)
    wish = agreed(folder, "csv", since=utc_now(), profile=None)
    row = propose(here.store, who(here, "Ada Admin"), "export-target", "kasse", TOWN, wish)
    batch = close(here)
    assert what_is_due(here) == []
    with pytest.raises(Refused, match="two persons"):
        decide(here.store, who(here, "Ada Admin"), row.id or 0, accept=True)
    decide(here.store, who(here, "Bob Betreiber"), row.id or 0, accept=True)
    assert [(one.batch, one.form) for one in what_is_due(here)] == [(batch, "csv")]


@on_both
def test_a_run_sends_what_was_closed_since_and_tries_again_what_failed(here: Opened, tmp_path: Path) -> None:
    with receiver("refuse", "cut after", "take") as ours:
        place = HttpPlace(name="hkr", kind="http", url=ours.url)
        here = with_places(here, place)
        old = close(here)
        set_target(here, place, "csv")
        batch = close(here)
        for tries in (1, 2):
            said = run(here)
            assert [type(one) for one in said.problems] == [EinvoiceError]
            assert "it is tried again" in str(said.problems[0])
            (row,) = exports(here)
            assert (row.batch_id, row.state, row.attempts) == (batch, "failed", tries)
        with here.store.reading() as session:
            assert session.get_one(Batch, batch).state == "closed"
        assert run(here).problems == []
        assert run(here).idle
        assert [one.state for one in exports(here)] == ["delivered"]
        assert len(ours.kept) == len(set(ours.keys)) == 1
        assert len(ours.keys) == 3
        with here.store.reading() as session:
            assert session.get_one(Batch, batch).state == "exported"
            assert session.get_one(Batch, old).state == "closed"
    assert not verify(here.store, here.archive)


def test_a_place_that_leads_elsewhere_gets_nothing(here: Opened, tmp_path: Path) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    other.mkdir()
    place = FolderPlace(name="hkr", path=first)
    here = with_places(here, place)
    set_target(here, place, "csv")
    close(here)
    moved = with_places(here, FolderPlace(name="hkr", path=other))
    assert "leads elsewhere" in str(run(moved).problems[0])
    closed_to = with_places(here, FolderPlace(name="hkr", path=first, towns=["testfurt"]))
    assert "has no place hkr" in str(run(closed_to).problems[0])
    assert "has no place hkr" in str(run(with_places(here)).problems[0])
    assert list(other.iterdir()) == list(first.iterdir()) == []
    assert run(here).problems == []
    assert len(list(first.iterdir())) == 1


def test_a_profile_of_ones_own_is_the_text_two_persons_agreed_on(here: Opened, tmp_path: Path) -> None:
    place = FolderPlace(name="hkr", path=tmp_path / "out")
    place.path.mkdir()
    here = with_places(here, place)
    text = named("hkr-fixed").read_text("utf-8").replace('text = "V"', 'text = "X"')
    profile = parse(text, "kasse.toml", "kasse")
    set_target(here, place, form_of("kasse", profile), profile=profile.text)
    batch = close(here)
    assert run(here).problems == []
    (data,) = [p.read_bytes() for p in place.path.iterdir() if p.suffix == ".dat"]
    assert data[:1] == b"X"
    assert (place.path / "DEMO_musterlippe_2026-0001.fertig").read_bytes() == b""
    with here.store.reading() as session:
        town = people.tenant(session, TOWN)
        found = target(session, town, "kasse")
        with pytest.raises(Refused, match="has no target"):
            target(session, town, "nirgends")
    other = Due(batch, town.id or 0, "", f"profile/kasse/{'0' * 12}", found.key, found)
    with pytest.raises(Refused, match="no such profile any more"):
        send(here, who(here, "Karin Kruse"), other)
    assert place_of(found, here.workplace.places) == place


def test_marks_come_last_and_hold(here: Opened, tmp_path: Path) -> None:
    place = FolderPlace(name="hkr", path=tmp_path / "out", checksum=True, trigger=".fertig")
    place.path.mkdir()
    here = with_places(here, place)
    set_target(here, place, "tables-csv")
    close(here)
    (place.path / "DEMO_musterlippe_2026-0001_Rechnungen.csv.sha256").write_text("von jemand anderem")
    assert "other content" in str(run(here).problems[0])
    assert not list(place.path.glob("*.fertig"))
    (place.path / "DEMO_musterlippe_2026-0001_Rechnungen.csv.sha256").unlink()
    assert run(here).problems == []
    endings = sorted(path.suffix for path in place.path.iterdir())
    assert endings == [*[".csv"] * 4, ".fertig", *[".sha256"] * 4]
    sums = [path.name for path in place.path.glob("*.sha256")]
    done = subprocess.run(
        ["sha256sum", "-c", *sums], cwd=place.path, capture_output=True, text=True, check=True
    )
    assert done.stdout.count(": OK") == len(sums) == 4
    assert run(here).exported == 0


def test_an_existing_other_file_is_refused_and_nothing_is_lost(here: Opened, tmp_path: Path) -> None:
    place = FolderPlace(name="hkr", path=tmp_path / "out")
    place.path.mkdir()
    here = with_places(here, place)
    set_target(here, place, "csv")
    close(here)
    name = "DEMO_musterlippe_2026-0001.csv"
    (place.path / name).write_text("von jemand anderem")
    assert "other content" in str(run(here).problems[0])
    assert (place.path / name).read_text() == "von jemand anderem"
    (place.path / name).unlink()
    assert run(here).problems == []
    assert (place.path / name).stat().st_size > 100
    with here.store.reading() as session:
        kinds = list(session.exec(select(Event.kind).where(Event.kind.startswith("export"))))
    assert kinds.count("export-failed") == 1


def test_a_person_sends_to_a_target_and_the_run_finishes_what_failed(here: Opened, tmp_path: Path) -> None:
    place = FolderPlace(name="hkr", path=tmp_path / "out")
    here = with_places(here, place)
    batch = close(here)
    set_target(here, place, "hkr-csv")
    with here.store.reading() as session:
        found = target(session, people.tenant(session, TOWN), "kasse")
    due = Due(batch, 0, "", found.form, found.key, found)
    with pytest.raises(NotDelivered):
        send(here, who(here, "Karin Kruse"), due)
    place.path.mkdir()
    assert run(here).problems == []
    assert sorted(path.suffix for path in place.path.iterdir()) == [".csv", ".ok", ".xml"]
    assert read(named("hkr-csv")).form.file.trigger == ".ok"


def test_only_the_cash_office_of_the_town_exports(here: Opened, tmp_path: Path) -> None:
    batch = close(here)
    with here.store.writing(people.SERVICE) as work:
        person = people.add_person(work, "Klaus Kasse", demo=True)
        people.add_role(work, person, people.tenant(work.session, "testfurt"), "cash")
    for name in ("Klaus Kasse", "Sabine Sander", "Ada Admin"):
        with pytest.raises(Refused, match="may not export"):
            export(here.store, here.archive, who(here, name), batch, "csv", tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    with here.store.reading() as session:
        refused = list(session.exec(select(Event.kind)))
    assert refused.count("act-refused") == 3


@on_both
def test_two_exports_at_once_never_give_one_number_twice(here: Opened) -> None:
    first, second, third = close(here), close(here), close(here)
    with ThreadPoolExecutor(3) as pool:
        done = pool.map(
            lambda number: made(here.store, here.archive, who(here, "Karin Kruse"), number, "hkr-csv"),
            (first, second, third),
        )
        numbers = [one.protocol["numbers"]["voucher"] for one in done]
    assert sorted(number for one in numbers for number in one.values()) == [1, 2, 3]
