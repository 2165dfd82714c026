"""The terms of a finding: those the official message names, held against the table of researched rules."""

import csv
import functools
import re
from collections import defaultdict

import pytest

from einvoice.model.terms import terms
from tests.parts import SHARED, needs
from tests.rulebook.examples import described

OTHERWISE = {
    "BR-19": "the official message also names the seller (BG-4) the representative acts for",
    "BR-51": "the official message says BT-97, a misprint: the card number is BT-87",
    "BR-CO-13": "the official message says sum of BT-131, the test adds BT-106",
    "BR-O-02": "the official message says BT-46, a misprint: the test asks for BT-48 as in BR-O-03 and BR-O-04",
    "BR-B-01": "the test looks at the countries of all addresses too",
    "BR-DE-16": "the test looks at the categories of the lines too",
    "BR-DE-18": "the official message mentions the amount due (BT-115), the test looks at BT-20 only",
    "BR-DEX-03": "the sub-line (BG-DEX-01) is only where the group stands",
    "PEPPOL-EN16931-R054": "what is missing is BT-111",
}
"""Rules whose terms are not those of the official message, with the reason."""

ABOUT_NONE = {"PEPPOL-EN16931-R008"}
"""Rules about any element."""


@functools.cache
def _official() -> dict[str, set[str]]:
    """The terms each official message names; components as the term they belong to."""
    found = defaultdict[str, set[str]](set)
    with (SHARED / "facts/rules.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["rule_id"]] |= _of_terms(row["terms_in_text"].split())
    return found


def _of_terms(ids: list[str]) -> set[str]:
    """Without groups where there is a term; BT-34-1 as BT-34."""
    named = {re.sub(r"^(BT-(?:DEX-)?\d+)-\d+$", r"\1", one) for one in ids}
    return {one for one in named if one.startswith("BT-")} or named


@needs("shared")
@pytest.mark.parametrize("release", ["kosit-2026-01-31", "en16931-1.3.16"])
def test_the_terms_of_each_rule_are_those_of_the_official_message(release: str) -> None:
    official = _official()
    assert described(release).keys() <= official.keys()
    differing = {
        rule
        for rule, one in described(release).items()
        if official[rule] and _of_terms(list(one.terms)) != official[rule]
    }
    assert differing == OTHERWISE.keys() & described(release).keys()


def test_each_rule_is_about_terms_that_there_are() -> None:
    for rule in described("kosit-2026-01-31").values():
        assert bool(rule.terms) == (rule.id not in ABOUT_NONE), rule.id
        assert set(rule.terms) <= terms().keys(), rule.id
