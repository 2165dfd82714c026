"""The small installation, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.installation import Made, make


@pytest.fixture
def made(tmp_path: Path, store_url: str) -> Iterator[Made]:
    """A small installation of the test's own, on SQLite and on PostgreSQL."""
    found = make(tmp_path, store_url)
    yield found
    found.store.close()
