"""What `einvoice run` costs per small invoice beyond the verdict, on SQLite, its start not counted."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inbox import fill, invoices
from benchmarks.starts import EINVOICE, cpu
from benchmarks.verdicts import costs, verdict
from einvoice.pipeline.workplace import init


def runs(quick: bool) -> Iterator[tuple[str, float]]:
    """The figure: two runs of different size in new workplaces, and the verdict on the same invoices."""
    few, many = (50, 250) if quick else (200, 1_200)
    spent = {count: _run(count) for count in (few, many)}
    judged = costs({"verdict": verdict}, [data for _, data in invoices(100)], 3)["verdict"]
    yield "run", 1000 * (spent[many] - spent[few]) / (many - few) - judged


def _run(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        place = init(Path(folder) / "place", demo=True)
        for sample in place.inbox.iterdir():
            sample.unlink()
        fill(place.inbox, count)
        spent, _ = cpu([EINVOICE, "run", "--config", str(place.file), "--quiet"])
    return spent
