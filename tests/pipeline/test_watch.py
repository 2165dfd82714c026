"""The run again and again: told to systemd, woken by files, one bad source apart, ended by a signal."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from einvoice.errors import StoreError
from einvoice.pipeline import run as run_module
from einvoice.pipeline import watch as watch_module
from einvoice.pipeline.course import Course
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.supervision import Supervisor
from einvoice.pipeline.watch import Watch, news
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from tests.faults.bench import numbered
from tests.intake.servers import dovecot, free_port
from tests.parts import ROOT, needs
from tests.pipeline.mailbox import SAMPLES, deliveries, imap, mail, put, workplace
from tests.pipeline.place import SAMPLE, demo, differences, end_state

EINVOICE = str(Path(sys.executable).parent / "einvoice")
UNITS = ROOT / "deploy" / "systemd"


def test_it_takes_files_as_they_come_tells_systemd_and_ends_when_told(tmp_path: Path) -> None:
    place, port = demo(tmp_path, SAMPLE), free_port()
    (place / "inbox" / SAMPLE).rename(tmp_path / SAMPLE)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(60)
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        command = [EINVOICE, "watch", "--config", str(place), "--every", "3600", "--port", str(port)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            said = [supervisor.recv(1000)]
            while b"READY=1" not in said[-1]:
                said.append(supervisor.recv(1000))
            (tmp_path / SAMPLE).rename(place / "inbox" / SAMPLE)
            assert process.stdout
            assert re.search(r"1 empfangen, 1 bearbeitet", process.stdout.readline())
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
            assert 'einvoice_source_received_total{source="inbox"} 1.0' in page
            said.append(supervisor.recv(1000))
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 143
    assert any(b"WATCHDOG=1" in one for one in said)
    assert err == "Beendet.\n"
    assert len(end_state(place)["payable"]) == 1
    assert differences(place) == []


def _watch(here: Opened, told: list[RunSummary | StoreError], rounds: int) -> Watch:
    def ended(what: RunSummary | StoreError) -> None:
        told.append(what)
        if len(told) == rounds:
            made.course.stop.code = 143

    made = Watch(here, Course(), 1, 1, ended, Supervisor({}))
    return made


def test_a_bad_source_is_left_alone_and_stops_no_other(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    settings = place / "einvoice.toml"
    settings.write_text(settings.read_text() + '\n[[source]]\nname = "away"\npath = "not/there"\n')
    told: list[RunSummary | StoreError] = []
    with opened(read_workplace(settings)) as here:
        assert _watch(here, told, 3).go() == 143
    first, *others = told
    assert isinstance(first, RunSummary)
    assert len(first.problems) == 1
    assert first.received == 1
    assert all(isinstance(one, RunSummary) and list(one.sources) == ["inbox"] for one in others)


def test_a_store_that_is_away_for_a_while_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, cycle, calls = demo(tmp_path, SAMPLE), run_module.cycle, [0]

    def broken(*arguments: object, **named: object) -> RunSummary:
        calls[0] += 1
        if calls[0] == 2:
            raise StoreError("away")
        return cycle(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(watch_module, "cycle", broken)
    told: list[RunSummary | StoreError] = []
    with opened(read_workplace(place / "einvoice.toml")) as here:
        watch = _watch(here, told, 2)
        watch.go()
        assert isinstance(told[1], StoreError)
        assert not watch.course.patience.may("store")


def test_a_problem_is_told_when_it_is_new() -> None:
    known: set[str] = set()
    one, two = StoreError("one"), StoreError("two")
    assert news(known, [one]) == [one]
    assert news(known, [one, two]) == [two]
    assert news(known, []) == []
    assert news(known, [one]) == [one]


@needs("systemd")
@pytest.mark.parametrize("name", ["run", "watch", "serve", "worker", "scheduler"])
def test_the_services_are_locked_up(name: str, tmp_path: Path) -> None:
    unit = f"einvoice-{name}.service"
    looked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(UNITS / unit)],
        capture_output=True,
        text=True,
    )
    assert looked.returncode == 0, looked.stdout
    here = tmp_path / unit
    here.write_text((UNITS / unit).read_text().replace("/opt/einvoice/.venv/bin/einvoice", EINVOICE))
    verified = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True)
    assert unit not in verified.stderr


@needs("dovecot")
def test_a_mail_is_taken_as_it_comes(tmp_path: Path) -> None:
    with dovecot() as server, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        place = workplace(tmp_path, imap(server.port))
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(60)
        command = [EINVOICE, "watch", "--config", str(place), "--every", "3600"]
        environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        ) as process:
            assert process.stdout
            assert supervisor.recv(1000).startswith(b"READY=1")
            for number in ("1", "2"):
                invoice = numbered((SAMPLES / SAMPLE).read_bytes(), number)
                put(server, mail(f"Rechnung {number}", ("rechnung.xml", invoice)))
                assert re.search(r"1 empfangen, 1 bearbeitet", process.stdout.readline())
            process.terminate()
            assert process.wait(60) == 143
    assert len(deliveries(place)) == 2
