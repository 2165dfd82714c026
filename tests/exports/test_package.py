"""The folder package as its receiver sees it: sums by sha256sum, metadata by json and lxml, views as PDF/A."""

import csv
import hashlib
import io
import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader

from einvoice.errors import Refused
from einvoice.exports.delivery import export
from einvoice.exports.formats import TRIAL
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch
from tests.approval.demo import demo
from tests.exports.closing import close, who


@pytest.fixture
def place(tmp_path: Path, store: str) -> Iterator[Opened]:
    with demo(tmp_path, store) as here:
        yield here


def test_the_package_is_complete_and_its_index_last(place: Opened, tmp_path: Path) -> None:
    number = close(place, 2)
    paths = export(place.store, place.archive, who(place, "Karin Kruse"), number, "package", tmp_path / "dms")
    top = tmp_path / "dms" / "DEMO_musterlippe_2026-0001"
    assert paths[-2:] == [top / "SHA256SUMS", top / "index.csv"]
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=top, capture_output=True, text=True, check=True
    )
    assert done.stdout.count(": OK") == len(paths) - 2
    rows = list(csv.DictReader(io.StringIO((top / "index.csv").read_text("utf-8-sig")), delimiter=";"))
    with place.store.reading() as session:
        total = session.get_one(Batch, number).total
    assert sum(Decimal(row["approved"]) for row in rows) == total
    for row in rows:
        folder = top / row["folder"]
        said = json.loads((folder / "meta.json").read_text("utf-8"))
        tree: Any = etree.parse(str(folder / "meta.xml"))
        assert tree.findtext("number") == said["number"] == row["number"]
        assert (folder / row["original"]).is_file()
        for one in said["files"]:
            assert hashlib.sha256((folder / one["name"]).read_bytes()).hexdigest() == one["sha256"]
        assert [one["name"] for one in said["files"]][1:] == [
            "ansicht.pdf", "anordnung.pdf", "pruefbericht.html", "pruefbericht.json",
        ]  # fmt: skip
        xmp = PdfReader(folder / "ansicht.pdf").xmp_metadata
        assert xmp is not None
        assert b"pdfaid" in etree.tostring(etree.fromstring(xmp.stream.get_data()))
        assert {act["person"] for act in said["acts"]} == {"Sabine Sander", "Anton Albers"}
        assert json.loads((folder / "pruefbericht.json").read_text("utf-8"))["verdict"] == "accepted"


def test_a_trial_is_off_until_the_town_switches_it_on(place: Opened, tmp_path: Path) -> None:
    number = close(place)
    who_ = who(place, "Karin Kruse")
    with pytest.raises(Refused, match="trial"):
        export(place.store, place.archive, who_, number, "elo", tmp_path / "elo")
    with place.store.writing(people.SERVICE) as work:
        people.set_policy(work, people.tenant(work.session, "musterlippe"), TRIAL, {"formats": ["elo"]})
    paths = export(place.store, place.archive, who_, number, "elo", tmp_path / "elo")
    root = etree.parse(str(paths[-1])).getroot()
    assert (root.tag, root.get("ver")) == ("eloobjlist", "1.0")
    named = [one.get("name") for one in root.iter("docfile")]
    assert named == [path.name for path in paths[:-1]]
    amounts = [one.get("value") or "" for one in root.iter("index") if one.get("key") == "GROSS_AMOUNT"]
    assert all("," in one and "." not in one for one in amounts)
