"""The xdomea message: off until switched on, judged by the schema it is given, each file named and there.

The schema here is our own, made from the description; KoSIT's is judged by where EINVOICE_XDOMEA names its folder.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from einvoice.errors import Refused
from einvoice.exports.closed import closed_batch
from einvoice.exports.delivery import export
from einvoice.exports.making import made
from einvoice.exports.xdomea.export import xdomea
from einvoice.exports.xdomea.settings import MESSAGES, read
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch
from tests.approval.demo import demo
from tests.exports.closing import close, who

OWN = Path(__file__).parent / "xdomea"
SCHEMAS = [OWN, *([Path(os.environ["EINVOICE_XDOMEA"])] if "EINVOICE_XDOMEA" in os.environ else [])]
PREFIX = "{urn:xoev-de:xdomea:schema:3.0.0}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Opened]:
    with demo(tmp_path_factory.mktemp("demo"), store) as here:
        close(here, 3)
        yield here


def policies(place: Opened, **values: Any) -> None:
    with place.store.writing(people.SERVICE) as work:
        for name, value in values.items():
            people.set_policy(work, people.tenant(work.session, "musterlippe"), name, value)


def container(place: Opened, folder: Path) -> tuple[str, dict[str, bytes]]:
    (path,) = export(place.store, place.archive, who(place, "Karin Kruse"), 1, "xdomea", folder)
    with zipfile.ZipFile(path) as inside:
        assert inside.testzip() is None
        return path.name, {one: inside.read(one) for one in inside.namelist()}


def test_it_is_off_until_switched_on_and_refuses_a_schema_it_does_not_hold(
    place: Opened, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="on trial"):
        container(place, tmp_path / "out")
    other = (OWN / MESSAGES).read_text("utf-8").replace('name="Erstellerkennung"', 'name="Kennung"')
    (tmp_path / MESSAGES).write_text(other, "utf-8")
    (tmp_path / "xoev-code.xsd").write_bytes((OWN / "codes" / "xoev-code.xsd").read_bytes())
    policies(place, trial={"formats": ["xdomea"]}, xdomea={"schema": str(tmp_path)})
    with pytest.raises(Refused, match="Erstellerkennung"):
        container(place, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"schema": "/nowhere"}, MESSAGES),
        ({"titel": "x"}, "titel"),
        ({"user": ""}, "user"),
        ({"plan": 7}, "plan"),
    ],
)
def test_wrong_settings_are_refused_by_name(table: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused, match=named):
        read(table)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.name)
def test_a_message_holds_its_schema_and_names_each_file(place: Opened, tmp_path: Path, schema: Path) -> None:
    said = {"schema": str(schema), "plan": "20.31.05", "title": "Eingangsrechnungen", "container": "4711"}
    policies(place, trial={"formats": ["xdomea"]}, xdomea=said)
    name, files = container(place, tmp_path / "one")
    message = etree.fromstring(files[name.removesuffix(".zip") + ".xml"])
    assert name == f"{message.findtext(f'.//{PREFIX}ProzessID')}_FVDaten.SGOAblegen.0605.zip"
    assert [one.text for one in message.iter(f"{PREFIX}Dateiname")] == list(files)[1:]
    assert b"xmlns:xdomea=" in files[next(iter(files))][:320]
    cases = list(message.iter(f"{PREFIX}Vorgang"))
    with place.store.reading() as session:
        total = session.get_one(Batch, 1).total
    assert sum(Decimal(_field(case, "approved")) for case in cases) == total
    for case in cases:
        assert len({one.text for one in case.iter(f"{PREFIX}ID")}) == 1 + len(
            case.findall(f"{PREFIX}Dokument")
        )
        original = files[case.findtext(f".//{PREFIX}Dateiname") or ""]
        assert original.startswith(b"%PDF-") or hashlib.sha256(original).hexdigest() == _field(case, "sha256")
        assert {one.text for one in case.iter(f"{PREFIX}Akteur")} == {"Sabine Sander", "Anton Albers"}
        assert (case.findtext(f".//{PREFIX}Betreff") or "").startswith("DEMO ")
    again = xdomea(closed_batch(place.store, place.archive, 1)).files
    assert [one.data for one in again] == [(tmp_path / "one" / name).read_bytes()]


def test_without_a_schema_the_protocol_says_that_nothing_judged_it(tmp_path: Path) -> None:
    with demo(tmp_path) as here:
        close(here, 1)
        policies(here, trial={"formats": ["xdomea"]})
        protocol = made(here.store, here.archive, who(here, "Karin Kruse"), 1, "xdomea").protocol
    assert protocol["class"] == "trial"
    assert "not judged" in protocol["remarks"][0]["en"]


def _field(case: etree._Element, name: str) -> str:
    found = {
        one.findtext(f"{PREFIX}Name"): one.findtext(f"{PREFIX}Wert") for one in case.iter(f"{PREFIX}Feld")
    }
    return found[name] or ""
