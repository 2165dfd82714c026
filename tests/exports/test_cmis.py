"""CMIS: one complete document at its path whatever is cut when; what is another's is never replaced.

Against a strict service of our own after the specification, and (EINVOICE_FULL=1) against Apache Chemistry's.
"""

import itertools
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from einvoice.errors import NotDelivered, Refused
from einvoice.exports.doors.cmis import CmisDoor
from einvoice.exports.files import File
from einvoice.exports.formats import TRIAL
from einvoice.exports.making import made
from einvoice.exports.places import CmisPlace
from einvoice.intake.secret import Secret
from einvoice.pipeline.run import run
from einvoice.store import people
from tests.approval.demo import demo
from tests.exports.closing import close, who
from tests.exports.cmis import AUTHORIZATION, chemistry, strict
from tests.exports.test_targets import set_target, with_places
from tests.parts import needs

FILE = File("stapel ü/0001/original.xml", "<a>Größe</a>".encode() * 500)
MOODS = ("cut before", "cut after", "half", "empty", "refuse")


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMIS_PASSWORD", "geheim")


def door(url: str, **keys: object) -> CmisDoor:
    said = {
        "name": "dms",
        "kind": "cmis",
        "url": url,
        "user": "kasse",
        "password": Secret(env="CMIS_PASSWORD"),
    }
    return CmisDoor(CmisPlace.model_validate({**said, "folder": "/Rechnungen", **keys}))


def until_done(url: str, file: File = FILE, tries: int = 12) -> str:
    """Tries again as runs do, each time through a new door."""
    for _ in range(tries):
        try:
            return door(url).put(file, "key")
        except NotDelivered:
            continue
    raise AssertionError("never delivered")


@pytest.mark.parametrize("moods", [*itertools.product(MOODS, repeat=2)], ids="-".join)
def test_there_is_one_complete_document_whatever_is_cut(moods: tuple[str, str]) -> None:
    for gap in range(3):  # the first folder, the second, the document
        with strict(*["take"] * gap, *moods, "take") as kept:
            until_done(kept.url)
            until_done(kept.url)
            assert kept.contents == {"/Rechnungen/stapel ü/0001/original.xml": FILE.data}
            assert kept.made == 1
            assert set(kept.folders) == {
                "/",
                "/Rechnungen",
                "/Rechnungen/stapel ü",
                "/Rechnungen/stapel ü/0001",
            }


def test_what_is_another_s_is_not_replaced() -> None:
    path = "/Rechnungen/a.xml"
    with strict() as kept:
        kept.documents[path], kept.contents[path] = {}, b"<another/>"
        with pytest.raises(Refused, match="other content"):
            door(kept.url).put(File("a.xml", FILE.data), "key")
        with pytest.raises(Refused, match="other content"):  # longer than ours, beginning with it
            door(kept.url).put(File("a.xml", b"<another"), "key")
        kept.folders["/Rechnungen/b"] = {}
        with pytest.raises(Refused, match="other content"):
            door(kept.url).put(File("b", b"x"), "key")
        assert kept.contents == {path: b"<another/>"}


def test_properties_say_what_a_document_is_about() -> None:
    said = {
        "inv:number": "{number}",
        "inv:day": "{issue_date}",
        "inv:words": "{seller}, {approved}",
        "x": "{iban}",
    }
    about = {"number": "RE-1", "issue_date": "2026-11-25", "seller": "Müller & Söhne", "approved": "1.50"}
    with strict() as kept:
        door(kept.url, properties=said).put(File("a.xml", b"<a/>", about=about), "key")
        made = kept.documents["/Rechnungen/a.xml"]
        assert made == {
            "cmis:name": "a.xml", "cmis:objectTypeId": "cmis:document", "inv:number": "RE-1",
            "inv:day": "1795608000000", "inv:words": ["Müller & Söhne, 1.50"],
        }  # fmt: skip


def test_what_hinders_is_said_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with strict() as kept:
        assert list(door(kept.url).faults()) == []
        (missing,) = door(kept.url, folder="/Nirgends").faults()
        assert "/Nirgends: no such folder" in str(missing)
        with pytest.raises(NotDelivered, match="no such folder"):
            door(kept.url, folder="/Nirgends").put(FILE, "key")
        (unknown,) = door(kept.url, properties={"inv:number": "1", "cmis:createdBy": "x"}).faults()
        assert "takes no cmis:createdBy" in str(unknown)
        (other,) = door(kept.url, repository="B2").faults()
        assert "there are A1" in str(other)
        monkeypatch.setenv("CMIS_PASSWORD", "falsch")
        (refused,) = door(kept.url).faults()
        assert "HTTP 401 unauthorized" in str(refused)
        assert "falsch" not in str(refused)
    (gone,) = door(kept.url).faults()
    assert "refused" in str(gone)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chemistry(tmp_path_factory.mktemp("cmis")) as url:
        _folder(url)
        yield url


