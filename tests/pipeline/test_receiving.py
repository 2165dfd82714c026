"""What may arrive in a folder or by upload, where it goes, and how much at a time."""

import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.pipeline import fetching
from einvoice.pipeline.receiving import move_cursor, receive
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import Invoice, Tenant
from tests.interfaces.calls import call, rows
from tests.pipeline.mailbox import SAMPLES, archived, at, deliveries, mail, workplace
from tests.pipeline.place import differences, end_state, once

INVOICE = (SAMPLES / "01-skonto.xml").read_bytes()
NOBODYS = INVOICE.replace(b"05766999", b"05888999")
SBDH = b"""<StandardBusinessDocument xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">
<StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion></StandardBusinessDocumentHeader>%s
</StandardBusinessDocument>"""


def test_mail_zip_pdf_and_the_envelope_of_an_access_point_are_taken_from_a_folder(tmp_path: Path) -> None:
    place = workplace(tmp_path)
    inbox = place / "inbox"
    (inbox / "a.eml").write_bytes(mail("a", ("eins.xml", INVOICE), ("zwei.xml", other("-zwei"))))
    with zipfile.ZipFile(inbox / "b.zip", "w") as made:
        made.writestr("drei.xml", other("-drei"))
        made.writestr("vier.xml", other("-vier"))
    body = other("-fuenf").partition(b"?>")[2]
    (inbox / "c.xml").write_bytes(SBDH % body)
    assert once(place).problems == []
    found = [(name, path, verdict) for name, path, _, verdict, _ in end_state(place)["invoices"]]
    assert [row[:2] for row in found] == [
        ("a.eml", "eins.xml"),
        ("a.eml", "zwei.xml"),
        ("b.zip", "drei.xml"),
        ("b.zip", "vier.xml"),
        ("c.xml", found[4][1]),
    ]
    assert {row[2] for row in found} == {"accepted"}
    assert len(archived(place)) == 3
    assert differences(place) == []


def other(suffix: str) -> bytes:
    """The same invoice under another number."""
    return INVOICE.replace(b"</cbc:ID>", suffix.encode() + b"</cbc:ID>", 1)


def test_what_names_no_town_goes_to_that_of_its_source(tmp_path: Path) -> None:
    place = workplace(
        tmp_path, f'name = "stadt"\npath = "{tmp_path}/stadt"\nquiet_seconds = 0\ntenant = "beispielhausen"'
    )
    (tmp_path / "stadt").mkdir()
    (tmp_path / "stadt" / "a.xml").write_bytes(NOBODYS)
    (tmp_path / "stadt" / "b.xml").write_bytes(INVOICE)
    (place / "inbox" / "c.xml").write_bytes(NOBODYS + b"\n")
    assert once(place).problems == []
    with at(place) as here, here.store.reading() as session:
        towns = {one.id: one.name for one in session.exec(select(Tenant))}
        found = {row.file: towns.get(row.tenant_id) for row in session.exec(select(Invoice))}
    assert found == {"a.xml": "beispielhausen", "b.xml": "musterlippe", "c.xml": None}
    assert differences(place) == []


def test_what_comes_again_after_it_was_routed_leaves_no_stray(tmp_path: Path, store_url: str) -> None:
    """As when a host dies between keeping files and setting them aside, and another has routed them meanwhile."""
    place = workplace(tmp_path, url=store_url)
    with at(place) as here:
        first = receive(here, "upload", "a.xml", INVOICE, once="4711")
        run(here)
        assert not here.archive.has("arrivals", first.sha256)
        for _ in range(2):
            assert receive(here, "upload", "a.xml", INVOICE, once="4711").known
            assert differences(place) == []
        run(here)
        assert not here.archive.has("arrivals", first.sha256)
        assert differences(place) == []
        assert not receive(here, "other", "a.xml", INVOICE, once="4711").known
        run(here)
    assert differences(place) == []


