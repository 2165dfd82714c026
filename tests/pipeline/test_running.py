"""A run seen from outside: what breaks in one document, on the disk or the clock; stops; logs, figures, exports."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlmodel import select

from einvoice import confined
from einvoice.approval import acts, batches, persons
from einvoice.errors import ConfigurationError, StoreError
from einvoice.pipeline import results
from einvoice.pipeline import run as run_module
from einvoice.pipeline.automatic import POLICY as EXPORTS
from einvoice.pipeline.backoff import Backoff
from einvoice.pipeline.cases import Plan
from einvoice.pipeline.course import Course, Journal, Stop
from einvoice.pipeline.metrics import Figures, write
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people, times
from einvoice.store.tables import Export, Invoice
from tests.approval import demo as approvals
from tests.faults.forks import forks
from tests.parts import needs
from tests.pipeline.place import SAMPLE, demo, differences, end_state, once

EINVOICE = str(Path(sys.executable).parent / "einvoice")
DEADLY = "tests.pipeline.deadly:checked"
FOUR = (SAMPLE, "02-gutschrift.xml", "05-mail.eml", "09-noch-einmal.xml")


def at(folder: Path) -> Any:
    return opened(read_workplace(folder / "einvoice.toml"))


def test_a_document_that_kills_the_checker_is_one_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = demo(tmp_path, *FOUR)
    calls = confined.Child.calls

    def deadly(child: confined.Child, function: str, asked: Any) -> Any:
        return calls(child, function.replace("einvoice.intake.checking:checked", DEADLY), asked)

    with monkeypatch.context() as patch:
        patch.setattr(confined.Child, "calls", deadly)
        summary = once(place)
        assert [type(one).__name__ for one in summary.problems] == ["Unchecked"]
        assert len(summary.deliveries) == 4
    assert once(place).problems == []
    assert len(end_state(place)["payable"]) == 3
    assert differences(place) == []


def test_a_mistake_of_ours_in_one_delivery_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, written = demo(tmp_path, *FOUR), results.write_pages

    def failing(here: Opened, plans: Sequence[Plan]) -> None:
        if any(plan.number == 1 for plan in plans):
            raise ZeroDivisionError
        written(here, plans)

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "write_pages", failing)
        summary = once(place)
    assert len(summary.problems) == 1
    assert "Lieferung 1" in summary.problems[0].said("de")
    assert "ZeroDivisionError" in str(summary.problems[0])
    assert len(end_state(place)["payable"]) > 0
    assert once(place).problems == []
    assert differences(place) == []


def test_files_that_may_not_grow_lose_nothing(tmp_path: Path) -> None:
    """The limit strikes somewhere else each time: the archive's objects, the store's log, the pages."""
    (tmp_path / "calm").mkdir()
    calm, place = demo(tmp_path / "calm", *FOUR), demo(tmp_path, *FOUR)
    once(calm)
    log = (place / "data" / "einvoice.sqlite").stat().st_size
    for size in (1_000, 20_000, log + 8_000):
        with forks() as warm:
            ended = warm.act(place, size=size)
        assert ended.code in (0, 3, 4), ended.place
        left = {one.code for one in differences(place)}
        assert left <= {"object-stray"}  # bytes are kept before the row that names them
    once(place)
    assert end_state(place) == end_state(calm)
    assert differences(place) == []


@needs("tmpfs")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    calm, disk = demo(tmp_path / "calm", *FOUR), tmp_path / "disk"
    once(calm)
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "einvoice-test", disk], check=True)
    try:
        place = demo(disk, *FOUR)
        filler = disk / "filler"
        free = os.statvfs(disk)
        filler.write_bytes(bytes(free.f_bavail * free.f_bsize - 60_000))
        with contextlib.suppress(StoreError):
            assert once(place).problems
        filler.unlink()
        once(place)
        assert end_state(place) == end_state(calm)
        assert differences(place) == []
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_clock_that_jumps_back_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "calm").mkdir()
    calm, place = demo(tmp_path / "calm", *FOUR), demo(tmp_path, *FOUR)
    once(calm)
    settings = place / "einvoice.toml"
    settings.write_text(settings.read_text() + 'every = "1h"\n')
    later = place / "inbox" / FOUR[-1]
    held = later.read_bytes()
    later.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(times, "utc_now", lambda: times.stamp(datetime.now(UTC) + timedelta(days=2)))
        assert once(place).received == 3
    later.write_bytes(held)
    assert once(place).received == 1
    assert end_state(place) == end_state(calm)
    assert differences(place) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_after_the_document_in_work(tmp_path: Path, sent: int, code: int) -> None:
    place = demo(tmp_path)
    command = [EINVOICE, "run", "--config", str(place), "--log", "-", "--format", "json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout
        assert process.stderr
        while '"source-fetched"' not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code
    said = json.loads(out)
    assert said["stopped"] == code
    assert said["deliveries"] <= 11
    begun = "11" if said["deliveries"] else "(?:0|11)"  # told to end before it looked what there is to do
    assert re.search(rf"Abgebrochen: {said['deliveries']} von {begun} fertig\.", err)
    assert differences(place) == []
    once(place)
    assert end_state(place)["inbox"] == ["processed"]
    assert differences(place) == []


def test_a_second_signal_ends_it_at_once() -> None:
    stop = Stop()
    stop._heard(signal.SIGTERM, None)
    assert stop.code == 143
    with pytest.raises(SystemExit, match="143"):
        stop._heard(signal.SIGTERM, None)
    waiting = Stop()
    with waiting.at_once():
        waiting._heard(signal.SIGINT, None)
        pytest.fail("a signal ends what may be broken off anywhere")
    assert waiting.code == 130


def test_logs_and_figures_say_nothing_of_the_invoices(tmp_path: Path) -> None:
    place, stream = demo(tmp_path), StringIO()
    with at(place) as here:
        course = Course(log=Journal(stream))
        figures = Figures(here, course)
        figures.ended(run(here, course, jobs=2))
        write(figures, tmp_path / "einvoice.prom")
        with here.store.reading() as session:
            rows = session.exec(select(Invoice)).all()
            titles = {town.title for town in people.tenants(session)} | {
                t.name for t in people.tenants(session)
            }
    figures_said = (tmp_path / "einvoice.prom").read_text()
    said = stream.getvalue() + figures_said
    texts = {
        str(value)
        for row in rows
        for name in (
            "number",
            "seller",
            "seller_vat_id",
            "buyer",
            "buyer_reference",
            "iban",
            "gross",
            "file",
            "path",
        )
        if (value := getattr(row, name)) is not None
    }
    assert len(texts) > 40
    assert not [text for text in texts | titles if text in said]
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events[0] == "run-started"
    assert events[-1] == "run-ended"
    assert events.count("delivery-done") == 11
    found = {family.name: family for family in text_string_to_metric_families(figures_said)}
    assert sum(sample.value for sample in found["einvoice_documents"].samples) == len(rows)
    checked = {one.labels["verdict"]: one.value for one in found["einvoice_checked"].samples}
    assert checked == {"accepted": 10, "rejected": 2}
    assert {one.labels["step"] for one in found["einvoice_step_seconds"].samples} >= {
        "fetch",
        "check",
        "route",
    }
    assert found["einvoice_run_problems"].samples[0].value == 0


def test_what_fails_is_left_alone_longer_each_time() -> None:
    now = [0.0]
    backoff = Backoff(lambda: now[0])
    pauses = []
    for _ in range(9):
        backoff.note("x", worked=False)
        began = now[0]
        while not backoff.may("x"):
            now[0] += 1
        pauses.append(now[0] - began)
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert backoff.may("another")
    backoff.note("x", worked=True)
    assert backoff.may("x")


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[tuple[Opened, Callable[[], int]]]:
    """A demo workplace, and what closes a batch of one more of Musterlippe's invoices there."""
    with approvals.demo(tmp_path) as here:
        clerk, chief, cash = (
            persons.actor(here.store, name) for name in ("Sabine Sander", "Anton Albers", "Karin Kruse")
        )

        def close() -> int:
            with here.store.reading() as session:
                town = people.tenant(session, "musterlippe")
                query = select(Invoice.id).where(Invoice.tenant_id == town.id, Invoice.state == "routed")
                number = session.exec(query).first() or 0
            acts.confirm(here.store, clerk, number)
            acts.authorise(here.store, chief, number)
            batch = batches.build(here.store, cash, "musterlippe", [number])
            batches.close(here.store, cash, batch)
            return batch

        yield here, close