def _folder(url: str) -> None:
    fields = {"cmisaction": "createFolder", "propertyId[0]": "cmis:name", "propertyValue[0]": "Rechnungen"}
    fields |= {"propertyId[1]": "cmis:objectTypeId", "propertyValue[1]": "cmis:folder"}
    body = "&".join(f"{quote(key)}={quote(value)}" for key, value in fields.items()).encode()
    with urllib.request.urlopen(_request(f"{url}/A1/root", body)) as answer:
        assert answer.status == 201


def _request(url: str, body: bytes | None = None) -> urllib.request.Request:
    return urllib.request.Request(url, body, {"Authorization": AUTHORIZATION})


@needs("java")
@needs("maven")
@pytest.mark.skipif(os.environ.get("EINVOICE_FULL") != "1", reason="EINVOICE_FULL=1: starts a Java server")
def test_apache_chemistry_takes_each_document_once(real: str, tmp_path: Path) -> None:
    assert list(door(real).faults()) == []
    for file in (FILE, File("leer.ok", b""), File("a/b/ä&%+.pdf", b"%PDF-1.7\r\n--x--\r\n" * 9)):
        assert door(real).put(file, "key") == door(real).put(file, "key")
        with urllib.request.urlopen(_request(f"{real}/A1/root/Rechnungen/{quote(file.name)}")) as answer:
            assert answer.read() == file.data
    with pytest.raises(Refused, match="other content"):
        door(real).put(File(FILE.name, b"other"), "key")
    said = {"type": "ComplexType", "properties": {"StringProp": "{seller}", "DateTimeProp": "{issue_date}"}}
    about = {"seller": "Müller & Söhne", "issue_date": "2026-11-25"}
    assert list(door(real, **said).faults()) == []
    door(real, **said).put(File("typed.xml", b"<a/>", about=about), "key")
    path = f"{real}/A1/root/Rechnungen/typed.xml?cmisselector=object&succinct=true"
    with urllib.request.urlopen(_request(path)) as answer:
        text = answer.read().decode()
    assert '"StringProp":"Müller & Söhne"' in text
    assert '"DateTimeProp":1795608000000' in text.replace("[", "").replace("]", "")
    (wrong,) = door(real, properties={"nix": "1"}).faults()
    assert "takes no nix" in str(wrong)


def test_half_a_document_is_completed() -> None:
    path = "/Rechnungen/a.xml"
    with strict() as kept:
        for part in (b"", FILE.data[:100], FILE.data[:-1]):
            kept.documents[path], kept.contents[path] = {}, part
            door(kept.url).put(File("a.xml", FILE.data), "key")
            assert kept.contents == {path: FILE.data}
    assert kept.made == 0


def test_a_batch_goes_to_a_document_system_once_its_town_tries_it(tmp_path: Path) -> None:
    with demo(tmp_path) as here, strict("cut after", "cut before", "half", "take") as kept:
        said = {"properties": {"inv:number": "{number}", "inv:words": "{batch} {file_name}"}}
        place = door(kept.url, **said).place
        here = with_places(here, place)
        with here.store.writing(people.SERVICE) as work:
            for name in ("Ada Admin", "Bob Betreiber"):
                people.add_role(work, people.add_person(work, name, demo=True), None, "administrator")
        set_target(here, place, "package", "akte")
        close(here)
        assert "on trial" in str(run(here).problems[0])
        assert not kept.documents
        with here.store.writing(people.SERVICE) as work:
            people.set_policy(work, people.tenant(work.session, "musterlippe"), TRIAL, {"formats": ["cmis"]})
        left = [len(run(here).problems) for _ in range(4)]
        assert left == [1, 1, 1, 0]
        stem = "/Rechnungen/DEMO_musterlippe_2026-0001"
        files = made(here.store, here.archive, who(here, "Karin Kruse"), 1, "package").files
        assert kept.contents == {f"/Rechnungen/{file.name}": file.data for file in files}
        assert kept.made == len(files)
        numbers = {path: said.get("inv:number") for path, said in kept.documents.items()}
        assert numbers[f"{stem}/0001/original.xml"] == "RE-2026-0815"
        assert numbers[f"{stem}/index.csv"] is None
        assert kept.documents[f"{stem}/index.csv"]["inv:words"] == ["2026-0001 index.csv"]