def test_an_upload_is_durable_and_the_same_one_again_is_known(tmp_path: Path, store_url: str) -> None:
    place = workplace(tmp_path, url=store_url)
    with at(place) as here:
        first = receive(here, "upload", "a\0.xml", INVOICE, once="4711")
        again = receive(here, "upload", "a\0.xml", INVOICE, once="4711")
        third = receive(here, "upload", "b.xml", INVOICE)
        run(here)
    assert (first.known, again.known, third.known) == (False, True, False)
    assert again.delivery_id == first.delivery_id != third.delivery_id
    assert [row.same_as for row in deliveries(place)] == [None, first.delivery_id]
    assert archived(place) == {first.sha256: INVOICE}
    assert len(end_state(place)["payable"]) == 1


@pytest.mark.parametrize("after", ["move", "keep"])
def test_a_name_that_is_no_text_is_a_name(tmp_path: Path, after: str) -> None:
    place = workplace(tmp_path, f'name = "x"\npath = "{tmp_path}/x"\nquiet_seconds = 0\nafter = "{after}"')
    (tmp_path / "x").mkdir()
    path = Path(os.fsdecode(os.fsencode(tmp_path / "x") + b"/r\xe4chnung.xml"))
    path.write_bytes(INVOICE)
    assert once(place).received == 1
    assert once(place).idle
    assert path.exists() == (after == "keep")
    assert deliveries(place)[0].name == "r\\xe4chnung.xml"


def test_no_more_at_a_time_than_a_source_says(tmp_path: Path) -> None:
    place = workplace(tmp_path, f'name = "x"\npath = "{tmp_path}/x"\nquiet_seconds = 0\nlimit_count = 2')
    (tmp_path / "x").mkdir()
    for number in range(5):
        (tmp_path / "x" / f"{number}.xml").write_bytes(b"<a/>%d" % number)
    assert [once(place).received for _ in range(4)] == [2, 2, 1, 0]


def test_a_source_is_fetched_when_its_time_has_come_or_when_it_is_named(
    tmp_path: Path, store_url: str
) -> None:
    place = workplace(
        tmp_path, f'name = "x"\npath = "{tmp_path}/x"\nquiet_seconds = 0\nevery = "1h"', url=store_url
    )
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.xml").write_bytes(b"<a/>")
    assert once(place).received == 1
    (tmp_path / "x" / "b.xml").write_bytes(b"<b/>")
    assert once(place).idle
    looked = call("run", "--dry-run", "--config", str(place))
    assert (looked.code, rows(looked)[1][:5]) == (0, ["x", "folder", "1", "4", "nein"])
    named = call("run", "--source", "x", "--config", str(place), lang="en")
    assert named.code == 0
    assert "b.xml" in named.out
    assert call("run", "--source", "nix", "--config", str(place)).code == 2


def test_an_empty_source_that_is_looked_at_all_the_time_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workplace(tmp_path)
    notes, move = list[dict[str, object]](), move_cursor

    def noted(here: Opened, source: int, value: dict[str, object]) -> None:
        notes.append(value)
        move(here, source, value)

    monkeypatch.setattr(fetching, "move_cursor", noted)
    counts = []
    for act in ("look", "look", "come", "look", "wait", "fail", "look"):
        if act == "come":
            (place / "inbox" / "a.xml").write_bytes(INVOICE)
        monkeypatch.setattr(fetching, "_NOTED", timedelta(seconds=-1 if act == "wait" else 300))
        (place / "inbox").rename(place / ("away" if act == "fail" else "inbox"))
        once(place)
        if act == "fail":
            (place / "away").rename(place / "inbox")
        counts.append(len(notes))
    assert counts == [1, 1, 2, 2, 3, 4, 5]
    assert "failed" not in notes[-1]


def test_doctor_visits_each_source(tmp_path: Path) -> None:
    place = workplace(tmp_path, f'name = "x"\npath = "{tmp_path}/x"', f'name = "y"\npath = "{tmp_path}"')
    told = call("doctor", "--sources", "--config", str(place))
    lines = [line for line in told.out.splitlines() if "(folder)" in line]
    assert told.code == 1
    assert [line.partition(":")[0] for line in lines] == ["gut", "MANGEL", "gut"]
    assert f"{tmp_path}/x" in lines[1]
    assert "y (folder): erreichbar, 0 bereit" in lines[2]
    assert deliveries(place) == []
