"""A demo workplace whose samples were received and routed: made once for each kind of store, copied for each test."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from tests import stores
from tests.pipeline.place import begun

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres")))
"""Both stores, as parameters of tests."""

on_both = pytest.mark.parametrize("store", STORES, indirect=True)
"""Marks a test of a room whose fixture `store` says which store it has: on both, whatever is usual there."""


@functools.cache
def _made(store: str) -> tuple[Path, str | None, stores.Rows | None]:
    """The workplace, and the URL and the rows of its database; None: this lies in it."""
    folder = Path(tempfile.mkdtemp()) / "demo"
    with stores.postgresql() if store == "postgresql" else contextlib.nullcontext() as url:
        with opened(begun(folder, url)) as place:
            run(place)
        return folder, url, stores.rows_of(url) if url else None


@contextlib.contextmanager
def demo(folder: Path, store: str = "sqlite") -> Iterator[Opened]:
    """A workplace of its own in `folder`, with a store of its own: `sqlite`, or `postgresql`."""
    made, before, rows = _made(store)
    target = folder / "demo"
    shutil.copytree(made, target)
    with contextlib.ExitStack() as stack:
        if before is not None:
            url = stack.enter_context(stores.postgresql(rows))
            settings = target / "einvoice.toml"
            settings.write_text(settings.read_text("utf-8").replace(before, url), "utf-8")
        yield stack.enter_context(opened(read_workplace(target / "einvoice.toml")))
