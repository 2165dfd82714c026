"""Conditions of a chain on a real document, and rejected invoices taken over where the chain allows it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from einvoice.approval import acts
from einvoice.approval.chain import DEFAULT, POLICY
from einvoice.approval.persons import Actor, actor
from einvoice.approval.progress import progress
from einvoice.approval.proposals import propose
from einvoice.errors import Refused, Unchecked
from einvoice.pipeline import chains
from einvoice.pipeline.chains import fit
from einvoice.pipeline.house import part_of
from einvoice.pipeline.taking_over import take_over
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Delivery, Invoice, Posting
from tests.interfaces.calls import call
from tests.pipeline.place import SAMPLE, demo, differences, once

REJECTED = "08-falsche-summe.xml"
CLERK, HEAD = "Sabine Sander", "Anton Albers"


def place_with(folder: Path, *samples: str) -> Path:
    place = demo(folder, *samples)
    once(place)
    return place


def at(place: Path) -> Any:
    return opened(read_workplace(place / "einvoice.toml"))


def set_chain(here: Opened, town: str, **more: Any) -> None:
    table = {**DEFAULT.stored(), **more}
    service = Actor(people.SERVICE, "einvoice", True)
    propose(here.store, service, "policy", POLICY, town, table)


def needed(here: Opened, number: int) -> list[str]:
    with here.store.reading() as session:
        return [step.act for step in progress(session, session.get_one(Invoice, number)).needed]


def test_a_condition_is_asked_of_the_document(tmp_path: Path) -> None:
    place = place_with(tmp_path, SAMPLE)
    with at(place) as here:
        for when, fits in (
            ("invoice.number and any(one.price > 0.01 for one in invoice.lines if one.price)", True),
            ("invoice.number == 'X'", False),
        ):
            set_chain(here, "musterlippe", step=[*DEFAULT.stored()["step"], {"act": "visa", "when": when}])
            assert needed(here, 1)[-1] == "visa"  # nobody has looked yet
            assert (fit(here), fit(here)) == (1, 0)
            assert (needed(here, 1)[-1] == "visa") == fits
    assert differences(place) == []


def test_a_run_asks_the_conditions_of_what_came_and_after_a_change_of_the_chain(tmp_path: Path) -> None:
    place = demo(tmp_path, SAMPLE)
    step = {"act": "visa", "when": "invoice.number == 'X'"}
    with at(place) as here:
        set_chain(here, "musterlippe", step=[*DEFAULT.stored()["step"], step])
        once(place)
        assert (needed(here, 1)[-1], fit(here)) == ("authorise", 0)
        set_chain(
            here,
            "musterlippe",
            step=[*DEFAULT.stored()["step"], {**step, "when": "invoice.number and invoice.number != 'X'"}],
        )
        assert needed(here, 1)[-1] == "visa"
        once(place)
        assert (needed(here, 1)[-1], fit(here)) == ("visa", 0)
    assert differences(place) == []


def test_a_condition_that_cannot_be_asked_is_met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_with(tmp_path, SAMPLE)
    with at(place) as here:
        step = {"act": "visa", "when": "invoice.number == 'X'"}
        set_chain(here, "musterlippe", step=[*DEFAULT.stored()["step"], step])
        monkeypatch.setattr("einvoice.pipeline.chains.part_of", lambda *_: b"<broken")
        assert fit(here) == 1
        assert needed(here, 1)[-1] == "visa"


def test_a_document_that_cannot_be_opened_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_with(tmp_path, SAMPLE, "02-gutschrift.xml")
    with at(place) as here:
        step = {"act": "visa", "when": "invoice.number == 'X'"}
        with here.store.reading() as session:
            towns = {one.id: one.name for one in people.tenants(session)}
            rows = session.exec(select(Invoice).order_by(Invoice.id)).all()  # type: ignore[arg-type]
        for row in rows:
            set_chain(here, towns[row.tenant_id], step=[*DEFAULT.stored()["step"], step])
        real = part_of

        def dying(opened: Opened, delivery: Delivery, invoice: Invoice, area: str) -> bytes:
            if invoice.id == rows[0].id:
                raise Unchecked("took too long")
            return real(opened, delivery, invoice, area)

        monkeypatch.setattr("einvoice.pipeline.chains.part_of", dying)
        assert once(place).problems == []
        last = {row.id: needed(here, row.id or 0)[-1] for row in rows}
        assert [last[row.id] for row in rows] == ["visa", "authorise"]
        assert fit(here) == 0
    assert differences(place) == []


def test_what_cannot_be_looked_at_is_a_problem_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = demo(tmp_path, SAMPLE)

    def failing(_: Opened) -> int:
        raise Unchecked("no child")

    monkeypatch.setattr("einvoice.pipeline.run.fit", failing)
    assert [str(one) for one in once(place).problems] == ["no child"]


def test_who_waits_is_found_out_without_the_invoices_and_kept_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, keep = place_with(tmp_path), chains._keep
    with at(place) as here:
        step = {"act": "visa", "when": "invoice.number == 'X'"}
        with here.store.reading() as session:
            towns = [one.name for one in people.tenants(session)]
        for town in towns:
            set_chain(here, town, step=[*DEFAULT.stored()["step"], step])
        asked, kept = list[str](), list[object]()
        event.listen(here.store.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        monkeypatch.setattr("einvoice.pipeline.chains._keep", lambda *said: kept.append(keep(*said)))
        assert fit(here) > 2
        assert len(kept) == 1
        asked.clear()
        assert fit(here) == 0
        assert not [text for text in asked if "invoice.search" in text]
    assert differences(place) == []


def test_a_rejected_invoice_is_taken_over_only_where_the_chain_says_so(tmp_path: Path) -> None:
    place = place_with(tmp_path, REJECTED)
    with at(place) as here:
        clerk, head = actor(here.store, CLERK), actor(here.store, HEAD)
        with here.store.reading() as session:
            found = session.exec(select(Invoice).where(Invoice.state == "rejected")).all()
            names = {town.id: town.name for town in people.tenants(session)}
        (row,) = [one for one in found if one.tenant_id is not None and one.gross is not None][:1]
        number, town = row.id or 0, names[row.tenant_id]
        with pytest.raises(Refused, match="take_over"):
            take_over(here, clerk, number, "nur das Format")
        set_chain(here, town, take_over=True)
        for who, reason in ((clerk, " "), (head, "x")):
            with pytest.raises(Refused):
                take_over(here, who, number, reason)
        take_over(here, clerk, number, "nur das Format")
        with here.store.reading() as session:
            row = session.get_one(Invoice, number)
            assert (row.verdict, row.state) == ("rejected", "routed")
            assert session.exec(select(Posting).where(Posting.invoice_id == number)).first() is not None
        assert acts.confirm(here.store, clerk, number)
        assert acts.undo(here.store, clerk, number, "x") == "confirm-arithmetic"
    assert differences(place) == []


def test_the_command_sets_and_shows_a_chain(tmp_path: Path) -> None:
    place = place_with(tmp_path, SAMPLE)
    config = ("--config", str(place / "einvoice.toml"))
    file = tmp_path / "chain.toml"
    file.write_text('[chain]\n[[chain.step]]\nact = "authorise"\n')
    wrong = call("tenant", "chain", "musterlippe", str(file), *config)
    assert (wrong.code, wrong.err.startswith(f"einvoice: {file}: chain: step")) == (2, True)
    text = "\n".join(f'[[chain.step]]\nact = "{one["act"]}"\ndays = 3' for one in DEFAULT.stored()["step"])
    file.write_text(f"[chain]\n{text}\n")
    done = call("tenant", "chain", "musterlippe", str(file), *config)
    assert (done.code, done.out.count("days = 3")) == (0, 3)
    listed = call("approve", "list", "--mine", "--as", CLERK, *config)
    assert listed.out.count("sachlich richtig") == 1
    assert call("freigabe", "bestätigen", "--mine", "--as", CLERK, *config).code == 0
    assert call("approve", "confirm", "1", "--mine", "--as", CLERK, *config).code == 2