def test_closed_batches_are_exported_where_a_town_switched_it_on(
    closed: tuple[Opened, Callable[[], int]], tmp_path: Path
) -> None:
    here, close = closed
    close()
    assert run(here).exported == 0
    folder = tmp_path / "hkr"
    targets = [{"format": form, "folder": str(folder)} for form in ("datev-extf", "csv")]
    with here.store.writing(people.SERVICE) as work:
        people.set_policy(work, people.tenant(work.session, "musterlippe"), EXPORTS, {"targets": targets})
    assert run(here).exported == 0  # what was closed before is not sent by a switch
    batch, course = close(), Course()
    missing = run(here, course)
    assert (missing.exported, len(missing.problems)) == (0, 2)
    assert str(folder) in str(missing.problems[0])
    folder.mkdir()
    assert run(here, course).exported == 0  # not tried again at once
    assert run(here).exported == 2
    assert run(here).idle
    assert sorted(path.suffix for path in folder.iterdir()) == [".csv", ".csv"]
    with here.store.reading() as session:
        made = session.exec(select(Export).where(Export.batch_id == batch)).all()
    assert {(one.format, one.made_by, one.state) for one in made} == {
        (form, people.SERVICE, state) for form in ("datev-extf", "csv") for state in ("made", "delivered")
    }


@pytest.mark.parametrize(
    ("row", "key", "why"),
    [
        ('morning = "25:00"', "morning", "eine Uhrzeit"),
        ('mails = ["nobody"]', "mails", "eine Liste von Mailadressen"),
        ("mornin = 1", "mornin", "unbekannte Einstellung"),
        ("jobs = -1", "jobs", ""),
    ],
)
def test_a_wrong_habit_names_file_and_key(tmp_path: Path, row: str, key: str, why: str) -> None:
    file = tmp_path / "einvoice.toml"
    file.write_text(f"[run]\n{row}\n")
    with pytest.raises(ConfigurationError) as refused:
        read_workplace(file)
    assert f"{file}: [run], {key}: {why}" in refused.value.said("de")


def test_habits_come_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "einvoice.toml"
    file.write_text('[run]\njobs = 3\nlog = "run.jsonl"\n')
    monkeypatch.setenv("EINVOICE_RUN_JOBS", "5")
    monkeypatch.setenv("EINVOICE_RUN_MAILS", "a@town.example, b@town.example")
    habits = read_workplace(file).habits
    assert (habits.processes, habits.mails) == (5, ["a@town.example", "b@town.example"])
    assert habits.path(habits.log) == tmp_path / "run.jsonl"
