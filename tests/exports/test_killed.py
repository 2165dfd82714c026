"""An export killed at any fsync, rename or commit: begun again, it is one complete delivery with the same numbers."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from einvoice.exports.delivery import export
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store.tables import Batch, Export
from einvoice.store.verify import verify
from tests.approval.demo import demo
from tests.exports.closing import close, who
from tests.parts import FULL

EVERY = 1 if FULL else 9
"""Which of the steps are tried."""


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A workplace with a closed batch that nobody has exported."""
    with demo(tmp_path) as here:
        close(here, 2)
        return here.workplace.file.parent


def _delivered(place: Path, out: Path) -> None:
    with opened(read_workplace(place / "einvoice.toml")) as here:
        export(here.store, here.archive, who(here, "Karin Kruse"), 1, "hkr-csv", out)


def _killed(place: Path, out: Path, at: int) -> bool:
    """Exports in a process that dies at its n-th step; False where it was done before."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = at

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os._exit(9)
            return act(*arguments, **named)

        return step

    os.fsync, os.rename, os.link = dying(os.fsync), dying(os.rename), dying(os.link)
    Session.commit = dying(Session.commit)  # type: ignore[method-assign]
    code = 1
    try:
        _delivered(place, out)
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def test_an_export_killed_at_any_step_is_finished_by_the_next(closed: Path, tmp_path: Path) -> None:
    wanted: dict[str, bytes] | None = None
    for at in range(1, 200, EVERY):
        place, out = tmp_path / f"{at}", tmp_path / f"{at}-out"
        shutil.copytree(closed, place)
        if not _killed(place, out, at):
            break
        there = (
            {path.name for path in out.glob("*") if not path.name.startswith(".")} if out.is_dir() else set()
        )
        assert not any(name.endswith(".ok") for name in there) or len(there) == 4
        _delivered(place, out)
        found = {path.name: path.read_bytes() for path in out.iterdir()}
        assert len(found) == 4
        wanted = wanted or found
        assert found == wanted
        with opened(read_workplace(place / "einvoice.toml")) as here:
            _in_the_books(here, str(out))
        shutil.rmtree(place)
    assert at > 10


def _in_the_books(here: Opened, target: str) -> None:
    with here.store.reading() as session:
        rows = session.exec(select(Export)).all()
        assert session.get_one(Batch, 1).state == "exported"
    assert sorted(row.state for row in rows if row.target == target) == ["delivered"] * 4
    assert len(rows) == 8
    (numbers,) = [row.protocol["numbers"]["voucher"] for row in rows if row.protocol]
    assert sorted(numbers.values()) == [1, 2]
    assert not verify(here.store, here.archive)
