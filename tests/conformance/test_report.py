"""The report counts what fired, what is listed as unreachable, what is left, and fails on a contradiction."""

from collections import Counter

import pytest

from tests.conformance import report
from tests.conformance.run import Tally
from tests.conformance.verdicts import FACTURX, declared
from tests.parts import needs

RELEASE = "kosit-2026-01-31"


def made(agreed: Counter[str], differed: Counter[str], valid: Counter[str] | None = None) -> report.Report:
    """A report of a comparison with that outcome."""
    tally = Tally(agreed=agreed, differed=differed, valid=valid or Counter())
    return report.Report(tally, (RELEASE,), {"mutants": 1}, 7, 1.0)


@needs("stylesheets")
def test_what_fired_is_listed_or_left_is_told_apart() -> None:
    told = made(
        Counter({f"{RELEASE}|ubl BR-01": 3, f"{FACTURX}|facturx-basic FX-SCH-A-000021": 0}), Counter()
    )
    ubl = next(one for one in told.coverage() if one.sheet == "en16931-ubl")
    assert (ubl.declared, sorted(ubl.fired)) == (979, ["BR-01"])
    assert "BR-CO-05" in ubl.listed
    assert "BR-02" in ubl.open
    assert len(ubl.open) == 979 - len(ubl.listed) - 1
    assert not told.failed
    assert "1 of 979 ids fired in agreement" in told.summary()


@needs("stylesheets")
def test_a_difference_or_a_fired_rule_that_is_listed_fails() -> None:
    assert made(Counter(), Counter({f"{RELEASE}|+BR-01:error": 1})).failed
    fired = Counter({f"{RELEASE}|ubl BR-CO-05": 1})
    assert not made(fired, Counter()).failed, "on documents that fail their schema it counts for nothing"
    told = made(fired, Counter(), fired)
    assert told.failed
    assert "fired although listed as unreachable: BR-CO-05" in told.summary()


@needs("stylesheets")
@pytest.mark.parametrize("edition", [RELEASE, "en16931-1.3.16", FACTURX])
def test_every_listed_rule_is_an_official_one_and_has_a_reason(edition: str) -> None:
    for sheet, ids in declared(edition).items():
        listed = report.unreachable(edition, sheet)
        assert listed.keys() <= ids
        assert all(why.endswith(".") for why in listed.values())
