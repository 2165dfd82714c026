"""The documents of the shared corpus and what the official stylesheets said of them."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.parts import CORPUS

RELEASES = {"kosit-2026-01-31": "1.3.15", "en16931-1.3.16": "1.3.16"}
"""folder of verdicts -> version of EN 16931"""

EVERY = 1 if os.environ.get("EINVOICE_FULL") else 7
"""Every how many-th document a test takes."""


@dataclass(frozen=True)
class Verdict:
    """One row: the document, its syntax, KoSIT's scenario, and the official findings `ID:level`."""

    path: Path
    syntax: str
    scenario: str
    verdict: str
    fired: frozenset[str]


def verdicts(release: str) -> Iterator[Verdict]:
    """The XML documents that a KoSIT scenario judges, in the order of the tables."""
    for table in sorted((CORPUS / "expected" / release).glob("*.tsv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["scenario"].startswith("EN16931") and row["path"].endswith(".xml"):
                    yield Verdict(
                        CORPUS / row["path"], row["format"], row["scenario"], row["verdict"],
                        frozenset(row["fired"].split()),
                    )  # fmt: skip
