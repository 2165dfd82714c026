"""Conversions of the whole corpus, judged officially, too: EINVOICE_FULL=1 (make conformance runs them anyway)."""

import os

import pytest

from tests.conformance import conversions
from tests.parts import needs


@needs("shared")
@needs("official")
@pytest.mark.skipif("EINVOICE_FULL" not in os.environ, reason="takes minutes: EINVOICE_FULL=1")
def test_nothing_is_lost_without_a_word_and_what_is_accepted_stays_so() -> None:
    assert [line for tally in conversions.run(5).values() for line in tally.wrong] == []
