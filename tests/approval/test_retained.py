"""A retained sum that is released after its invoice was handed over is paid: once, wholly, by two persons."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval import acknowledging, acts, batches, deductions, linked, persons, retained
from einvoice.approval.acknowledging import Answer
from einvoice.approval.deductions import Off
from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.exports.delivery import export
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store.tables import BatchRow, Deduction, Invoice, Posting
from einvoice.store.verify import verify
from tests.exports.closing import close
from tests.pipeline import place as places

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"
ONE = 1


@pytest.fixture
def place(tmp_path: Path, store_url: str) -> Iterator[Opened]:
    """A workplace with one invoice, of which five percent are retained, handed over; on both databases."""
    folder = places.demo(tmp_path, places.SAMPLE, url=store_url)
    places.once(folder)
    with opened(read_workplace(folder / "einvoice.toml")) as made:
        off = Off("retention", "Gewährleistung", percent=Decimal("5.0"), until=date(2030, 11, 30))
        deductions.deduct(made.store, who(made), ONE, off)
        export(made.store, made.archive, who(made, CASH), close(made), "csv", tmp_path / "first")
        yield made


def who(place: Opened, name: str = CLERK) -> Actor:
    return persons.actor(place.store, name)


def which(place: Opened) -> int:
    """The place of the retention in the list of deductions."""
    with place.store.reading() as session:
        (kept,) = retained.retained(session)
    return kept.number


def freed(place: Opened) -> int:
    """The retained sum is released; under which number it is paid."""
    claim = retained.release(place.store, who(place), ONE, which(place), "Bürgschaft liegt vor")
    assert claim is not None
    return claim


def test_it_is_confirmed_authorised_and_handed_over_by_itself(place: Opened, tmp_path: Path) -> None:
    claim = freed(place)
    with place.store.reading() as session:
        whole, rest = session.get_one(Invoice, ONE), session.get_one(Invoice, claim)
        booked = [list(session.exec(select(Posting).where(Posting.invoice_id == n))) for n in (ONE, claim)]
        (kept,) = retained.retained(session)
        assert (kept.claim, rest.state, rest.skonto, rest.number) == (claim, "routed", [], whole.number)
        assert (rest.gross, rest.net, rest.vat) == (
            kept.amount,
            *(_sum(booked[1], n) for n in ("net", "vat")),
        )
        taken = sum(one.amount or 0 for one in session.exec(select(Deduction)) if one.kind != "retention")
        assert (whole.approved or 0) + (rest.approved or 0) + taken == whole.gross
        if not taken:
            assert sum(_sum(some, "vat") for some in booked) == whole.vat
        (member,) = linked.linked(session, rest)
        assert linked.member(session, rest).invoiced == 0
        assert member.invoiced == whole.gross
    acts.confirm(place.store, who(place), claim)
    with pytest.raises(Refused):
        acts.authorise(place.store, who(place), claim)
    acts.authorise(place.store, who(place, HEAD), claim)
    batch = batches.build(place.store, who(place, CASH), "musterlippe")
    batches.close(place.store, who(place, CASH), batch)
    (path,) = export(place.store, place.archive, who(place, CASH), batch, "csv", tmp_path / "second")
    assert f"Sicherheitseinbehalt {whole.number}" in path.read_text("utf-8-sig")
    with place.store.reading() as session:
        rows = list(session.exec(select(BatchRow)))
        assert sum(row.amount or 0 for row in rows) + taken == whole.gross
    assert run(place).problems == []
    assert verify(place.store, place.archive) == []


def _sum(rows: list[Posting], name: str) -> Decimal:
    return sum((getattr(row, name) for row in rows), Decimal("0.00"))


def test_never_twice_and_never_lost(place: Opened) -> None:
    number = which(place)

    def free(_: int) -> object:
        try:
            return retained.release(place.store, who(place), ONE, number, "Bürgschaft")
        except Refused as error:
            return error

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(free, range(2)))
    assert sorted(isinstance(one, int) for one in found) == [False, True]
    with pytest.raises(Refused, match="no sum that is retained"):
        retained.release(place.store, who(place), ONE, number, "noch einmal")
    acknowledging.acknowledge(place.store, who(place, CASH), 1, [Answer(1, False, reason="Konto gesperrt")])
    with pytest.raises(Refused, match="paid by itself"):
        deductions.take_back(place.store, who(place), ONE, number, "doch nicht")
    with place.store.reading() as session:
        (kept,) = session.exec(select(Deduction.id).where(Deduction.kind == "retention"))
        assert {row.position for row in session.exec(select(Invoice))} == {1, -(kept or 0)}
        assert session.get_one(Invoice, ONE).state == "routed"
    assert verify(place.store, place.archive) == []


def test_who_may_not_is_refused(place: Opened) -> None:
    for name in (HEAD, CASH):
        with pytest.raises(Refused):
            retained.release(place.store, who(place, name), ONE, which(place), "x")
    with pytest.raises(Refused, match="reason"):
        retained.release(place.store, who(place), ONE, which(place), " ")
