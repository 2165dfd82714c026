"""What `einvoice run` costs per small invoice beyond the verdict, on SQLite and on PostgreSQL, without its start."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.inbox import fill, invoices
from benchmarks.starts import EINVOICE, cpu
from benchmarks.verdicts import costs, verdict
from einvoice.pipeline.workplace import init
from tests import cluster

Stores = Callable[[], AbstractContextManager[str]]
"""Gives the URL of a new store."""


def runs(quick: bool) -> Iterator[tuple[str, float]]:
    """The figures: two runs of different size in new workplaces, and the verdict on the same invoices.

    A server counts for nothing, but it is one that waits for its disk.
    """
    judged = costs({"verdict": verdict}, [data for _, data in invoices(100)], 3)["verdict"]
    yield "run", _each(_file, quick) - judged
    if cluster.programs() is not None:
        with tempfile.TemporaryDirectory() as folder, _reachable(Path(folder)):
            yield "run-postgres", _each(cluster.database, quick) - judged


def _each(stores: Stores, quick: bool) -> float:
    """Milliseconds of an invoice: the best of several runs of each size, which take turns."""
    few, many, rounds = (50, 250, 1) if quick else (500, 2_000, 5)
    spent = {count: float("inf") for count in (few, many)}
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # removed last: to make files soon after many are gone costs more
        for number in range(rounds):
            for count in spent:
                spent[count] = min(spent[count], _run(stores, count, Path(folder) / f"{number}-{count}"))
    return 1000 * (spent[many] - spent[few]) / (many - few)


@contextlib.contextmanager
def _file() -> Iterator[str]:
    yield "sqlite:///data/einvoice.sqlite"


@contextlib.contextmanager
def _reachable(folder: Path) -> Iterator[None]:
    """A server, which is another user's: its folder may be entered."""
    folder.chmod(0o755)
    with cluster.durable(folder / "server"):
        yield


def _run(stores: Stores, count: int, folder: Path) -> float:
    with stores() as url:
        place = init(folder, demo=True, url=url)
        for sample in place.inbox.iterdir():
            sample.unlink()
        fill(place.inbox, count)
        spent, _ = cpu([EINVOICE, "run", "--config", str(place.file), "--quiet"])
    return spent
