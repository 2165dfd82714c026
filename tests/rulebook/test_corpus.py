"""The official verdicts on the shared corpus: for the rules of a book, the same set of (id, severity) on every file.

EINVOICE_FULL=1 takes every file; otherwise every 12th of each table, but all that a rule fires on rarely.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from einvoice.formats.xml import parse
from einvoice.rulebook import load, releases
from tests.parts import CORPUS, needs

_PROFILES = {
    "EN16931 XRechnung Extension": "xrechnung-extension",
    "EN16931 XRechnung CVD": "xrechnung-cvd",
    "EN16931 XRechnung": "xrechnung",
    "EN16931": "en16931",
}
_SYNTAX_RULES = ("UBL-CR-", "UBL-SR-", "UBL-DT-", "CII-SR-", "CII-DT-")
_RARE = 3
_STEP = 12


@dataclass(frozen=True)
class Row:
    """One file of the corpus with its official findings."""

    path: str
    syntax: str
    profile: str
    fired: frozenset[tuple[str, str]]


def rows(release: str) -> Iterator[Row]:
    """The XML files that a KoSIT scenario judges and on which no official stylesheet aborts."""
    for table in sorted((CORPUS / "expected" / release).glob("*.tsv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                scenario = row["scenario"].split(" (")[0]
                if (
                    scenario in _PROFILES
                    and row["path"].endswith(".xml")
                    and "XSLT-ABORT" not in row["fired"]
                ):
                    pairs = (tuple(one.rsplit(":", 1)) for one in row["fired"].split())
                    fired = frozenset(
                        (id_, level) for id_, level in pairs if not id_.startswith(_SYNTAX_RULES)
                    )
                    yield Row(row["path"], row["format"], _PROFILES[scenario], fired)


def chosen(release: str) -> list[Row]:
    """The files to judge."""
    every = list(rows(release))
    if os.environ.get("EINVOICE_FULL"):
        return every
    seen: Counter[tuple[str, str]] = Counter()
    taken = []
    for number, row in enumerate(every):
        rare = [id_ for id_, _ in row.fired if seen[id_, row.syntax] < _RARE]
        seen.update((id_, row.syntax) for id_ in rare)
        if rare or number % _STEP == 0:
            taken.append(row)
    return taken


@cache
def _ids(release: str, profile: str, syntax: str) -> frozenset[str]:
    return frozenset(rule.id for rule in load(release, profile, syntax).rules)


@needs("shared")
@pytest.mark.parametrize("release", releases())
def test_the_official_findings(release: str) -> None:
    wrong = {}
    for row in chosen(release):
        book = load(release, row.profile, row.syntax)
        found = book.judge(parse((CORPUS / row.path).read_bytes()))
        pairs = {(breach.rule.id, breach.rule.severity) for breach in found}
        if pairs != row.fired:
            wrong[row.path] = {"surplus": pairs - row.fired, "missing": row.fired - pairs}
    assert wrong == {}


@needs("shared")
@pytest.mark.parametrize("release", releases())
def test_every_message_can_be_said(release: str) -> None:
    said = 0
    for row in chosen(release)[::3]:
        for breach in load(release, row.profile, row.syntax).judge(parse((CORPUS / row.path).read_bytes())):
            for text in (breach.rule.message("de", breach), breach.rule.message("en", breach)):
                assert "{" not in text.replace("{{", "")
                assert text.strip()
                said += 1
    assert said > 0
