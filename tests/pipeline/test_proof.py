"""Whatever is done to an installation behind its back is found, and nothing else; what was published proves the rest;
a backup brings back all there was, and says what is newer.
"""

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.errors import ConfigurationError, StoreError
from einvoice.pipeline.answering import mail_of
from einvoice.pipeline.backing_up import back_up, backups, keep
from einvoice.pipeline.publishing import publish, publish_daily
from einvoice.pipeline.restoring import restore
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store import heads, leases, people, seals
from einvoice.store.columns import canonical
from einvoice.store.store import Store
from einvoice.store.tables import Event, Outbox, Tenant
from einvoice.store.verify import verify
from tests import cluster
from tests.parts import missing
from tests.pipeline.place import SAMPLE, demo, differences, end_state, once
from tests.store.tampering import Bench, tampered

ROUNDS = 600 if os.environ.get("EINVOICE_FULL") else 40


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo workplace after its run, SQLite."""
    place = demo(tmp_path_factory.mktemp("worked"), SAMPLE, "05-mail.eml", "06-sammlung.zip")
    once(place)
    return place


def copied(worked: Path, folder: Path) -> Path:
    """A copy to do with as one likes."""
    return shutil.copytree(worked, folder / "copy")


def test_random_tampering_is_always_found_and_nothing_else(worked: Path, tmp_path: Path) -> None:
    place = copied(worked, tmp_path)
    bench = Bench.of(place / "data" / "einvoice.sqlite", place / "data" / "archive")
    dice, found, missed = random.Random(20261125), 0, []
    assert bench.differences(against=True) == []
    while found < ROUNDS:
        with tampered(bench, dice) as act:
            if act is None:
                continue
            try:
                seen = bench.differences(against=act == "cut_a_chain")
            except StoreError:
                seen = []
                found += 1
                continue
        found += bool(seen)
        if not seen:
            missed.append(act)
            break
        if found % 10 == 0:
            assert bench.differences(against=True) == []
    assert missed == []
    assert bench.differences(against=True) == []


def test_a_history_written_anew_is_found_against_a_head_only(worked: Path, tmp_path: Path) -> None:
    place = copied(worked, tmp_path)
    bench = Bench.of(place / "data" / "einvoice.sqlite", place / "data" / "archive")
    with contextlib.closing(Store(f"sqlite:///{bench.file}")) as store:
        with store.engine.execution_options(writing=True).begin() as raw:
            raw.exec_driver_sql("UPDATE tenant SET title = 'Anderswo' WHERE id = 1")
        _rewrite(store)
    assert bench.differences() == []
    assert {one.code for one in bench.differences(against=True)} == {"head-other"}


def _rewrite(store: Store) -> None:
    """What someone with all rights over the database can do: new digests for all events of all chains."""
    with store.reading() as session:
        now = {seals.name_of(row): seals.digest_of(row) for row in session.exec(select(Tenant))}
        events = session.exec(select(Event).order_by(col(Event.chain), col(Event.sequence))).all()
    last: dict[str, str] = {}
    with store.engine.execution_options(writing=True).begin() as raw:
        for event in events:
            event.rows = {k: now.get(k, v) if v else v for k, v in (event.rows or {}).items()} or None
            event.previous = last.get(event.chain, "")
            last[event.chain] = event.digest = seals.event_digest(event)
            values = (event.previous, event.digest, event.rows and canonical(event.rows), event.id)
            raw.exec_driver_sql("UPDATE event SET previous = ?, digest = ?, rows = ? WHERE id = ?", values)
        for chain, digest in last.items():
            raw.exec_driver_sql("UPDATE head SET digest = ? WHERE chain = ?", (digest, chain))


def test_the_head_is_published_daily_once_where_it_was_asked_for(worked: Path, tmp_path: Path) -> None:
    place = copied(worked, tmp_path)
    folder = tmp_path / "kept"
    folder.mkdir()
    with (place / "einvoice.toml").open("a") as settings:
        settings.write(f'[heads]\nfolders = ["{folder}"]\nmails = ["rpa@example.org"]\n')
        settings.write('[mail]\nhost = "127.0.0.1"\nport = 1\nsender = "e@town.example"\n')
    for _ in range(2):
        assert len(once(place).problems) <= 1
    (file,) = folder.iterdir()
    head = json.loads(file.read_bytes())
    assert heads.genuine(head)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        assert publish_daily(here) == []
        assert verify(here.store, here.archive, head) == []
        with here.store.reading() as session:
            (mail,) = session.exec(select(Outbox)).all()
            assert (mail.recipient, mail.state) == (
                "rpa@example.org",
                "ready",
            )  # no mail server answers there
            assert message_from_bytes(mail_of(mail))["To"] == "rpa@example.org"
            assert head["root"] in (mail.content or {})["text"]
        assert len(publish(here)) == 2
    shutil.rmtree(folder)
    with opened(read_workplace(place / "einvoice.toml")) as here, pytest.raises(StoreError, match="kept"):
        publish(here)


def test_an_older_store_put_in_place_is_refused_by_the_next_run(worked: Path, tmp_path: Path) -> None:
    place = copied(worked, tmp_path)
    folder = tmp_path / "kept"
    folder.mkdir()
    older = place / "older.sqlite"
    shutil.copyfile(place / "data" / "einvoice.sqlite", older)
    with (place / "einvoice.toml").open("a") as settings:
        settings.write(f'[heads]\nfolders = ["{folder}"]\n')
    with opened(read_workplace(place / "einvoice.toml")) as here:
        with here.store.writing(people.SERVICE) as work:
            people.add_person(work, "Neu")
        publish(here)
    shutil.copyfile(older, place / "data" / "einvoice.sqlite")
    with pytest.raises(StoreError, match="older backup"):
        once(place)


def test_a_backup_brings_back_all_and_the_sources_the_rest(tmp_path: Path, store_url: str) -> None:
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml", "05-mail.eml", url=store_url)
    later = place / "later.xml"
    (place / "inbox" / SAMPLE).rename(later)
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        made = back_up(here, tmp_path / "backups")
        assert (made.differences, made.linked) == ((), 0)
        again = back_up(here, tmp_path / "backups")
        assert (again.differences, again.linked) == ((), again.objects)
        assert keep(tmp_path / "backups", 1) == [made.folder]
        with here.store.reading() as session:
            said = session.exec(select(Event.subject).where(Event.kind == "backup-verified")).all()
        assert len(said) == 2
    later.rename(place / "inbox" / SAMPLE)
    once(place)
    (place / "exports" / "EXTF_new.csv").write_bytes(b"newer than the backup")
    before = end_state(place)
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=again.folder, check=False)
    assert checked.returncode == 0
    _restored(place, again.folder, tmp_path, before)


def _restored(place: Path, backup: Path, folder: Path, before: dict[str, object]) -> None:
    """The workplace is lost but for its sources and exports."""
    new = folder / "new"
    for kept in ("inbox", "exports"):
        shutil.copytree(place / kept, new / kept)
    with other_database(folder) as url:
        done = restore(backup, new, url)
        assert done.differences == ()
        assert [path.name for path in done.exports] == ["EXTF_new.csv"]
        assert done.rescanned == 1
        once(new)
        assert end_state(new) | {"pages": 0} == before | {"pages": 0}
        assert differences(new) == []
        with pytest.raises(ConfigurationError, match="is there already"):
            restore(backup, new, url)


@contextlib.contextmanager
def other_database(folder: Path) -> Iterator[str]:
    """A PostgreSQL database, or a SQLite file where there is none."""
    if missing("postgres"):
        yield f"sqlite:///{folder}/elsewhere.sqlite"
        return
    with cluster.database() as url:
        yield url


def test_a_damaged_backup_is_refused_and_a_damaged_object_told(worked: Path, tmp_path: Path) -> None:
    with opened(read_workplace(copied(worked, tmp_path) / "einvoice.toml")) as here:
        made = back_up(here, tmp_path / "backups")
    one = next(p for p in (made.folder / "archive").rglob("*") if len(p.name) == 64)
    one.chmod(0o640)
    one.write_bytes(b"damaged")
    assert {d.code for d in restore(made.folder, tmp_path / "new").differences} == {"object-missing"}
    with (made.folder / "store.sqlite").open("r+b") as file:
        file.seek(5000)
        file.write(b"damaged")
    with pytest.raises(StoreError, match="is damaged"):
        restore(made.folder, tmp_path / "newer")
    with pytest.raises(StoreError, match="is no backup"):
        restore(tmp_path, tmp_path / "newest")


def test_what_is_damaged_already_is_backed_up_but_not_as_proved(worked: Path, tmp_path: Path) -> None:
    place = copied(worked, tmp_path)
    with contextlib.closing(sqlite3.connect(place / "data" / "einvoice.sqlite")) as raw:
        raw.execute("UPDATE tenant SET title = 'x'")
        raw.commit()
    with opened(read_workplace(place / "einvoice.toml")) as here:
        made = back_up(here, tmp_path / "backups")
        assert {one.code for one in made.differences} == {"row-changed"}
        assert made.folder.name.endswith("-unproved")
        assert backups(tmp_path / "backups") == []
        with here.store.reading() as session:
            assert session.exec(select(Event).where(Event.kind == "backup-verified")).all() == []


def test_nothing_is_unlinked_while_a_backup_is_made_and_no_two_are(worked: Path, tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        with leases.taken(here.store, leases.BACKUP, leases.new_holder()):
            once(place)
            assert [area for area, _ in here.archive.objects()] == ["arrivals", "tenants/musterlippe"]
            assert differences(place) == []
            with pytest.raises(StoreError, match="Another backup"):
                back_up(here, tmp_path / "backups")
        once(place)
        assert [area for area, _ in here.archive.objects()] == ["tenants/musterlippe"]
