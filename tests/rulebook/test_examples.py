"""Every rule proves itself: its failing examples fire, its passing ones do not, in each syntax it exists in."""

import pytest

from einvoice.rulebook import releases
from tests.rulebook.examples import Case, cases, described


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_an_example_says_what_it_shows(case: Case) -> None:
    assert set(case.fired().values()) == {case.fires}


@pytest.mark.parametrize("release", releases())
def test_every_rule_has_a_failing_example(release: str) -> None:
    assert {rule.id for rule in described(release).values() if not rule.fails} == set()
