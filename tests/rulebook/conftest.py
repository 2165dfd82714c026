"""A rulebook of a test's own."""

from pathlib import Path

import pytest

from tests.rulebook.town import Town, town


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A rulebook folder whose compiled books are kept apart."""
    monkeypatch.setenv("EINVOICE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "rules").mkdir()
    return town(tmp_path / "rules")
