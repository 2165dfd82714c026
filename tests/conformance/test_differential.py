"""Our verdicts against the official stylesheets: a few mutants of every scenario, others every day.

`make conformance` is the same at length. EINVOICE_MUTANTS="SEED COUNT" repeats or extends a run of this test.
"""

import os
from datetime import UTC, datetime

import pytest

from einvoice.validation import schema
from einvoice.validation.official import Saxon
from tests.conformance import fetch
from tests.conformance.run import mutants_of
from tests.conformance.verdicts import FACTURX, Document, judge
from tests.parts import needs, rounds

COUNT = rounds(80, 160)
"""Twenty slots of four, or twice as many: each scenario comes at least four times."""


@needs("shared")
@needs("official")
@needs("stylesheets")
def test_fresh_mutants_get_the_official_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    given = os.environ.get("EINVOICE_MUTANTS", f"{datetime.now(UTC):%Y%m%d} {COUNT}").split()
    seed, count = int(given[0]), int(given[1])
    with capsys.disabled():
        print(f"[mutants of seed {seed}]", end=" ", flush=True)
    saxon, differences, editions = Saxon(), [], set()
    try:
        for source in mutants_of(seed, 0, count):
            document = Document(source.data, source.in_pdf)
            if not schema.official(document.schema).is_valid(document.root):
                continue
            for edition, judged in judge(document, fetch.RELEASES, saxon).items():
                editions.add(edition)
                differences += [(source.name, edition, one) for one in judged.differences]
    finally:
        saxon.close()
    assert differences == [], (
        f"seed {seed}; python -m tests.conformance --seed {seed} --only mutants makes them small"
    )
    assert editions == {*fetch.RELEASES, FACTURX}
