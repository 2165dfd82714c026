"""A demo workplace whose samples were received and routed: made once, copied for each test."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, init, opened, read_workplace


@functools.cache
def _made() -> Path:
    folder = Path(tempfile.mkdtemp()) / "demo"
    with opened(init(folder, demo=True)) as place:
        run(place)
    return folder


@contextlib.contextmanager
def demo(folder: Path) -> Iterator[Opened]:
    """A workplace of its own in `folder`."""
    target = folder / "demo"
    shutil.copytree(_made(), target)
    with opened(read_workplace(target / "einvoice.toml")) as place:
        yield place
