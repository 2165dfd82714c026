"""Releases and profiles: which rules run, since when, and whose severities change."""

import csv
from datetime import date, datetime
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice import data
from einvoice.errors import RulebookError, UsageError
from einvoice.rulebook import load, profile, release, releases
from einvoice.rulebook.profiles import profiles
from einvoice.rulebook.releases import today
from tests.parts import SHARED, needs
from tests.rulebook.town import Town, rule

DAYS = [
    (date(2026, 1, 31), "kosit-2026-01-31"),
    (date(2026, 12, 24), "kosit-2026-01-31"),
    (date(2031, 1, 1), "kosit-2026-01-31"),
]


@pytest.mark.parametrize(("day", "name"), DAYS)
def test_the_release_in_force_on_a_day(day: date, name: str) -> None:
    assert release(day=day).name == name


@given(st.integers(0, 4_000_000_000))
def test_today_is_the_day_in_germany_at_any_second(second: int) -> None:
    with patch("time.time", return_value=second + 0.5):
        assert today() == datetime.fromtimestamp(second, ZoneInfo("Europe/Berlin")).date()


def test_no_release_is_in_force_before_the_first() -> None:
    with pytest.raises(UsageError, match=r"no rule release is in force on 2026-01-30"):
        release(day=date(2026, 1, 30))


def test_a_release_without_a_day_is_used_by_name_only() -> None:
    found = release("en16931-1.3.16", date(2020, 1, 1))
    assert found.versions == {"en16931": "1.3.16", "xrechnung": "2.5.0", "factur-x": "1.09"}
    assert list(releases()) == ["kosit-2026-01-31", "en16931-1.3.16"]
    with pytest.raises(UsageError, match=r"unknown rule release 'kosit': use one of"):
        release("kosit")


def test_a_successor_takes_over_on_its_day(own: Town) -> None:
    (own.rules / "releases").unlink()
    (own.rules / "releases").mkdir()
    for name, bounds in (("old", "since = 2026-01-31\nuntil = 2027-01-30"), ("new", "since = 2027-01-31")):
        text = f'de = "x"\nen = "x"\n{bounds}\n[versions]\nen16931 = "1.3.15"\n'
        (own.rules / "releases" / f"{name}.toml").write_text(text)
    found = [release(day=day, rules=own.rules).name for day in (date(2027, 1, 30), date(2027, 1, 31))]
    assert found == ["old", "new"]


@pytest.mark.parametrize(
    "text", ["de = 'x'", "de = 1\n[", "de='x'\nen='x'\nsince='soon'\n[versions]\nen16931='1'"]
)
def test_a_release_that_makes_no_sense(own: Town, text: str) -> None:
    (own.rules / "releases").unlink()
    (own.rules / "releases").mkdir()
    (own.rules / "releases" / "odd.toml").write_text(text)
    with pytest.raises(RulebookError, match=r"odd\.toml:1: "):
        releases(own.rules)


def test_a_book_says_what_is_in_it() -> None:
    book = load("kosit-2026-01-31", "xrechnung", "cii")
    assert [(ran.name, ran.version) for ran in book.ran] == [("en16931", "1.3.15"), ("xrechnung", "2.5.0")]
    plain = load("kosit-2026-01-31", "en16931", "cii")
    assert plain.ran[0].digest == book.ran[0].digest != book.ran[1].digest
    assert all(len(ran.digest) == 71 and ran.digest.startswith("sha256:") for ran in book.ran)
    assert load("en16931-1.3.16", "en16931", "cii").ran[0].digest != plain.ran[0].digest


def test_the_digest_follows_the_files_wherever_they_lie(own: Town) -> None:
    one = own.book(rule("True")).ran
    assert own.book(rule("True")).ran == one
    assert own.book(rule("False")).ran != one


def test_unknown_profiles_and_syntaxes_are_said() -> None:
    with pytest.raises(UsageError, match="unknown profile 'peppol'"):
        load("kosit-2026-01-31", "peppol", "cii")
    with pytest.raises(UsageError, match="'xrechnung-extension' does not exist in ubl-creditnote"):
        load("kosit-2026-01-31", "xrechnung-extension", "ubl-creditnote")


_SCENARIO = {
    "XR": "xrechnung",
    "XR-Extension": "xrechnung-extension",
    "XR-CVD": "xrechnung-cvd",
    "INV": "ubl-invoice",
    "CN": "ubl-creditnote",
    "CII": "cii",
}


@needs("shared")
def test_severity_changes_are_kosits() -> None:
    official: dict[tuple[str, str], dict[str, str]] = {}
    with (SHARED / "facts" / "rules.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            for change in filter(None, row["kosit_custom_level_per_scenario"].split(";")):
                scenario, level = change.split("=")
                name, kind = scenario.split("/")
                official.setdefault((_SCENARIO[name], _SCENARIO[kind]), {})[row["rule_id"]] = level
    ours = {
        (p.name, syntax): dict(p.severities(syntax)) for p in profiles().values() for syntax in p.syntaxes
    }
    assert {scenario: changes for scenario, changes in ours.items() if changes} == official


PROFILES = [
    ('[a]\nsyntaxes = ["edi"]\nchapters = ["x"]', "a: syntaxes are of"),
    ('[a]\nchapters = ["x"]\n[a.severity]\nfatal = ["X"]', "a.severity: .'fatal'. is neither"),
    ("[a]\n", "chapters"),
]


@pytest.mark.parametrize(("text", "complaint"), PROFILES)
def test_a_profile_that_makes_no_sense(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "profiles.toml").write_text(text)
    with pytest.raises(RulebookError, match=f"profiles.toml:1: .*{complaint}"):
        profile("a", tmp_path)


def test_every_profile_finds_its_chapters() -> None:
    for one in profiles().values():
        for folder in one.chapters:
            assert list((data.folder("rules") / folder).glob("*.toml"))
