"""What limited processes hand over is what was examined, to the last field."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import einvoice
from einvoice.validation.examined import Examined, packed, unpacked
from einvoice.validation.options import Options
from einvoice.validation.report import (
    AttachmentInfo,
    Finding,
    PdfInfo,
    RanRules,
    Report,
    Summary,
    report_from,
)
from tests.parts import CORPUS, needs, rounds
from tests.samples import FOLDER

OTHER: dict[str, Any] = {
    "terms": ("BT-1", "BT-2"),
    "line": 7,
    "values": {"a": "1"},
    "bytes": 8,
    "milliseconds": 2.5,
}

PATIENT = Options(limit_time=300.0)
"""For a busy machine: what is unchecked is so for another reason."""


def _filled(kind: Any, **parts: Any) -> Any:
    """With something in each field, other in each."""
    return kind(
        **{one.name: parts.get(one.name, OTHER.get(one.name, f"ä{one.name}\udc80")) for one in fields(kind)}
    )


def test_every_field_comes_back() -> None:
    kinds = {"rules": RanRules, "findings": Finding, "attachments": AttachmentInfo}
    lists = {name: [_filled(kind)] * 2 for name, kind in kinds.items()}
    report = _filled(Report, **lists, pdf=_filled(PdfInfo), invoice=_filled(Summary))
    bare = Report("a.xml", None, None, "xml", None, "unchecked")
    files = [[Examined(report), Examined(report, looked={"a": [1]})], [], [Examined(bare)]]
    assert unpacked(json.loads(json.dumps(packed(files)))) == files
    said = report.as_dict()
    assert {one.name for one in fields(Report)} == set(said)
    assert report_from(json.loads(json.dumps(said))) == report


@pytest.mark.parametrize("wrong", [[], *([["a"] * size, None, None] for size in (17, 18, 19))])
def test_what_is_no_report_is_none(wrong: list[Any]) -> None:
    with pytest.raises((TypeError, ValueError, IndexError)):
        unpacked([[], [[wrong]]])


def test_several_processes_say_what_one_says(tmp_path: Path) -> None:
    (tmp_path / "none.xml").write_text("<a/>")
    paths = [*sorted(FOLDER.iterdir()), *tmp_path.iterdir(), tmp_path / "missing.xml"]
    _compare(paths, PATIENT)


@needs("shared")
def test_several_processes_say_what_one_says_of_the_corpus() -> None:
    paths = [one for one in sorted(CORPUS.rglob("*.*")) if one.suffix in (".xml", ".pdf")]
    _compare(
        paths[:: rounds(80, 4)], replace(PATIENT, lang="en", rules_after_schema=True, unknown_profile="check")
    )


def _compare(paths: list[Path], options: Options) -> None:
    one, two = (
        [
            replace(report, milliseconds=0.0)
            for report in einvoice.validate_many(paths, jobs=jobs, options=options)
        ]
        for jobs in (1, 2)
    )
    assert two == one
    assert [json.dumps(report.as_dict()) for report in two] == [
        json.dumps(report.as_dict()) for report in one
    ]
