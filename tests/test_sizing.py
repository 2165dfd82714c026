"""docs/sizing.md says what its script computes, and the script grows as the invoices do."""

import pytest

from benchmarks.sizing import PAGE, PLACES, figures, need, written


def test_the_page_is_in_step() -> None:
    text = PAGE.read_text("utf-8")
    assert written(text) == text, "run `python -m benchmarks.sizing --write`"
    assert text.count("| measured |") >= 5


def test_every_figure_says_where_it_comes_from() -> None:
    for one in figures().values():
        assert one.kind in ("measured", "assumed")
        assert len(one.source) > 20
        assert one.value > 0


@pytest.mark.parametrize("invoices", [count for _, count, _ in PLACES])
def test_ten_times_the_invoices_need_ten_times_and_no_more(invoices: int) -> None:
    known = figures()
    one, ten = need(invoices, known), need(10 * invoices, known)
    assert ten.night_core_seconds == pytest.approx(10 * one.night_core_seconds)
    assert ten.terabytes == pytest.approx(10 * one.terabytes)
    assert ten.worker_cores <= 10 * one.worker_cores
    assert one.machines <= ten.machines <= 10 * one.machines
    assert ten.installations <= 10 * one.installations
    assert ten.euros <= 10.5 * one.euros
