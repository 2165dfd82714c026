"""A delivered file is never overwritten with other bytes."""

from pathlib import Path

import pytest

from einvoice.errors import Refused
from einvoice.exports.doors.folder import FolderDoor
from einvoice.exports.files import File


def test_the_same_bytes_again_are_the_same_file_and_others_are_refused(tmp_path: Path) -> None:
    door = FolderDoor(tmp_path / "new", make=True)
    for _ in range(2):
        assert Path(door.put(File("a.csv", b"one"), "")).read_bytes() == b"one"
    with pytest.raises(Refused, match=r"a\.csv"):
        door.put(File("a.csv", b"other"), "")
    assert [path.read_bytes() for path in (tmp_path / "new").iterdir()] == [b"one"]
