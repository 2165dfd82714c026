"""A town takes everything with it, checkable without einvoice, and leaves nothing: every file is searched for it."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.errors import Refused
from einvoice.pipeline.expiring import hold
from einvoice.pipeline.removing import remove
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Invoice
from tests.interfaces.calls import call
from tests.pipeline.place import SAMPLE, demo, differences, once

GONE = (
    "musterlippe",
    "Musterlippe",
    "RE-2026-0815",
    "Werre",
    "606.20",
    "DE19499999600123456789",
    "05766999",
    SAMPLE,
)
"""Words by which the town, its supplier, its invoice and its file would be known."""


def found(folder: Path) -> set[tuple[str, str]]:
    """(file, word) of every file below a folder that holds one, or is named so."""
    hits = set()
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        hits |= {
            (path.relative_to(folder).as_posix(), word)
            for word in GONE
            if word.encode() in content or word in path.name
        }
    return hits


def test_nothing_of_a_removed_town_is_left_in_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EINVOICE_CACHE", str(tmp_path / "cache"))
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml", "09-noch-einmal.xml")
    (place / "rules.toml").write_text("[SALZ]\nif = \"invoice.number == 'RE-2026-0815'\"\n")
    assert (
        call(
            "tenant", "routing", str(place / "rules.toml"), "--tenant", "musterlippe", "--config", str(place)
        ).code
        == 0
    )
    (place / "rules.toml").unlink()
    once(place)
    for step, who in (("confirm", "Sabine Sander"), ("authorise", "Anton Albers")):
        assert call("approve", step, "1", "--as", who, "--config", str(place)).code == 0
    assert {word for _, word in found(place)} >= set(GONE) - {"606.20"}
    refused = call("tenant", "remove", "musterlippe", "--config", str(place))
    assert (refused.code, "--confirm musterlippe" in refused.err) == (2, True)
    done = call(
        "tenant",
        "remove",
        "musterlippe",
        "--confirm",
        "musterlippe",
        "--because",
        "Ende",
        "--config",
        str(place),
    )
    assert done.code == 0, done.err
    assert differences(place) == []
    other = {word for _, word in found(place)} - {"Werre", "DE19499999600123456789"}
    assert other == set(), found(place)
    assert b"RE-2026-0815" not in b"".join(p.read_bytes() for p in (tmp_path / "cache").rglob("*.book"))
    assert once(place).idle
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        assert [row.number for row in session.exec(select(Invoice))] == ["GS-2026-0031"]


def test_what_a_town_takes_with_it_proves_itself(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE, "02-gutschrift.xml")
    once(place)
    out = tmp_path / "out"
    assert call("tenant", "export", "musterlippe", str(out), "--config", str(place)).code == 0
    check = [sys.executable, str(out / "check.py")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    text = "\n".join(path.read_text("utf-8", "replace") for path in out.rglob("*.csv"))
    assert "05766999*" in text
    assert "GS-2026-0031" not in text
    assert any(path.read_bytes().find(b"RE-2026-0815") >= 0 for path in (out / "originals").iterdir())
    (out / "data" / "policy.csv").write_text("x")
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1


def test_a_held_invoice_keeps_its_town(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    once(place)
    with opened(read_workplace(place / "einvoice.toml")) as here:
        hold(here, 1, people.SERVICE, "Klage", on=True)
        with pytest.raises(Refused, match="legal hold"):
            remove(here, "musterlippe", "Ende", people.SERVICE)
    assert differences(place) == []
