"""Named parts (see parts.py): missing ones skip with a sentence, and the last line counts the skips."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import cluster, disk, garbage, stores
from tests.parts import REQUIRED, missing

# Tests start hundreds of processes: without compiled files each would compile einvoice anew, for a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

gc.disable()  # until all modules are there


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        disk.take()
    cluster.announce()
    stores.share_statements()
    # How long an example takes says how busy the machine is, and nothing about what is tested.
    settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")
    config.addinivalue_line("markers", "needs(part): needs a named part of the machine (tests/parts.py)")


def pytest_collection_finish() -> None:
    gc.enable()
    garbage.begin()


def pytest_runtest_logfinish() -> None:
    garbage.after_a_test()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        cluster.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store without rows; what uses it runs on both databases."""
    if request.param == "sqlite":
        yield stores.sqlite(tmp_path / "store.sqlite")
        return
    with stores.postgresql() as url:
        yield url


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        why = missing(mark.args[0])
        if why is None:
            continue
        if REQUIRED & {mark.args[0], "all"}:
            pytest.fail(f"EINVOICE_REQUIRE asks for {mark.args[0]}, but {why}", pytrace=False)
        pytest.skip(f"needs {mark.args[0]}: {why}")


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the developer's configuration, language or caches."""
    for name in [name for name in os.environ if name.startswith("EINVOICE_") and name not in _KEPT]:
        monkeypatch.delenv(name)


_KEPT = {"EINVOICE_REQUIRE", "EINVOICE_SHARED", "EINVOICE_CACHE", "EINVOICE_MUTANTS"}
