"""The package for DATEV XML online: off until switched on, nothing without schemas, judged by those it is given.

The schemas here are our own, made from the description: that DATEV takes the package is not proved by them.
"""

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from einvoice.approval import acts, batches, persons
from einvoice.errors import Refused
from einvoice.exports.delivery import export
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch
from tests.approval.demo import demo

SCHEMAS = Path(__file__).parent / "datev"
CASH = "Karin Kruse"


@pytest.fixture
def place(tmp_path: Path, store: str) -> Iterator[Opened]:
    with demo(tmp_path, store) as made:
        for number in (1, 4):
            acts.confirm(made.store, persons.actor(made.store, "Sabine Sander"), number)
            acts.authorise(made.store, persons.actor(made.store, "Anton Albers"), number)
        cash = persons.actor(made.store, CASH)
        batches.close(made.store, cash, batches.build(made.store, cash, "musterlippe"))
        yield made


def policy(place: Opened, **values: Any) -> None:
    with place.store.writing(people.SERVICE) as work:
        for name, value in values.items():
            people.set_policy(work, people.tenant(work.session, "musterlippe"), name.replace("_", "-"), value)


def package(place: Opened, folder: Path) -> dict[str, bytes]:
    (path,) = export(place.store, place.archive, persons.actor(place.store, CASH), 1, "datev-xml", folder)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as inside:
        assert inside.testzip() is None
        return {one: inside.read(one) for one in inside.namelist()}


def test_it_is_off_until_switched_on_and_writes_nothing_without_schemas(
    place: Opened, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="on trial"):
        package(place, tmp_path)
    policy(place, trial={"formats": ["datev-xml"]})
    with pytest.raises(Refused, match=r"Document_v060\.xsd"):
        package(place, tmp_path)
    policy(place, datev_xml={"schema": str(tmp_path)})
    with pytest.raises(Refused, match=r"Document_v060\.xsd"):
        package(place, tmp_path)
    for name in ("Document_v060.xsd", "Belegverwaltung_online_ledger_import_v060.xsd"):
        (tmp_path / name).write_text("<x/>")
    with pytest.raises(Refused, match="is no schema"):
        package(place, tmp_path)


def test_a_package_holds_its_schemas_and_what_was_approved(place: Opened, tmp_path: Path) -> None:
    policy(place, trial={"formats": ["datev-xml"]}, datev_xml={"schema": str(SCHEMAS)}, datev={"links": True})
    files = package(place, tmp_path / "one")
    assert list(files) == ["document.xml", "00001_buchung.xml", "00001.xml", "00002_buchung.xml", "00002.pdf"]
    document = etree.fromstring(files["document.xml"])
    listed = [one.get("datafile") or one.get("name") for one in document.iter("{*}extension")]
    assert listed == list(files)[1:]
    with place.store.reading() as session:
        total = session.get_one(Batch, 1).total
    ledgers = [etree.fromstring(data) for name, data in files.items() if name.endswith("_buchung.xml")]
    assert sum(Decimal(one.text or "0") for each in ledgers for one in each.iter("{*}amount")) == total
    assert files["00002.pdf"].startswith(b"%PDF-")
    (extf,) = export(
        place.store, place.archive, persons.actor(place.store, CASH), 1, "datev-extf", tmp_path / "extf"
    )
    for one in document.iter("{*}document"):
        assert f'BEDI ""{one.get("guid")}""' in extf.read_text("cp1252")
    assert package(place, tmp_path / "two") == files


def test_what_does_not_hold_the_schema_is_not_written(place: Opened, tmp_path: Path) -> None:
    for file in SCHEMAS.iterdir():
        text = file.read_text().replace('name="bpAccountNo"', 'name="bpAccount"')
        (tmp_path / file.name).write_text(text)
    policy(place, trial={"formats": ["datev-xml"]}, datev_xml={"schema": str(tmp_path)})
    with pytest.raises(Refused, match="bpAccountNo"):
        package(place, tmp_path / "out")
    assert not (tmp_path / "out").exists()
