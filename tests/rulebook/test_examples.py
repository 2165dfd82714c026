"""Every rule proves itself: its failing examples fire, its passing ones do not, in each syntax it exists in."""

import pytest

from tests.rulebook.examples import Case, cases, described

RELEASES = ("kosit-2026-01-31", "en16931-1.3.16")

WITHOUT_EXAMPLE: dict[str, str] = {}
"""Rules that no example can show, with the reason."""


@pytest.mark.parametrize("case", [case for release in RELEASES for case in cases(release)], ids=str)
def test_an_example_says_what_it_shows(case: Case) -> None:
    assert case.fired() is case.fires


@pytest.mark.parametrize("release", RELEASES)
def test_every_rule_has_a_failing_example(release: str) -> None:
    without = {rule.id for rule in described(release).values() if not rule.fails}
    assert without == set(WITHOUT_EXAMPLE) & set(described(release))
