"""The draft says what is really so, and nothing secret; doctor tries the archive out."""

from pathlib import Path

import pytest

from einvoice.pipeline.moving import move
from einvoice.pipeline.procedure import procedure
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store.archive import FolderArchive
from einvoice.store.probing import probed
from einvoice.store.verify import verify
from tests.pipeline.place import SAMPLE, demo, once


def test_the_draft_names_what_is_configured(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        text = procedure(here)
    for said in (
        "Stadt Musterlippe",
        "* inbox: folder",
        "kosit-",
        "sha256:",
        "authoriser",
        "8 Jahre",
        str(place),
    ):
        assert said in text
    assert "{" not in text


def test_an_archive_is_tried_out(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path / "archive")
    archive.create("mine")
    assert [ok for ok, _, _ in probed(archive, shared=False)] == [True]
    assert list(archive.objects()) == []
    archive.root.chmod(0o777)
    assert [ok for ok, _, _ in probed(archive, shared=True)] == [False, None, True]
    (archive.root / ".tmp").rmdir()
    assert False in [ok for ok, _, _ in probed(archive, shared=False)]


def test_an_archive_moves_to_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml")
    once(place)
    toml = place / "einvoice.toml"
    toml.write_text(toml.read_text().replace('"data/archive"', '"elsewhere"'))
    for _ in range(2):
        assert move(read_workplace(toml), place / "data" / "archive") == (2, [])
    with opened(read_workplace(toml)) as here:
        assert verify(here.store, here.archive) == []
