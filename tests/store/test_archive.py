"""Objects of the archive are whole or not there, durable before the row, and never overwritten."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from einvoice.errors import StoreError
from einvoice.store.archive import ARRIVALS, FolderArchive, tenant_area
from einvoice.store.host import this_host
from tests.parts import needs


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    made = FolderArchive(tmp_path / "archive")
    made.create("mine")
    return made


def test_what_was_put_is_read_and_is_write_once(archive: FolderArchive) -> None:
    digest = archive.put(ARRIVALS, b"data")
    assert archive.read(ARRIVALS, digest) == b"data"
    assert archive.put(ARRIVALS, b"data") == digest
    path = archive.root / ARRIVALS / digest[:2] / digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert list(archive.objects()) == [(ARRIVALS, digest)]


def test_tenants_share_no_object(archive: FolderArchive) -> None:
    digest = archive.put(tenant_area("a"), b"data")
    assert not archive.has(tenant_area("b"), digest)
    archive.put(tenant_area("b"), b"data")
    inodes = {path.stat().st_ino for path in archive.root.glob(f"tenants/*/*/{digest}")}
    assert len(inodes) == 2


@pytest.mark.parametrize("at_once", [True, False])
def test_the_same_arrival_of_two_tenants_is_two_objects(archive: FolderArchive, at_once: bool) -> None:
    digest = archive.put(ARRIVALS, b"data")
    wanted = [(tenant_area("a"), b"data"), (tenant_area("b"), b"data")]
    for some in [wanted] if at_once else [[one] for one in wanted]:
        archive.put_all(some, ARRIVALS)
    first, second = (archive.root / area / digest[:2] / digest for area, _ in wanted)
    assert first.samefile(archive.root / ARRIVALS / digest[:2] / digest)
    assert not first.samefile(second)
    assert second.read_bytes() == b"data"


def test_two_workers_at_the_same_moment_share_no_object(
    archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = archive.put(ARRIVALS, b"data")
    link = os.link

    def beside(there: Path, path: Path) -> None:
        link(there, archive.root / "other")
        link(there, path)

    monkeypatch.setattr(os, "link", beside)
    archive.put_all([(tenant_area("a"), b"data")], ARRIVALS)
    mine = archive.root / tenant_area("a") / digest[:2] / digest
    assert mine.stat().st_nlink == 1
    assert mine.read_bytes() == b"data"


def test_a_damaged_object_is_neither_given_out_nor_overwritten(archive: FolderArchive) -> None:
    digest = archive.put(ARRIVALS, b"data")
    path = archive.root / ARRIVALS / digest[:2] / digest
    path.chmod(0o640)
    path.write_bytes(b"dat")
    for attempt in (lambda: archive.read(ARRIVALS, digest), lambda: archive.put(ARRIVALS, b"data")):
        with pytest.raises(StoreError, match="archive verify"):
            attempt()
    assert path.read_bytes() == b"dat"


@pytest.mark.parametrize("area", ["..", "tenants/../arrivals", "tenants/", "tenants/A", "/etc", ""])
def test_no_name_leads_out_of_the_archive(archive: FolderArchive, area: str) -> None:
    with pytest.raises(StoreError):
        archive.put(area, b"data")
    with pytest.raises(StoreError):
        archive.read(ARRIVALS, "../x")


def test_it_belongs_to_one_store(archive: FolderArchive, tmp_path: Path) -> None:
    archive.belongs_to("mine")
    with pytest.raises(StoreError, match="another store"):
        archive.belongs_to("yours")
    with pytest.raises(StoreError, match="is not an archive"):
        FolderArchive(tmp_path / "nothing").belongs_to("mine")


def test_an_error_while_writing_leaves_nothing(
    archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        archive.put(ARRIVALS, b"data")
    assert list(archive.objects()) == []
    assert list((archive.root / ".tmp").iterdir()) == []


def test_what_killed_writers_left_is_swept_and_living_ones_are_not(archive: FolderArchive) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    for process in (dead.stdout.strip(), str(os.getpid())):
        (archive.root / ".tmp" / f"{this_host()}~{process}~00").write_bytes(b"half")
    elsewhere = [archive.root / ".tmp" / f"elsewhere~1~{name}" for name in ("new", "old")]
    for path in elsewhere:
        path.write_bytes(b"half")
    os.utime(elsewhere[1], (0, time.time() - 100_000))
    assert archive.sweep() == 2
    assert elsewhere[0].exists()


@needs("strace")
def test_the_order_is_write_fsync_rename_fsync_folder(archive: FolderArchive, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    code = (
        "import sys; from pathlib import Path; from einvoice.store.archive import FolderArchive as A; "
        "A(Path(sys.argv[1])).put('arrivals', b'some data')"
    )
    calls = "trace=write,fsync,rename,renameat,renameat2"
    command = [
        "strace",
        "-f",
        "-y",
        "-o",
        str(trace),
        "-e",
        calls,
        sys.executable,
        "-c",
        code,
        str(archive.root),
    ]
    subprocess.run(command, check=True, capture_output=True)
    lines = [line for line in trace.read_text().splitlines() if "/archive/" in line]
    written = next(i for i, line in enumerate(lines) if "write(" in line and "some data" in line)
    tail = [line.split("(")[0].split()[-1].replace("renameat2", "rename") for line in lines[written:]]
    assert tail == ["write", "fsync", "rename", "fsync"]
    assert "/.tmp/" in lines[written + 1]
    assert "/arrivals/" in lines[written + 3]
