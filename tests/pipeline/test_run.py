"""From the inbox to the tenant, once: repeated, killed, disturbed or side by side, a run ends in the same
state.
"""

import os
import random
import shutil
import signal
import time
import zipfile
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.errors import StoreError
from einvoice.intake import checking, folder
from einvoice.intake.source import Ready
from einvoice.pipeline import run as run_module
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store.tables import Delivery, Event, Report
from einvoice.validation.report import Report as Verdict
from tests import stores
from tests.faults.forks import forks
from tests.parts import FULL, needs, rounds
from tests.pipeline.place import SAMPLE, demo, differences, end_state, once
from tests.samples import FOLDER

KILLS = 50 if FULL else rounds(6, 15)


def at_once(place: Path, count: int) -> list[int]:
    """So many runs of a place at the same time, each a process of its own; how they ended, as forks do."""
    with forks() as warm:
        begun = [warm.begin(place) for _ in range(count)]
        return [warm.end(one).code for one in begun]


def _timed(place: Path) -> float:
    """The seconds that a run of a place takes here and now; kills fall within them."""
    began = time.monotonic()
    once(place)
    return time.monotonic() - began


def test_a_second_run_changes_nothing(tmp_path: Path, store_url: str) -> None:
    place = demo(tmp_path, url=store_url)
    assert once(place).received == 11
    before = end_state(place)
    assert differences(place) == []
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        events = len(session.exec(select(Event)).all())
    assert once(place).idle
    assert end_state(place) == before
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        assert len(session.exec(select(Event)).all()) == events
    assert before["inbox"] == ["processed"]
    assert before["payable"]


