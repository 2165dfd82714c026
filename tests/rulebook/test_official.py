"""Fingerprints of the official rules: a release with an official rule that no entry was written for does not load."""

import re
from pathlib import Path

import pytest

from einvoice import data
from einvoice.errors import RulebookError
from einvoice.rulebook import Sources, forget, load
from einvoice.rulebook.official import OFFICIAL, WRITTEN, fingerprints, written
from tests.conformance import fetch
from tests.conformance import fingerprints as made
from tests.conformance.artefacts import Assert, read
from tests.parts import needs
from tests.rulebook.town import RELEASE, Town, rule

RULES = data.folder("rules")


def test_every_official_rule_was_looked_at() -> None:
    rows = list(fingerprints(RULES))
    known = written(RULES)
    assert {(row.artefact, row.rule, row.fingerprint) for row in rows} == known
    assert {version for row in rows for version in row.versions} == {"1.3.15", "1.3.16", "2.5.0", "1.09"}
    expressions = re.compile(r"cbc:|ram:|normalize-space|\$")
    assert not expressions.search((RULES / OFFICIAL).read_text("utf-8"))


def _load(own: Town) -> None:
    forget()
    load(RELEASE, "en16931", "cii", Sources(own.rules, data.folder("schemas")))


def test_a_release_with_an_unknown_official_rule_does_not_load(own: Town) -> None:
    own.book(rule("True"), "cii")
    table = own.rules / OFFICIAL
    lines = table.read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("en16931 cii\tBR-CO-10\t"))
    cells = lines[at].split("\t")
    cells[4] = "0123456789"
    lines[at] = "\t".join(cells)
    table.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(RulebookError) as error:
        _load(own)
    assert str(error.value).startswith(
        f"{table}:{at + 1}: BR-CO-10 (en16931 cii 1.3.15): no entry was written"
    )
    assert "--accept BR-CO-10" in str(error.value)


def test_a_version_without_fingerprints_does_not_load(own: Town) -> None:
    (own.rules / "releases").unlink()
    (own.rules / "releases").mkdir()
    text = 'de = "x"\nen = "x"\n[versions]\nen16931 = "1.4.0"\n'
    (own.rules / "releases" / f"{RELEASE}.toml").write_text(text)
    with pytest.raises(RulebookError, match=rf"{RELEASE}.toml:1: en16931 cii 1.4.0: has no fingerprints"):
        own.book(rule("True"), "cii")


@pytest.mark.parametrize("text", ["# x\nhead\nen16931 cii\tBR-01\n", "# x\nhead\nen16931 cii\ta\tb\tc\n"])
def test_a_table_that_makes_no_sense(own: Town, text: str) -> None:
    (own.rules / WRITTEN).write_text(text)
    with pytest.raises(RulebookError, match=r"written\.tsv:3: . columns instead of 3"):
        own.book(rule("True"), "cii")


SCHEMATRON = """<schema xmlns="http://purl.oclc.org/dsdl/schematron">
<let name="codes" value="' A B '"/>
<pattern><rule context="/x:Invoice"><let name="n" value="count(x:Line)"/>
<assert id="X-1" flag="fatal" test="$n &gt; 0">one</assert><assert id="X-2" flag="warning" test="x:ID">two</assert>
</rule>
<rule context="x:Line[x:Code]"><assert id="X-3" flag="fatal" test="contains($codes, x:Code)">three</assert></rule>
<rule context="x:Line"><assert id="X-4" flag="fatal" test="x:Net">four</assert></rule></pattern></schema>"""
CHANGES = [
    ("", "", []),
    ("x:Net", "x:Net and x:Tax", [("X-4", ("test",))]),
    ('id="X-2" flag="warning"', 'id="X-2" flag="fatal"', [("X-2", ("flag",))]),
    ("' A B '", "' A B C '", [("X-3", ("test",))]),
    ("count(x:Line)", "count(//x:Line)", [("X-1", ("test",))]),
    ("x:Line[x:Code]", "x:Line[x:Code != '']", [("X-3", ("context",)), ("X-4", ("place",))]),
    ('id="X-2"', 'id="X-5"', [("X-2", ("gone",)), ("X-5", ("new",))]),
    (">four<", ">another text<", []),
]


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES)
def test_a_new_artefact_is_compared(tmp_path: Path, old: str, new: str, expected: list[object]) -> None:
    one, two = tmp_path / "one.sch", tmp_path / "two.sch"
    one.write_text(SCHEMATRON)
    two.write_text(SCHEMATRON.replace(old, new) if old else SCHEMATRON)
    text = made.table([("x ubl", "1", read(one))])
    (tmp_path / OFFICIAL).write_text(text, "utf-8")
    changes = made.compare(fingerprints(tmp_path), read(two))
    assert [(change.rule, change.what) for change in changes] == expected


def test_variables_of_a_test_belong_to_it(tmp_path: Path) -> None:
    path = tmp_path / "one.sch"
    path.write_text(SCHEMATRON)
    one = next(found for found in read(path) if found.rule == "X-1")
    assert isinstance(one, Assert)
    assert one.test == "$n > 0\0$n=count(x:Line)"


@needs("maven")
def test_the_table_is_what_the_official_artefacts_say() -> None:
    try:
        text = made.table(made.official())
    except fetch.Missing as error:
        pytest.skip(str(error))
    assert (RULES / OFFICIAL).read_text("utf-8") == text
