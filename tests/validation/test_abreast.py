"""Limited processes that are asked about many documents at once: an answer is only ever about its own document."""

from dataclasses import replace
from pathlib import Path

import pytest

from einvoice import confined
from einvoice.errors import Unchecked, UsageError
from einvoice.validation import abreast, batch, spread
from einvoice.validation.files import Found
from einvoice.validation.options import Options
from tests.samples import FOLDER

NAMES = ("first.xml", "second.xml", "third.xml")
PLAIN = Options(limit_memory=501)
"""A limit of its own: the processes are not those of other tests."""


@pytest.fixture
def files(tmp_path: Path) -> list[Found]:
    data = (FOLDER / "01-skonto.xml").read_bytes()
    for name in NAMES:
        (tmp_path / name).write_bytes(data)
    return [Found(str(tmp_path / name), size=len(data)) for name in NAMES]


def test_an_error_here_leaves_no_answer_to_the_next_documents(files: list[Found], tmp_path: Path) -> None:
    wrong = replace(PLAIN, release="kosit-1999-01-01")
    with pytest.raises(UsageError) as held:
        list(abreast.validate_abreast(files, wrong, 1))
    later = tmp_path / "later.xml"
    later.write_bytes(b"<a/>")
    (found,) = abreast.validate_abreast([Found(str(later), size=4)], PLAIN, 1)
    assert (found.file, found.verdict) == (str(later), "rejected")
    assert held.value


def test_an_error_on_a_worker_leaves_no_answer_to_the_next_documents(files: list[Found]) -> None:
    pieces = [(one.name, one.path.read_bytes()) for one in files]
    wrong = replace(PLAIN, release="kosit-1999-01-01")
    with pytest.raises(UsageError) as held:
        spread.judged(pieces, [batch.options_plain(wrong)])
    (((found,),),) = spread.judged([("later.xml", b"<a/>")], [batch.options_plain(PLAIN)])
    assert (found["file"], found["verdict"]) == ("later.xml", "rejected")
    assert held.value


def test_a_file_that_goes_away_after_its_process_gave_up_is_one_report(
    files: list[Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    def giving_up(child: confined.Child, function: str, asked: list[object], common: object) -> object:
        for one in files[:2]:
            one.path.unlink()
            yield confined.Failed(Unchecked("time: not done", "Zeit: nicht fertig"))
        yield []

    monkeypatch.setattr(confined.Child, "calls", giving_up)
    first, second = abreast.validate_abreast(files, PLAIN, 1)
    assert [one.file for one in (first, second)] == [one.name for one in files[:2]]
    assert [one.findings[0].rule for one in (first, second)] == ["EI-FILE", "EI-FILE"]
