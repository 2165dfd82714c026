"""Chunks, order, what is in flight, deadly pieces, a cluster that goes away: without Dask."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.cluster import flow as flows
from einvoice.cluster.flow import CHUNK, PER_THREAD, Died, Flow, Piece
from einvoice.errors import ConfigurationError, Unchecked
from tests.dask.imagined import QUESTION, Imagined


def _flow(cluster: Imagined) -> Flow:
    return Flow(cast(Any, cluster), QUESTION)


def _pieces(kinds: list[int]) -> Iterator[Piece]:
    """0: nothing is asked; 1: usual; 2: deadly."""
    for number, kind in enumerate(kinds):
        data = [None, b"x" * (number % 7), b"deadly"][kind]
        yield Piece(f"{number}", data, answer="before" if kind == 0 else None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 0, 2]), max_size=450),
    st.integers(1, 4),
    st.integers(0, 1 << 30),
)
def test_each_piece_is_answered_once_and_in_order_whoever_dies(
    kinds: list[int], workers: int, seed: int
) -> None:
    cluster = Imagined(workers)
    cluster.dice.seed(seed)
    found = list(_flow(cluster).answers(_pieces(kinds)))
    assert [one.name for one in found] == [f"{number}" for number in range(len(kinds))]
    for number, (kind, one) in enumerate(zip(kinds, found, strict=True)):
        if kind == 2:
            assert isinstance(one.answer, Died)
        else:
            assert one.answer == ([f"{number}", number % 7] if kind else "before")


def test_no_more_is_read_than_is_in_flight() -> None:
    cluster, read = Imagined(2), 0

    def pieces() -> Iterator[Piece]:
        nonlocal read
        for number in range(40 * CHUNK):
            read = number + 1
            yield Piece(f"{number}", b"x")

    for given_back, _ in enumerate(_flow(cluster).answers(pieces()), 1):
        assert read - given_back <= (PER_THREAD * 2 + 2) * CHUNK
    assert read == 40 * CHUNK
    assert cluster.most <= PER_THREAD * 2 + 2


def test_big_documents_are_few_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "FLIGHT_BYTES", 50_000_000)
    cluster = Imagined(64)
    found = list(_flow(cluster).answers(Piece(f"{n}", bytes(10_000_000)) for n in range(12)))
    assert len(found) == 12
    assert cluster.most <= 6


def test_a_deadly_piece_is_tried_alone_and_its_neighbours_are_answered() -> None:
    cluster = Imagined(2)
    kinds = [1] * 250
    kinds[120] = 2
    found = list(_flow(cluster).answers(_pieces(kinds)))
    assert [one.name for one in found if isinstance(one.answer, Died)] == ["120"]
    assert "120" in cluster.alone


def test_a_lost_scheduler_says_how_far_it_came() -> None:
    flow, found = _flow(Imagined(1, lost_after=9)), []
    with pytest.raises(Unchecked, match=r"scheduler is lost. \d+00 files are done.*--resume"):
        found += [one.name for one in flow.answers(_pieces([1] * 2000))]
    assert found == [f"{number}" for number in range(len(found))]


def test_no_worker_left_says_so() -> None:
    with pytest.raises(Unchecked, match="no worker is left"):
        list(_flow(Imagined(1, silent_after=0)).answers(_pieces([1] * 20)))


def test_a_worker_that_came_later_must_be_alike() -> None:
    cluster = Imagined(different=("lxml 5.0 ≠ 6.1",))
    with pytest.raises(ConfigurationError, match=r"tcp://imagined:2: lxml 5.0 ≠ 6.1"):
        list(_flow(cluster).answers(_pieces([1])))


def test_a_worker_that_came_later_gets_the_files_first() -> None:
    cluster = Imagined(missing=2)
    assert [one.answer for one in _flow(cluster).answers(_pieces([1, 1]))] == [["0", 0], ["1", 1]]
    assert cluster.missing == 0


def test_a_worker_that_never_keeps_the_files_is_named() -> None:
    cluster = Imagined(missing=50)
    with pytest.raises(ConfigurationError, match=r"tcp://imagined:2: .*\(OSError: disk full\)"):
        list(_flow(cluster).answers(_pieces([1, 1])))
    assert cluster.asked == 4