def test_two_files_of_one_name_in_a_mail_are_two_invoices(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "Zwei Rechnungen"
    for name in (SAMPLE, "02-gutschrift.xml"):
        data = (FOLDER / name).read_bytes()
        message.add_attachment(data, maintype="text", subtype="xml", filename="rechnung.xml")
    (place / "inbox" / SAMPLE).unlink()
    (place / "inbox" / "zwei.eml").write_bytes(message.as_bytes())
    assert once(place).problems == []
    assert end_state(place)["payable"] == ["GS-2026-0031", "RE-2026-0815"]


def test_killed_at_any_moment_it_ends_in_the_same_state_once(tmp_path: Path) -> None:
    fresh = demo(tmp_path, SAMPLE, "02-gutschrift.xml", "05-mail.eml", "09-noch-einmal.xml")
    calm = shutil.copytree(fresh, tmp_path / "calm")
    seconds = _timed(calm)
    dice = random.Random(20261124)
    killed, places = 0, list[Path]()
    with forks() as warm:
        while killed < KILLS:
            places.append(shutil.copytree(fresh, tmp_path / f"killed{len(places)}"))
            for _ in range(5):
                begun = warm.begin(places[-1])
                time.sleep(seconds * dice.random())
                killed += warm.end(begun, kill=True).code == -signal.SIGKILL
            assert len(places) <= 5 * KILLS
    for place in places:
        once(place)
        assert end_state(place) == end_state(calm)
        assert differences(place) == []


@needs("postgres")
def test_killed_at_any_moment_on_postgresql_too(tmp_path: Path) -> None:
    names = (SAMPLE, "02-gutschrift.xml", "05-mail.eml", "09-noch-einmal.xml")
    (tmp_path / "calm").mkdir()
    calm = demo(tmp_path / "calm", *names)
    seconds = _timed(calm)
    dice, killed = random.Random(15), 0
    with stores.postgresql() as url:
        place = demo(tmp_path, *names, url=url)
        with forks() as warm:
            for _ in range(20):
                begun = warm.begin(place)
                time.sleep(seconds * dice.random())
                killed += warm.end(begun, kill=True).code == -signal.SIGKILL
                if killed == rounds(2, 4):
                    break
        once(place)
        assert end_state(place) == end_state(calm)
        assert differences(place) == []
    assert killed == rounds(2, 4)


def test_runs_side_by_side_do_what_one_does(tmp_path: Path, store_url: str) -> None:
    (tmp_path / "calm").mkdir()
    calm = demo(tmp_path / "calm")
    once(calm)
    place = demo(tmp_path, url=store_url)
    assert set(at_once(place, rounds(2, 3))) == {0}
    once(place)
    assert end_state(place) == end_state(calm)
    assert differences(place) == []


def test_the_same_bytes_twice_are_one_payable_invoice_and_two_deliveries(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    shutil.copyfile(place / "inbox" / SAMPLE, place / "inbox" / "again.xml")
    once(place)
    state = end_state(place)
    assert len(state["deliveries"]) == 2
    assert len(state["payable"]) == 1
    assert differences(place) == []


def test_a_file_brought_back_by_a_crash_is_no_second_delivery(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    once(place)
    (place / "inbox" / "processed" / SAMPLE).rename(place / "inbox" / SAMPLE)
    assert once(place).idle
    assert len(end_state(place)["deliveries"]) == 1


def test_files_still_being_written_are_left(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    settings = place / "einvoice.toml"
    settings.write_text(settings.read_text().replace("quiet_seconds = 0", "quiet_seconds = 60"))
    (place / "inbox" / "x.xml.part").write_bytes(b"<half")
    assert once(place).received == 0
    old = time.time() - 120
    os.utime(place / "inbox" / SAMPLE, (old, old))
    assert once(place).received == 1
    assert end_state(place)["inbox"] == ["processed", "x.xml.part"]


def test_a_file_that_vanishes_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml")
    listed = folder.FolderSource.ready

    def vanishing(source: folder.FolderSource) -> Iterator[Ready]:
        found = list(listed(source))
        (source.folder / SAMPLE).unlink(missing_ok=True)
        yield from found

    monkeypatch.setattr(folder.FolderSource, "ready", vanishing)
    summary = once(place)
    assert summary.problems == []
    assert summary.received == 1


def test_a_town_never_gets_what_is_anothers(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml")
    texts = {}
    with zipfile.ZipFile(place / "inbox" / "mixed.zip", "w") as made:
        for path in sorted((place / "inbox").glob("0*.xml")):
            made.write(path, path.name)
            texts[path.name] = path.read_bytes()
            path.unlink()
    once(place)
    archived = place / "data" / "archive"
    kept = {p.parts[-3]: p.read_bytes() for p in (archived / "tenants").rglob("*") if p.is_file()}
    assert kept == {"musterlippe": texts[SAMPLE], "beispielhausen": texts["02-gutschrift.xml"]}
    assert [zipfile.is_zipfile(p) for p in (archived / "arrivals").rglob("*") if p.is_file()] == [True]
    assert differences(place) == []
    assert once(place).idle


def test_a_delivery_of_one_town_goes_over_whole(tmp_path: Path) -> None:
    place = demo(tmp_path, "04-zugferd.pdf", "05-mail.eml", "06-sammlung.zip")
    arrived = sorted(p.read_bytes() for p in (place / "inbox").iterdir())
    once(place)
    archived = place / "data" / "archive"
    assert sorted(p.read_bytes() for p in (archived / "tenants").rglob("*") if p.is_file()) == arrived
    assert [p for p in (archived / "arrivals").rglob("*") if p.is_file()] == []
    assert differences(place) == []


def test_one_damaged_object_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml")
    with monkeypatch.context() as patch:
        patch.setattr(run_module._Run, "_process", lambda _: None)
        once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        first = session.exec(select(Delivery).where(Delivery.id == 1)).one()
    path = place / "data" / "archive" / "arrivals" / first.sha256[:2] / first.sha256
    path.chmod(0o640)
    path.write_bytes(b"damaged")
    summary = once(place)
    assert len(summary.problems) == 1
    assert "archive verify" in str(summary.problems[0])
    assert len(end_state(place)["payable"]) == 1


def test_what_stays_unchecked_is_tried_again_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = demo(tmp_path, SAMPLE)

    def dead(
        some: Sequence[tuple[bytes, str]], options: object
    ) -> Iterator[list[tuple[Verdict, checking.Facts]]]:
        for _, name in some:
            yield [(Verdict(name, None, None, "xml", None, "unchecked", reason="time"), {})]

    from einvoice.pipeline import steps

    with monkeypatch.context() as patch:
        patch.setattr(steps, "check_all", dead)
        for _ in range(3):
            assert len(once(place).problems) == 1
        assert end_state(place)["pages"] == 1
        with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
            assert len(session.exec(select(Report)).all()) == 1
            assert len(session.exec(select(Event).where(Event.kind == "delivery-checked")).all()) == 1
        assert end_state(place)["payable"] == []
    assert once(place).problems == []
    assert len(end_state(place)["payable"]) == 1
    assert end_state(place)["pages"] == 0  # what it said is true no more
    assert differences(place) == []


def test_an_archive_of_another_store_is_refused(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    mark = place / "data" / "archive" / "einvoice-archive.json"
    mark.chmod(0o640)
    mark.write_text('{"archive": "other"}')
    with pytest.raises(StoreError, match="another store"):
        once(place)
    assert (place / "inbox" / SAMPLE).exists()


def test_a_copy_of_the_archive_that_was_left_behind_is_refused(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    archive = place / "data" / "archive"
    shutil.copytree(archive, tmp_path / "copy")
    once(place)
    archive.rename(tmp_path / "real")
    (tmp_path / "copy").rename(archive)
    shutil.copyfile(place / "inbox" / "processed" / SAMPLE, place / "inbox" / "again.xml")
    with pytest.raises(StoreError, match="it is a copy"):
        once(place)
    assert (place / "inbox" / "again.xml").exists()


def test_an_archive_that_cannot_be_written_leaves_the_file_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = demo(tmp_path, SAMPLE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("einvoice.store.archive.os.fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            once(place)
    assert (place / "inbox" / SAMPLE).exists()
    assert once(place).received == 1
    assert differences(place) == []
