"""The walk and the official stylesheets find the same syntax rules broken, over the corpus, in both versions."""

import re

import pytest

from einvoice.formats.walk import plan, walk
from einvoice.formats.xml import parse
from einvoice.rulebook.syntax import syntax_rules
from tests.formats.corpus import EVERY, RELEASES, Verdict, verdicts
from tests.parts import needs

SYNTAX_RULE = re.compile(r"(UBL-(CR|SR|DT)|CII-(SR|DT))-\d+")
RESCALED = {"UBL-CR-470", "UBL-CR-646", "CII-SR-452", "CII-SR-453", "CII-SR-454"}
"""Ids whose severity KoSIT's scenarios change; that is the profile's business, not the table's."""


def official(verdict: Verdict) -> set[str]:
    return {_base(*fired.rsplit(":", 1)) for fired in verdict.fired if SYNTAX_RULE.match(fired)}


def ours(verdict: Verdict, version: str) -> set[str]:
    rules = syntax_rules(version, verdict.syntax)
    found = walk(parse(verdict.path.read_bytes()), plan(verdict.syntax, rules, terms=False)).broken
    return {_base(rule, rules.severity(rule)) for rule, _ in found}


def _base(rule: str, severity: str) -> str:
    return rule if rule in RESCALED else f"{rule}:{severity}"


@needs("shared")
@pytest.mark.parametrize("release", RELEASES)
def test_same_rules_as_the_official_stylesheets(release: str) -> None:
    compared, differing = 0, {}
    for verdict in list(verdicts(release))[::EVERY]:
        if any(fired.startswith("XSLT-ABORT/EN16931") for fired in verdict.fired):
            continue
        compared += 1
        here, there = ours(verdict, RELEASES[release]), official(verdict)
        if here != there:
            differing[str(verdict.path)] = here ^ there
    assert differing == {}
    assert compared > 2_000 / EVERY
