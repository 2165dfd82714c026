"""The cash office's pages: built, checked, closed, exported, fetched byte for byte, acknowledged, reopened by two."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.approval.batches import rows_of
from einvoice.exports.delivery import export
from einvoice.store.tables import Batch, Event, Export, Invoice
from einvoice.store.verify import verify
from tests.interfaces.web.paying import NUMBERS, authorised, exported
from tests.interfaces.web.town import Browser, Site, send, site


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("batches")) as made:
        authorised(made, *NUMBERS)
        yield made


def state(here: Site, number: int) -> tuple[str, list[str]]:
    """The state of a batch, and of the invoices in it."""
    with here.place.store.reading() as session:
        ids = [row.invoice_id for row in rows_of(session, number)]
        invoices = session.exec(
            select(Invoice.state).where(col(Invoice.id).in_(ids)).order_by(col(Invoice.id))
        )
        return session.exec(select(Batch.state).where(Batch.id == number)).one(), list(invoices)


def test_a_batch_from_the_first_click_to_its_acknowledgement(here: Site, tmp_path: Path) -> None:
    cash = here.browser("cash")
    assert "Stapel bilden" in cash.get("/batches").text
    assert "Stapel bilden" not in here.browser("audit").get("/batches").text
    new = "/batches/new/musterlippe"
    assert all(number in cash.get(new).text for number in NUMBERS)
    assert NUMBERS[1] not in cash.get(new, params={"most": "1.000,00"}).text
    assert cash.get(new, params={"due": "gestern"}).status_code == 422
    assert send(cash, new, act="picked").status_code == 422
    assert send(here.browser("confirmer"), new, act="all").status_code == 409
    made = send(cash, new, f"{new}?most=1.000,00", act="all", title="Juni")
    assert made.status_code == 303, made.text
    page = made.headers["location"].partition("?")[0]
    number = int(page.rpartition("/")[2])
    assert state(here, number) == ("open", ["batched"])
    text = cash.get(made.headers["location"]).text
    assert "Stapel gebildet." in text
    assert "S 19 %" in text
    assert "506,20" in text

    seen = re.search(r'name="version" value="(\w+)"', text)
    assert seen
    assert send(cash, page, act="take-out", pick=1, words="").status_code == 409
    assert send(here.browser("audit"), page, act="close", version=seen[1]).status_code == 409
    assert send(cash, page, act="close").headers["location"] == f"{page}?done=close"
    late = send(cash, page, act="close", version=seen[1])
    assert late.status_code == 412
    assert "hat sich geändert" in late.text
    assert (
        send(cash, page, f"{page}/export", form="datev-xml").status_code == 422
    )  # on trial, and not switched on
    refused = send(cash, page, f"{page}/export", form="sepa")
    assert refused.status_code == 409, refused.text
    assert re.search(r'<option value="sepa" selected>', refused.text)  # the choice stays
    assert send(cash, page, f"{page}/export", form="csv").status_code == 303
    assert (
        send(cash, page, f"{page}/export", form="csv").status_code == 303
    )  # a second click makes no second file
    file = _fetched(here, cash, page, number, tmp_path)
    assert send(cash, page, act="accept", pick=1, words="4711").status_code == 303
    assert state(here, number) == ("acknowledged", ["acknowledged"])
    assert "angenommen: <bdi>4711" in cash.get(page).text
    assert send(cash, page, act="reopen", words="Irrtum", version="x").status_code == 409
    with here.place.store.reading() as session:
        subjects = [f"batch/{number}", f"export/{file.id}"]
        kinds = set(session.exec(select(Event.kind).where(col(Event.subject).in_(subjects))))
    assert {"batch-built", "batch-closed", "export-made", "batch-exported", "batch-acknowledged"} <= kinds
    assert {"looked", "export-fetched", "act-refused"} <= kinds
    assert verify(here.place.store, here.place.archive) == []


def _fetched(here: Site, cash: Browser, page: str, number: int, folder: Path) -> Export:
    """The one file of a batch: a download, byte for byte what the command writes; and the sheet."""
    with here.place.store.reading() as session:
        files = session.exec(
            select(Export).where(Export.batch_id == number, Export.target == "archive")
        ).all()
    (file,) = files
    answer = cash.get(f"{page}/files/{file.id}")
    (written,) = export(here.place.store, here.place.archive, here.actor("cash"), number, "csv", folder)
    assert answer.content == written.read_bytes()
    assert hashlib.sha256(answer.content).hexdigest() == file.sha256
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    sheet = cash.get(f"{page}/sheet")
    assert sheet.content.startswith(b"%PDF-")
    assert sheet.headers["content-disposition"].startswith("attachment;")
    return file


def test_rejected_rows_go_back_and_two_persons_reopen(tmp_path: Path) -> None:
    with site(tmp_path) as here:
        number = exported(here)
        page, cash = f"/batches/{number}", here.browser("cash")
        assert send(cash, page, act="reopen", words="Datei nicht angenommen").status_code == 303
        with here.place.store.reading() as session:
            assert session.exec(select(Batch.state).where(Batch.id == number)).one() == "exported"
        proposal = re.search(rf"{page}/proposal/(\d+)", cash.get(page).text)
        assert proposal
        assert send(cash, page, proposal[0], act="agree").status_code == 409
        assert send(here.browser("audit"), page, proposal[0], act="agree").status_code == 409
        assert send(here.browser("authoriser"), page, proposal[0], act="decline").status_code == 303
        assert send(cash, page, act="reject", pick=1, words="").status_code == 409
        assert send(cash, page, act="reject", pick=1, words="Kreditor gesperrt").status_code == 303
        assert state(here, number) == ("exported", ["routed", "exported"])
        rows = b"Rechnung;Ergebnis;Grund;Beleg\r\n"
        wrong = send(cash, page, f"{page}/answer", {"file": ("antwort.csv", rows)}, profile="hkr-csv")
        assert wrong.status_code == 409, here.log.getvalue()
        assert (
            send(cash, page, f"{page}/answer", {"file": ("a.csv", rows)}, profile="../x").status_code == 422
        )
        assert send(cash, page, act="accept-rest").status_code == 303
        assert state(here, number) == ("acknowledged", ["routed", "acknowledged"])


def test_two_persons_reopen_a_batch(tmp_path: Path) -> None:
    with site(tmp_path) as here:
        number = exported(here)
        page, cash, second = f"/batches/{number}", here.browser("cash"), here.browser("authoriser")
        send(cash, page, act="reopen", words="Datei nicht angenommen")
        proposal = re.search(rf"{page}/proposal/(\d+)", cash.get(page).text)
        assert proposal
        assert send(second, page, proposal[0], act="agree").status_code == 303
        assert state(here, number) == ("reopened", ["authorised", "authorised"])


def test_another_town_s_batches_are_not_there(here: Site) -> None:
    other = here.browser("other")
    assert "musterlippe" not in other.get("/batches").text.lower()
    for path in ("/batches/1", "/batches/1/sheet", "/batches/1/files/1", "/batches/new/musterlippe"):
        real, never = (
            other.get(path),
            other.get(path.replace("1", "98765").replace("musterlippe", "nirgends")),
        )
        assert (real.status_code, never.status_code) == (404, 404)
