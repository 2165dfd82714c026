"""Profiles on real batches: companions, numbers without gaps, the same bytes again."""

import csv
import hashlib
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from einvoice.exports.making import made
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Batch
from einvoice.store.verify import verify
from tests.approval.demo import demo, on_both
from tests.exports.closing import close, who
from tests.exports.test_profiles_trees import XSD


@pytest.fixture
def place(tmp_path: Path, store: str) -> Iterator[Opened]:
    with demo(tmp_path, store) as here:
        yield here


def _export(place: Opened, batch: int, form: str) -> dict[str, bytes]:
    files = made(place.store, place.archive, who(place, "Karin Kruse"), batch, form).files
    return {file.name: file.data for file in files}


def test_companions_go_first_and_the_trigger_last(place: Opened) -> None:
    files = _export(place, close(place, 2), "hkr-csv")
    assert all(name.startswith("DEMO_") for name in files)
    *companions, table, trigger = files
    assert trigger == table.replace(".csv", ".ok")
    assert files[trigger] == b""
    rows = list(csv.DictReader(io.StringIO(files[table].decode("cp1252"), newline=""), delimiter=";"))
    assert {row["Beleg"] for row in rows} == set(companions)
    assert {len(files[name]) > 500 for name in companions} == {True}


def test_xml_names_its_companions_by_hash_and_reads_the_invoice(place: Opened) -> None:
    files = _export(place, close(place, 2), "hkr-xml")
    (name,) = [name for name in files if name.endswith("0001.xml")]
    root: Any = etree.fromstring(files[name])
    XSD.assertValid(root)
    space = {"a": root.nsmap[None]}
    said = root.xpath("//a:Anlage", namespaces=space)
    assert len(said) == 6
    for one in said:
        data = files[one.findtext("a:Datei", namespaces=space)]
        assert hashlib.sha256(data).hexdigest() == one.findtext("a:SHA256", namespaces=space)
    assert {data[:4] for name, data in files.items() if name.endswith(".pdf")} == {b"%PDF"}
    assert len(root.xpath("//a:Ort", namespaces=space)) == 2


@on_both
def test_numbers_have_no_gaps_and_stay_with_their_batch(place: Opened) -> None:
    first, second = close(place, 2), close(place)
    late = _numbers(_export(place, second, "hkr-csv"))
    early = _numbers(_export(place, first, "hkr-csv"))
    assert (late, early) == ({1}, {2, 3})
    assert _numbers(_export(place, second, "hkr-csv")) == late
    fixed = next(data for name, data in _export(place, first, "hkr-fixed").items() if name.endswith(".dat"))
    assert {int(line[1:11]) for line in fixed.splitlines() if line[:1] == b"A"} == early
    assert not verify(place.store, place.archive)


def _numbers(files: dict[str, bytes]) -> set[int]:
    table = next(data for name, data in files.items() if name.endswith("HKR.csv")).decode("cp1252")
    return {int(row["Belegnummer"]) for row in csv.DictReader(io.StringIO(table), delimiter=";")}


def test_the_file_adds_up_to_the_batch(place: Opened) -> None:
    number = close(place, 2)
    with place.store.reading() as session:
        total = session.get_one(Batch, number).total
    table = next(d for n, d in _export(place, number, "hkr-csv").items() if n.endswith("HKR.csv"))
    rows = csv.DictReader(io.StringIO(table.decode("cp1252")), delimiter=";")
    signed = [
        Decimal(row["Betrag"].replace(",", ".")) * (1 if row["SollHaben"] == "H" else -1) for row in rows
    ]
    assert sum(signed) == total
