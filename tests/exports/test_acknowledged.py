"""The whole way of a batch by the commands: exported, answered by the accounting system's file, back at the clerk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.approval import acts
from einvoice.pipeline.workplace import Opened
from einvoice.store.tables import BatchRow, Event, Invoice
from einvoice.store.verify import verify
from tests.approval.demo import demo, on_both
from tests.exports.closing import close, who
from tests.interfaces.calls import Result, call

CASH, HEAD = "Karin Kruse", "Rechnungsnummer;Beleg;Status;Fehler\r\n"


@pytest.fixture
def place(tmp_path: Path, store: str) -> Iterator[Opened]:
    with demo(tmp_path, store) as here:
        yield here


def told(place: Opened, *arguments: str, person: str = CASH) -> Result:
    return call(*arguments, "--config", str(place.workplace.file), "--as", person)


def answered(place: Opened, folder: Path, *lines: str, person: str = CASH) -> Result:
    file = folder / "antwort.csv"
    file.write_bytes((HEAD + "".join(f"{line}\r\n" for line in lines)).encode("cp1252"))
    return told(place, "batch", "acknowledge-file", "1", str(file), "--profile", "hkr-csv", person=person)


def states(place: Opened) -> dict[str, str]:
    with place.store.reading() as session:
        rows = session.exec(select(BatchRow).where(BatchRow.batch_id == 1).order_by(col(BatchRow.position)))
        numbers = [row.invoice_id for row in rows]
        return {
            str(one.number): one.state for one in (session.get_one(Invoice, number) for number in numbers)
        }


@on_both
def test_what_the_accounting_system_rejects_is_back_at_the_clerk_and_can_be_paid_anew(
    place: Opened, tmp_path: Path
) -> None:
    close(place, 2)
    first, second = states(place)
    good, bad = f"{first};4711;OK;", f"{second};;FEHLER;Kreditor gesperrt"
    early = answered(place, tmp_path, good, bad)
    assert early.code == 1, "nothing was exported yet"
    assert told(place, "batch", "export", "1", "--format", "hkr-csv", "-o", str(tmp_path / "kasse")).code == 0
    assert set(states(place).values()) == {"exported"}
    for lines, said in (
        ((good, "FREMD-1;1;OK;"), "FREMD-1"),
        ((f"{first};;UNKLAR;",), "UNKLAR"),
    ):
        refused = answered(place, tmp_path, *lines)
        assert (refused.code, said in refused.err) == (1, True), refused.err
    assert answered(place, tmp_path, good, bad, person="Sabine Sander").code == 1
    assert set(states(place).values()) == {"exported"}, "all or nothing"

    done = answered(place, tmp_path, good, bad)
    assert done.code == 0, done.err
    assert states(place) == {first: "acknowledged", second: "routed"}
    again = answered(place, tmp_path, good, bad)
    assert again.code == 0
    assert answered(place, tmp_path, good, f"{second};4712;OK;").code == 1
    assert states(place) == {first: "acknowledged", second: "routed"}

    with place.store.reading() as session:
        back = session.exec(select(Invoice).where(Invoice.number == second)).one().id or 0
        events = session.exec(select(Event).where(Event.kind == "batch-acknowledged")).all()
    assert len(events) == 1
    shown = told(place, "inbox", "show", str(back), person="Sabine Sander")
    assert "Kreditor gesperrt" in shown.out
    acts.confirm(place.store, who(place, "Sabine Sander"), back)
    acts.authorise(place.store, who(place, "Anton Albers"), back)
    assert told(place, "batch", "build", "--tenant", "musterlippe").code == 0
    assert told(place, "batch", "close", "2").code == 0
    assert told(place, "batch", "export", "2", "--format", "hkr-csv", "-o", str(tmp_path / "kasse")).code == 0
    assert states(place) == {first: "acknowledged", second: "exported"}
    assert list(verify(place.store, place.archive)) == []
