"""Places by URL against real servers: an S3 service, sshd, WebDAV; what was taken is moved or remembered."""

import functools
import os
import time
from pathlib import Path

import pytest

from einvoice.errors import EinvoiceError
from einvoice.intake import location
from einvoice.intake.quiet import settled
from einvoice.pipeline.fetching import fetch
from einvoice.pipeline.surveying import survey
from einvoice.store import people
from einvoice.store.backups import VERIFIED, newest_verified_backup
from einvoice.store.leases import new_holder
from einvoice.store.times import utc_now
from tests.intake.samba import samba
from tests.intake.servers import PASSWORD, USER, bucket, sftp, webdav
from tests.parts import needs
from tests.pipeline.mailbox import SAMPLES, archived, at, deliveries, workplace

INVOICE = (SAMPLES / "01-skonto.xml").read_bytes()
OTHER = (SAMPLES / "02-gutschrift.xml").read_bytes()
SECRET = 'password = { file = "secret" }'
QUIET = "quiet_seconds = 0.05"


def taken(place: Path) -> list[EinvoiceError]:
    """Fetches the location once; the problems."""
    with at(place) as here:
        found = fetch(here, here.workplace.source_named("ort"), new_holder())
    return [problem for one in found for problem in one.problems]


def looked(place: Path) -> tuple[int, list[str]]:
    """How much a fetch would find, and what would hinder it."""
    with at(place) as here:
        found = survey(here, here.workplace.source_named("ort")[0])
    return found.count, [str(fault) for fault in found.faults]


def table(url: str, *more: str) -> str:
    return "\n".join(['name = "ort"', 'kind = "location"', f'url = "{url}"', QUIET, *more])


def test_s3_objects_are_taken_and_moved_within_the_bucket(tmp_path: Path) -> None:
    with bucket("eingang") as (url, client):
        settings = table("s3://eingang/neu", f'endpoint = "{url}"', f'user = "{USER}"', SECRET)
        place = workplace(tmp_path, settings)
        assert taken(place) == []
        for name in ("a.xml", "b ü.xml", "half.xml.part"):
            client.put_object(Bucket="eingang", Key=f"neu/{name}", Body=INVOICE + name.encode())
        assert looked(place) == (2, [])
        assert taken(place) == []
        client.put_object(Bucket="eingang", Key="neu/a.xml", Body=INVOICE + b"anew")
        assert taken(place) == []
        assert taken(place) == []
        keys = sorted(one["Key"] for one in client.list_objects_v2(Bucket="eingang")["Contents"])
    assert keys == [
        "neu/half.xml.part",
        "neu/processed/a (2).xml",
        "neu/processed/a.xml",
        "neu/processed/b ü.xml",
    ]
    assert [one.name for one in deliveries(place)] == ["a.xml", "b ü.xml", "a.xml"]
    assert sorted(archived(place).values()) == sorted(
        INVOICE + end for end in (b"a.xml", "b ü.xml".encode(), b"anew")
    )


def test_what_may_not_be_moved_is_remembered(tmp_path: Path) -> None:
    with bucket("lesen") as (url, client):
        settings = table("s3://lesen", f'endpoint = "{url}"', f'user = "{USER}"', SECRET, 'after = "keep"')
        place = workplace(tmp_path, settings)
        client.put_object(Bucket="lesen", Key="a.xml", Body=INVOICE)
        assert (taken(place), taken(place), looked(place)) == ([], [], (0, []))
        client.put_object(Bucket="lesen", Key="a.xml", Body=INVOICE + b"\n")
        assert looked(place) == (1, [])
        assert taken(place) == []
    assert len(deliveries(place)) == 2
    problems = taken(place)
    assert len(problems) == 1
    assert PASSWORD not in str(problems[0])


@needs("sshd")
def test_sftp_takes_from_hosts_it_knows_only(tmp_path: Path) -> None:
    folder = tmp_path / "fern"
    folder.mkdir()
    (folder / "a.xml").write_bytes(INVOICE)
    (folder / "unterordner").mkdir()
    with sftp() as server:
        url = f"sftp://127.0.0.1:{server.port}{folder}"
        import getpass

        more = (f'user = "{getpass.getuser()}"', f'key_file = "{server.key}"')
        place = workplace(tmp_path, table(url, *more, f'known_hosts = "{server.known}"'))
        known = server.known.read_text()
        server.known.write_text("")
        assert "not found in known_hosts" in str(taken(place)[0])
        assert deliveries(place) == []
        server.known.write_text(known)
        assert taken(place) == []
    assert sorted(p.name for p in folder.iterdir()) == ["processed", "unterordner"]
    assert (folder / "processed" / "a.xml").read_bytes() == INVOICE
    assert list(archived(place).values()) == [INVOICE]


