"""Each variant key of the book decides something: taken back alone it changes a verdict, or it is listed."""

import os
from pathlib import Path

import pytest

from tests.parts import needs
from tests.rulebook.ablation import Variant, taken_back, variants

UNGUARDED = {
    tuple(line.split("\t")[:2])
    for line in Path(__file__).with_name("unguarded.tsv").read_text("utf-8").splitlines()[3:]
}
FULL = bool(os.environ.get("EINVOICE_FULL"))
SAMPLE = ("BR-10", "BR-CO-17", "BR-CL-14", "BR-CL-10", "BR-DEC-14", "BR-CO-15", "BR-CO-09")
"""Rules whose variants the quick test takes back: the examples alone tell."""


def _row(variant: Variant) -> tuple[str, str]:
    return f"{variant.chapter.parent.name}/{variant.chapter.name}", str(variant)


def test_the_list_of_unguarded_variants_names_variants() -> None:
    assert {_row(variant) for variant in variants()} >= UNGUARDED


@pytest.mark.parametrize("variant", [v for v in variants() if v.table[-1] in SAMPLE], ids=str)
def test_a_sample_of_variants_decides_something(variant: Variant) -> None:
    assert taken_back(variant) in ("changes", "compile")


@pytest.mark.parametrize("variant", [v for v in variants() if _row(v) in UNGUARDED], ids=str)
def test_what_changes_no_verdict_changes_what_is_said(variant: Variant) -> None:
    assert taken_back(variant) == "says"


@needs("shared")
@pytest.mark.skipif(not FULL, reason="five minutes: set EINVOICE_FULL=1")
def test_every_variant_decides_something_or_is_listed() -> None:
    decides = ("changes", "compile")
    silent = {
        _row(variant)
        for variant in variants()
        if taken_back(variant) not in decides and taken_back(variant, deep=True) not in decides
    }
    assert silent <= UNGUARDED
