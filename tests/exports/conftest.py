"""The store of the tests of this room: SQLite; PostgreSQL as well where a test says so, or with EINVOICE_FULL=1."""

import os

import pytest

from tests.approval.demo import STORES

_USUAL = STORES if os.environ.get("EINVOICE_FULL") else STORES[:1]


@pytest.fixture(params=_USUAL, scope="module")
def store(request: pytest.FixtureRequest) -> str:
    """See `tests.approval.demo.demo`."""
    return str(request.param)
