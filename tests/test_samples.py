"""Each sample is what its story in samples/README.md claims, and the files are those the stories make."""

import re

import pytest

from einvoice.formats.delivery import open_delivery
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from tests.samples import FOLDER, files

STORIES = {
    "01-skonto.xml": [("accepted", "RE-2026-0815", set())],
    "02-gutschrift.xml": [("accepted", "GS-2026-0031", set())],
    "03-cii.xml": [("accepted", "K-26-1187", set())],
    "04-zugferd.pdf": [("accepted", "2026/0099", set())],
    "05-mail.eml": [("accepted", "RE-2026-0900", set())],
    "06-sammlung.zip": [("accepted", "B-7001", set()), ("accepted", "B-7002", set())],
    "07-abgebrochen.xml": [("rejected", None, {"EI-XML"})],
    "08-falsche-summe.xml": [("rejected", "RE-2026-0951", {"BR-CO-15", "BR-CO-16"})],
    "09-noch-einmal.xml": [("accepted", "RE-2026-0815", set())],
    "10-unbekannte-leitweg-id.xml": [("accepted", "RE-2026-0952", set())],
    "11-unterpositionen.xml": [("accepted", "E-2026-0007", set())],
}


@pytest.mark.parametrize("name", STORIES)
def test_a_sample_is_what_its_story_claims(name: str) -> None:
    reports = validate_bytes((FOLDER / name).read_bytes(), name, Options())
    told = [
        (
            r.verdict,
            r.invoice.number if r.invoice else None,
            {f.rule for f in r.findings if f.severity == "error"},
        )
        for r in reports
    ]
    assert told == STORIES[name]


def test_every_sample_has_a_story() -> None:
    told = set(re.findall(r"^\| (\d\d-\S+) \|", (FOLDER / "README.md").read_text("utf-8"), re.M))
    there = {path.name for path in FOLDER.iterdir() if path.name[0].isdigit()}
    assert told == there == set(STORIES)


def test_the_samples_are_those_the_stories_make() -> None:
    for name, made in files().items():
        kept = (FOLDER / name).read_bytes()
        invoices = [[d.data for d in open_delivery(data, name).documents] for data in (made, kept)]
        assert invoices[0] == invoices[1], f"{name}: run `python -m tests.samples`"
