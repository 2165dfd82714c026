"""Marks beside a delivery: none has the name of a file, whatever ending a place wants."""

import pytest

from einvoice.exports.files import File
from einvoice.exports.marks import Marks


@pytest.mark.parametrize(
    ("names", "ending", "trigger"),
    [
        (["a.xml", "b.csv"], ".ok", "b.ok"),
        (["b"], ".ok", "b.ok"),
        (["a.xml", "b.csv"], ".csv", "b.csv.csv"),
        (["b.CSV"], ".csv", "b.CSV.csv"),
        (["b.xml", "b.csv"], ".xml", "b.csv.xml"),
        (["b.csv.csv", "b.csv"], ".csv", "b.csv.csv.csv"),
        (["b"], ".sha256", "b.sha256.sha256"),
        (["in.2026/b"], ".ok", "in.2026/b.ok"),
    ],
)
def test_the_trigger_is_a_file_of_its_own(names: list[str], ending: str, trigger: str) -> None:
    files = [File(name, b"data") for name in names]
    marks = list(Marks(checksum=True, trigger=ending).of(files))
    assert marks[-1] == File(trigger, b"")
    assert len({one.name for one in (*files, *marks)}) == len(files) + len(marks)


def test_an_empty_file_that_a_profile_leaves_as_trigger_is_the_same() -> None:
    files = [File("b.csv", b"data"), File("b.ok", b"")]
    assert list(Marks(trigger=".ok").of(files)) == [File("b.ok", b"")]
