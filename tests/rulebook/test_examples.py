"""Every rule proves itself: its failing examples fire, its passing ones do not, in each syntax it exists in."""

import pytest

from einvoice.rulebook import releases
from tests.rulebook.examples import Case, cases, described

_INDICATOR = "the writer always writes the words true and false"
WITHOUT_EXAMPLE = {
    "PEPPOL-EN16931-R043": _INDICATOR,
    "PEPPOL-EN16931-R043-1": _INDICATOR,
    "PEPPOL-EN16931-R043-2": _INDICATOR,
    "PEPPOL-EN16931-R044": "the writer states no charge on a price",
    "PEPPOL-EN16931-R101": "the writer gives a line's object reference the type 130",
    "BR-TMP-3": "the writer states one base quantity for both prices",
    "BR-DEX-15": "CII has no sub lines that could be written",
}
"""Rules that no change of terms can break, with the reason: their proof is the corpus and the mutants."""


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_an_example_says_what_it_shows(case: Case) -> None:
    assert set(case.fired().values()) == {case.fires}


@pytest.mark.parametrize("release", releases())
def test_every_rule_has_a_failing_example(release: str) -> None:
    without = {rule.id for rule in described(release).values() if not rule.fails}
    assert without == set(WITHOUT_EXAMPLE) & set(described(release))
