"""Factur-X documents of the shared corpus: the set of findings is that of the official stylesheets.

Only the smaller profiles' share by default; EINVOICE_FULL=1 takes all.
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pypdf import PdfReader

from einvoice.formats.xml import parse
from einvoice.rulebook import facturx
from tests.parts import CORPUS, needs

_EVERY = 1 if os.environ.get("EINVOICE_FULL") else 3
_NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")


@dataclass(frozen=True)
class Verdict:
    """A document, the profile that judges it, and the official findings `ID:level`."""

    path: Path
    profile: str
    fired: frozenset[str]


def verdicts() -> Iterator[Verdict]:
    table = CORPUS / "expected" / "kosit-2026-01-31" / "zugferd.tsv"
    if not table.is_file():
        return
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            judge, _, profile = row["scenario"].partition(":")
            if judge == "facturx" and profile in facturx.PROFILES:
                yield Verdict(CORPUS / row["path"], profile, frozenset(row["fired"].split()))


def xml(path: Path) -> bytes:
    """The invoice of a file: itself, or the attachment of that name."""
    if path.suffix.lower() != ".pdf":
        return path.read_bytes()
    attached = {
        name.lower(): files[0] for name, files in PdfReader(io.BytesIO(path.read_bytes())).attachments.items()
    }
    return next(attached[name] for name in _NAMES if name in attached)


@needs("shared")
@pytest.mark.parametrize("verdict", list(verdicts())[::_EVERY], ids=lambda verdict: verdict.path.stem)
def test_the_findings_are_the_official_ones(verdict: Verdict) -> None:
    breaches, aborts = facturx.examine(parse(xml(verdict.path)), verdict.profile)
    assert {f"{breach.rule}:{breach.severity}" for breach in breaches} == verdict.fired
    assert aborts == []
    assert all(facturx.message(lang, breach) for breach in breaches for lang in ("de", "en"))


@needs("shared")
def test_the_corpus_has_documents_of_every_profile() -> None:
    assert {verdict.profile for verdict in verdicts()} == set(facturx.PROFILES)
