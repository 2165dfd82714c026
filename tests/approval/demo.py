"""A demo workplace whose samples were received and routed: made once for each kind of store, copied for each test."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, init, opened, read_workplace
from tests import cluster

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres")))
"""Both stores, as parameters of tests."""

on_both = pytest.mark.parametrize("store", STORES, indirect=True)
"""Marks a test of a room whose fixture `store` says which store it has: on both, whatever is usual there."""


@functools.cache
def _made(store: str) -> tuple[Path, str | None]:
    """The workplace, and the URL of its database; None: it lies in it."""
    url = cluster.lasting() if store == "postgresql" else None
    folder = Path(tempfile.mkdtemp()) / "demo"
    with opened(init(folder, demo=True, **({"url": url} if url else {}))) as place:
        run(place)
    return folder, url


@contextlib.contextmanager
def demo(folder: Path, store: str = "sqlite") -> Iterator[Opened]:
    """A workplace of its own in `folder`, with a store of its own: `sqlite`, or `postgresql`."""
    made, model = _made(store)
    target = folder / "demo"
    shutil.copytree(made, target)
    with contextlib.ExitStack() as stack:
        if model is not None:
            url = stack.enter_context(cluster.database(template=model))
            settings = target / "einvoice.toml"
            settings.write_text(settings.read_text("utf-8").replace(model, url), "utf-8")
        yield stack.enter_context(opened(read_workplace(target / "einvoice.toml")))
