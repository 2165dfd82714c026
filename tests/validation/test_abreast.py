"""Limited processes that are asked about many documents at once: an answer is only ever about its own document."""

from dataclasses import replace
from pathlib import Path

import pytest

from einvoice import confined
from einvoice.errors import Unchecked, UsageError
from einvoice.model.problem import Problem
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
    def giving_up(
        child: confined.Child, function: str, asked: list[tuple[dict[str, list[str]], float]], common: object
    ) -> object:
        for arguments, _ in asked:
            if arguments["names"] == [files[2].name]:
                yield [[], [[]]]
                continue
            if len(arguments["names"]) == 1:
                Path(arguments["names"][0]).unlink()
            yield confined.Failed(Unchecked("time: not done", "Zeit: nicht fertig"))

    monkeypatch.setattr(confined.Child, "calls", giving_up)
    first, second = abreast.validate_abreast(files, PLAIN, 1)
    assert [one.file for one in (first, second)] == [one.name for one in files[:2]]
    assert [one.findings[0].rule for one in (first, second)] == ["EI-FILE", "EI-FILE"]


def test_files_that_are_answered_together_are_told_apart_where_one_ends_their_process(
    files: list[Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(abreast._Run, "function", "tests.validation.ended:in_child")
    found = list(abreast.validate_abreast([*files, *files], replace(PLAIN, lang="en"), 1))
    assert [one.file for one in found] == [one.name for one in (*files, *files)]
    assert [one.verdict for one in found] == ["accepted", "unchecked", "accepted"] * 2
    assert all((one.reason or "").startswith("died") for one in found if one.verdict == "unchecked")


def test_what_has_little_time_is_asked_for_by_itself(files: list[Found]) -> None:
    few, many = replace(PLAIN, limit_time=0.15), replace(PLAIN, limit_time=60.0)
    files = [replace(one, size=1000) for one in files]
    big = replace(files[0], size=abreast.PART_BYTES)
    fifo = replace(files[0], problem=Problem("EI-FILE", {"why": "special", "what": "FIFO"}))

    def sizes(options: Options, found: list[Found]) -> list[int]:
        return [len(part) for part in abreast._Run(options)._parts(found)]

    assert sizes(few, files) == [2, 1]
    assert sizes(replace(PLAIN, limit_time=0.01), files) == [1, 1, 1]
    assert sizes(many, files * 12) == [32, 4]
    assert sizes(many, [*files, big, *files]) == [3, 1, 3]
    assert sizes(many, [*files, fifo, fifo, *files]) == [3, 1, 1, 3]
