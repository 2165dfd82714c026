"""A few of the faults of `make faults`, and that what looks for violations sees them."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults import chunks
from tests.faults.__main__ import PARTS
from tests.faults.bench import bench
from tests.faults.calls import series
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import forks
from tests.faults.order import _not_in_order
from tests.parts import FULL, rounds
from tests.pipeline.mailbox import archived

ROUNDS = {
    "batches": rounds(1, 4), "kills": rounds(3, 6), "order": 1, "together": 1, "clock": 1, "lies": 1, "readonly": 1,
    "locked": 1, "descriptors": rounds(1, 2), "outputs": 1, "approving": rounds(1, 3), "moving": rounds(1, 2),
    "soak": rounds(1, 2),
}  # fmt: skip
ON_POSTGRES = {"kills": rounds(1, 2), "locked": 1, "restarted": 1, "unknown": 1}
if FULL:
    ROUNDS |= {"cluster": 9}
    ON_POSTGRES |= {"hosts": 2}


@pytest.mark.parametrize("part", ROUNDS)
def test_what_must_hold_holds(part: str, tmp_path: Path) -> None:
    found = PARTS[part](Chunk(part, "sqlite", 7, ROUNDS[part]), tmp_path / "chunk")
    if found.skipped:
        pytest.skip(found.skipped)
    assert found.count >= ROUNDS[part]
    assert found.violations == []


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("part", ON_POSTGRES)
def test_on_postgresql_too(part: str, tmp_path: Path) -> None:
    found = PARTS[part](Chunk(part, "postgres", 8, ON_POSTGRES[part]), tmp_path / "chunk")
    if found.skipped:
        pytest.skip(found.skipped)
    assert found.count >= ON_POSTGRES[part]
    assert found.violations == []


@pytest.mark.needs("strace")
def test_a_failing_call_loses_nothing(tmp_path: Path) -> None:
    found = Found()
    with bench(tmp_path / "chunk") as place, forks() as warm:
        series(place, warm, found, "run", "fsync", "inject=fsync,fdatasync:error=EIO", 3)
        assert place.violations() == []
    assert (found.count, found.violations) == (3, [])


def test_what_was_lost_doubled_or_damaged_is_seen(tmp_path: Path) -> None:
    with bench(tmp_path / "chunk") as place:
        for kind in ("own", "nobody", "odd"):
            place.put(kind)
        assert place.violations() == []
        lost, *_ = (place.folder / "data" / "archive").glob("tenants/*/*/*")
        lost.unlink()
        (place.inbox / "processed" / place.put_in[1][1]).unlink()
        place.put_in.append(("own", "never.xml", "0" * 64))
        seen = " ".join(place.violations())
    assert all(f"{what}:" in seen for what in ("I1", "I2", "I5"))
    assert len(archived(place.folder)) == 2


def test_a_chunk_that_was_done_is_kept_with_its_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "KEPT", tmp_path)
    made = Found(count=1, places=Counter({"run.process commit": 1}))
    for part in ({"kills": lambda *_: made}, {}):
        ((_, found),) = chunks.done([Chunk("kills", "sqlite", 1, 1)], part, tmp_path, fresh=False)
        assert found == made


def test_an_order_that_is_not_kept_is_seen() -> None:
    steps = ["write", "fsync", "rename"]
    assert _not_in_order(["write", "fsync", "rename"], steps) is None
    assert _not_in_order(["write", "rename", "fsync"], steps) == "rename"
    assert _not_in_order(["rename", "write", "fsync", "rename"], steps) is not None
