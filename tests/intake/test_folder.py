"""The folder source under adverse conditions: swaps, special files, shares that cannot rename."""

import errno
import functools
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from einvoice.intake import folder as module
from einvoice.intake.folder import FolderSource
from einvoice.intake.quiet import settled
from einvoice.intake.settings import FolderSettings
from einvoice.intake.source import Gone, SourceProblem
from tests.parts import rounds


def source(path: Path, **more: Any) -> FolderSource:
    return FolderSource(FolderSettings(name="a", path=path, **{"quiet_seconds": 0.0, **more}))


def test_special_files_links_and_half_copied_names_are_left(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    os.mkfifo(tmp_path / "b.xml")
    (tmp_path / "c.xml").symlink_to("/etc/passwd")
    for name in (".d.xml", "e.xml.part", "~$f.xml", "g.tmp", "h.crdownload", "i.filepart", "j.swp"):
        (tmp_path / name).write_bytes(b"<")
    (tmp_path / "k").mkdir()
    assert [one.name for one in source(tmp_path).ready()] == ["a.xml"]


@pytest.mark.parametrize("kind", ["fifo", "link", "folder", "other", "gone"])
def test_what_took_the_place_of_a_listed_file_is_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>")
    inbox = source(tmp_path)
    (one,) = inbox.ready()
    path.unlink()
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to("/etc/passwd")
        case "folder":
            path.mkdir()
        case "other":
            path.write_bytes(b"<other/>")
    with pytest.raises((Gone, SourceProblem)):
        inbox.read(one)
    inbox.acknowledge(one)
    assert list(tmp_path.glob("processed/*")) == []


def test_a_file_replaced_in_the_last_moment_is_never_set_aside_unread(tmp_path: Path) -> None:
    """A writer swaps files all the time; whatever lies in `processed` was read, whatever was not is still there."""
    inbox, stop, written = source(tmp_path), threading.Event(), set[bytes]()
    dice = random.Random(7)

    def swap() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            data = b"%08d" % number
            (tmp_path / ".new").write_bytes(data)
            written.add(data)
            os.replace(tmp_path / ".new", tmp_path / "a.xml")
            time.sleep(dice.random() / 2000)

    writer = threading.Thread(target=swap)
    writer.start()
    read = set[bytes]()
    try:
        while len(read) < rounds(300, 1500):
            for one in inbox.ready():
                try:
                    read.add(inbox.read(one))
                    inbox.acknowledge(one)
                except Gone:
                    continue
    finally:
        stop.set()
        writer.join()
    aside = {path.read_bytes() for path in (tmp_path / "processed").iterdir()}
    assert len(aside) > 20
    assert aside <= read
    assert read <= written


@pytest.mark.parametrize("error", [errno.EXDEV, errno.EOPNOTSUPP])
def test_a_share_that_cannot_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def refuse(here: Path, target: Path) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(module, "rename_new", refuse)
    for _ in range(2):
        (tmp_path / "a.xml").write_bytes(b"<a/>")
        (one,) = source(tmp_path).ready()
        source(tmp_path).acknowledge(one)
    assert sorted(p.name for p in tmp_path.glob("processed/*")) == ["a (2).xml", "a.xml"]
    assert not (tmp_path / "a.xml").exists()


def test_on_a_share_only_what_two_looks_find_alike_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "network_filesystem", lambda _: "cifs")
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    (tmp_path / "b.xml").write_bytes(b"<b")
    old = time.time() - 3600
    for name in ("a.xml", "b.xml"):
        os.utime(tmp_path / name, (old, old))

    def write(_: float) -> None:
        with (tmp_path / "b.xml").open("ab") as file:
            file.write(b"/>")
        os.utime(tmp_path / "b.xml", (old, old))

    monkeypatch.setattr(module, "settled", functools.partial(settled, sleep=write))
    assert [one.name for one in source(tmp_path, quiet_seconds=0.4).ready()] == ["a.xml"]


def test_faults_are_found_without_changing_anything(tmp_path: Path) -> None:
    assert "no such folder" in str(next(source(tmp_path / "none").faults()))
    assert list(source(tmp_path).faults()) == []
    assert list(tmp_path.iterdir()) == []