@needs("samba")
def test_smb_takes_from_a_file_server_of_the_town_hall(tmp_path: Path) -> None:
    import getpass
    import importlib

    share, user = tmp_path / "fern", f'user = "{getpass.getuser()}"'
    (share / "neu" / "unterordner").mkdir(parents=True)
    with samba(share) as port:
        place = workplace(tmp_path, table(f"smb://127.0.0.1:{port}/eingang/neu", user, SECRET))
        for more in (b"", b"\n"):
            (share / "neu" / "ä b.xml").write_bytes(INVOICE + more)
            (share / "neu" / "half.xml.part").write_bytes(INVOICE)
            assert looked(place) == (1, [])
            assert taken(place) == []
            assert taken(place) == []
        (place / "secret").write_text("verkehrt")
        importlib.import_module(
            "smbclient"
        ).reset_connection_cache()  # of this process: a session that stands asks for no password
        said = [str(one) for one in taken(place)]
    assert len(said) == 1
    assert "verkehrt" not in said[0]
    assert sorted(path.name for path in (share / "neu" / "processed").iterdir()) == ["ä b (2).xml", "ä b.xml"]
    assert sorted(archived(place).values()) == sorted([INVOICE, INVOICE + b"\n"])


def test_webdav(tmp_path: Path) -> None:
    folder = tmp_path / "fern"
    (folder / "neu").mkdir(parents=True)
    (folder / "neu" / "a.xml").write_bytes(INVOICE)
    with webdav(folder) as port:
        place = workplace(tmp_path, table(f"webdav://127.0.0.1:{port}/neu", f'user = "{USER}"', SECRET))
        assert looked(place) == (1, [])
        assert taken(place) == []
        assert taken(place) == []
        (place / "secret").write_text("verkehrt")
        said = [str(one) for one in taken(place)]
    assert len(said) == 1
    assert "verkehrt" not in said[0]
    assert (folder / "neu" / "processed" / "a.xml").read_bytes() == INVOICE
    assert list(archived(place).values()) == [INVOICE]


def test_a_file_still_being_written_is_left_whatever_its_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fern"
    folder.mkdir()
    place = workplace(tmp_path, table(f"file://{folder}"))
    path = folder / "a.xml"

    def written(_: float = 0) -> None:
        with path.open("ab") as file:
            file.write(b"x")
        os.utime(path, (time.time() - 9000,) * 2)

    written()
    with monkeypatch.context() as patch:
        patch.setattr(location, "settled", functools.partial(settled, sleep=written))
        assert taken(place) == []
        assert deliveries(place) == []
    assert path.stat().st_size == 2
    assert taken(place) == []
    assert len(deliveries(place)) == 1


@pytest.mark.parametrize("kind", ["folder", "location"])
def test_what_was_handed_over_is_released_only_when_it_is_safe(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "fern"
    folder.mkdir()
    settings = (
        table(f"file://{folder}") if kind == "location" else f'name = "ort"\npath = "{folder}"\n{QUIET}'
    )
    place = workplace(tmp_path, settings)
    (folder / "a.xml").write_bytes(INVOICE)
    (folder / "b.xml").write_bytes(OTHER)
    for name in ("a.xml", "b.xml"):
        os.utime(folder / name, (time.time() - 10,) * 2)
    from tests.pipeline.place import once

    assert once(place).received == 2
    kept, other = (folder / "processed" / name for name in ("a.xml", "b.xml"))
    stranger = folder / "processed" / "fremd.xml"
    stranger.write_bytes(b"not ours")
    assert once(place).released == 0
    with at(place) as here, here.store.writing(people.SERVICE) as work:
        work.event(VERIFIED, f"backup/{utc_now()}")
    with at(place) as here:
        assert newest_verified_backup(here.store) is not None
    damaged = next(
        p for p in (place / "data/archive").rglob("*") if p.is_file() and p.read_bytes() == INVOICE
    )
    hidden = damaged.rename(tmp_path / "weg")
    assert once(place).released == 1
    assert kept.exists()
    assert not other.exists()
    hidden.rename(damaged)
    assert once(place).released == 1
    assert not kept.exists()
    assert stranger.exists()
