"""A wrong profile is refused with the line it is wrong on, and what is expected there."""

import re
import tomllib
from pathlib import Path

import pytest

from einvoice.errors import ConfigurationError
from einvoice.exports.places import read_places
from einvoice.exports.profiles.form import FieldForm, FileForm
from einvoice.exports.profiles.lines import Lines
from einvoice.exports.profiles.reading import parse, shipped
from einvoice.exports.profiles.sample import sample_case
from einvoice.exports.profiles.writing import write
from tests.parts import ROOT

GOOD = """title_de = "x"
title_en = "x"
[file]
kind = "csv"
name = "{batch.number}.csv"
[maps.tax]
"S" = "1"
[[record]]
name = "order"
for = "row in batch.rows"
[record.fields]
Number = "row.number"
Amount = { value = "row.amount", decimals = 2 }
[[record.record]]
name = "split"
for = "posting in row.postings"
[record.record.fields]
Account = { value = "posting.account", map = "tax" }
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('kind = "csv"', 'kind = "xlsx"', 4, "kind: Input should be 'csv', 'fixed', 'xml' or 'json'"),
        ('"row.number"', '"row.nummer"', 12, "row has no 'nummer' .did you mean 'number'"),
        ('"row.number"', "\"__import__('os')\"", 12, "unknown function"),
        ('"row.number"', '"(lambda: 1)()"', 12, "unknown function|arguments"),
        ('"row.number"', '"posting.account"', 12, "unknown name 'posting'"),
        ('"row.number"', '"row.amount + row.net"', 12, "may be absent here"),
        ('"row.number"', '"row"', 12, "is a group row: a field holds one text or number"),
        ('"row.number"', '{ value = "row.number", text = "x" }', 12, "exactly one of value and text"),
        ('"row.number"', '{ value = "row.number", pattern = "(a+)+" }', 12, "more than linear time"),
        ('"row.number"', '{ value = "row.issue_date", date = "%d.%B" }', 12, "date: %d %m %Y"),
        ("decimals = 2", "decimals = -1", 13, "decimals: Input should be greater than or equal to 0"),
        ('map = "tax"', 'map = "taxes"', 18, "map: taxes: one of tax"),
        ("row in batch.rows", "row of batch.rows", 10, "for: "),
        ("posting in row.postings", "posting in row.lines", 16, "row has no 'lines'"),
        ("{batch.number}.csv", "{batch.nummer}.csv", 5, "batch has no 'nummer'"),
        ('name = "split"', 'nam = "split"', 15, "nam: unknown setting"),
        ("[[record.record]]", "[[record.record]", 14, "no valid TOML"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigurationError, match=said) as caught:
        parse(GOOD.replace(old, new), "p.toml", "p")
    assert f"p.toml:{line}: " in str(caught.value) or f"line {line}" in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    wrong = GOOD.replace("row.number", "row.x").replace("posting.account", "posting.y")
    with pytest.raises(ConfigurationError) as caught:
        parse(wrong, "p.toml", "p")
    assert re.findall(r"p\.toml:(\d+)", str(caught.value)) == ["12", "18"]


def test_every_sample_is_right_and_claims_no_certificate() -> None:
    assert {"hkr-csv", "hkr-fixed"} <= set(shipped())
    for name, path in shipped().items():
        text = path.read_text("utf-8")
        parse(text, str(path), name)
        assert text.startswith("# A sample")
        assert not re.search(r"zertifiziert|certified", text)


def test_lines_of_tables_in_arrays() -> None:
    lines = Lines(GOOD)
    assert lines.of(("record", 0, "record", 0, "fields", "Account", "map")) == 18
    assert lines.of(("record", 0, "record", 0, "nowhere")) == 14


def test_what_the_documentation_shows_is_right(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "exports.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    places, profile = (next(one for one in blocks if mark in one) for mark in ("[[place]]", "[[record]]"))
    found = read_places(tmp_path / "einvoice.toml", tomllib.loads(places)["place"])
    assert [one.kind for one in found.values()] == ["folder", "location", "http"]
    made = parse(profile, "exports.md", "kasse")
    (file,) = write(made, sample_case(made))
    assert file.data.count(b"\r\n") == 4
    keys = {field.alias or name for name, field in FieldForm.model_fields.items()}
    keys |= {field.alias or name for name, field in FileForm.model_fields.items()}
    assert not [key for key in keys if f"`{key}`" not in text and f"`{key} = " not in text]
