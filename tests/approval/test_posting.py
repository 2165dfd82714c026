"""Postings and deductions: exact to the cent, signed by whoever confirms, begun anew when changed."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from einvoice.approval import acts, batches, booked, deductions, persons, retained, splitting
from einvoice.approval.deductions import Off
from einvoice.approval.persons import Actor
from einvoice.approval.postings import Part, part_of
from einvoice.approval.postings import rows as postings_of
from einvoice.approval.said import money, said
from einvoice.errors import Refused, UsageError
from einvoice.intake.positions import Line
from einvoice.pipeline.posting import lines
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store.tables import Act, Invoice, Posting
from einvoice.store.verify import verify
from tests.approval.demo import demo
from tests.pipeline import place as places

CLERK, HEAD, CASH = "Sabine Sander", "Anton Albers", "Karin Kruse"
FIRST, SECOND, REJECTED = 1, 4, 9


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with demo(tmp_path) as made:
        yield made


@pytest.fixture
def one(tmp_path: Path, store_url: str) -> Iterator[Opened]:
    """A workplace with one invoice, on both databases; on PostgreSQL others may act at once."""
    folder = places.demo(tmp_path, places.SAMPLE, url=store_url)
    places.once(folder)
    with opened(read_workplace(folder / "einvoice.toml")) as made:
        yield made


def who(place: Opened, name: str = CLERK) -> Actor:
    return persons.actor(place.store, name)


def invoice(place: Opened, number: int = FIRST) -> Invoice:
    with place.store.reading() as session:
        return session.exec(select(Invoice).where(Invoice.id == number)).one()


def postings(place: Opened, number: int = FIRST) -> list[Posting]:
    with place.store.reading() as session:
        return postings_of(session, number)


def holds(place: Opened, number: int = FIRST) -> None:
    """What must be so at any time: the sums, and the proof of the store."""
    rows, row = postings(place, number), invoice(place, number)
    assert sum(one.amount or 0 for one in rows) == row.approved
    assert sum(one.full or 0 for one in rows) == row.gross
    assert all(one.amount == (one.net or 0) + (one.vat or 0) for one in rows)
    assert verify(place.store, place.archive) == []


def test_what_the_invoice_says_is_paid_is_not_paid_again(place: Opened) -> None:
    assert (invoice(place).gross, invoice(place).approved) == (Decimal("606.20"), invoice(place).payable)
    holds(place)


def test_what_is_passed_on_to_others_is_booked_beside_the_total_without_vat(place: Opened) -> None:
    row, found = invoice(place, 12), postings(place, 12)
    assert (row.gross, row.payable, row.approved) == (
        Decimal("1190.00"),
        Decimal("1215.00"),
        Decimal("1215.00"),
    )
    assert [(one.amount, one.vat) for one in found] == [
        (Decimal("1190.00"), Decimal("190.00")),
        (Decimal("25.00"), Decimal("0.00")),
    ]
    parts = [splitting.part_of(text) for text in ("50% kst=1", "rest kst=2")]
    booked.split(place.store, who(place), 12, parts)
    assert [one.amount for one in postings(place, 12)] == [
        Decimal("595.00"),
        Decimal("595.00"),
        Decimal("25.00"),
    ]
    holds(place, 12)


def test_a_posting_is_set_split_and_cut_and_stays_exact(one: Opened) -> None:
    clerk = who(one)
    booked.split(one.store, clerk, FIRST, "line", lines(one, FIRST))
    assert [row.line for row in postings(one)] == ["1", "2"]
    booked.place(one.store, clerk, FIRST, said("konto=5231 kst=4010"), [2])
    assert [row.account for row in postings(one)] == ["5400", "5231"]
    off = Off("cut", "Nur 4 von 5 geliefert", Decimal("23.99"), line=lines(one, FIRST)[1])
    assert deductions.deduct(one.store, clerk, FIRST, off) == Decimal("482.21")
    holds(one)
    before = [row.amount for row in postings(one)]
    deductions.deduct(
        one.store, clerk, FIRST, Off("retention", "Gewähr", percent=Decimal(5), until=date(2030, 1, 1))
    )
    holds(one)
    deductions.take_back(one.store, clerk, FIRST, 3, "Bürgschaft liegt vor")
    assert [row.amount for row in postings(one)] == before
    parts = [splitting.part_of(text) for text in ("1/3 kst=1", "1/3 kst=2", "1/3 kst=3")]
    booked.split(one.store, clerk, FIRST, parts)
    assert {row.cost_centre for row in postings(one)} == {"1", "2", "3"}
    holds(one)


def test_a_change_after_the_signature_asks_for_it_again(one: Opened) -> None:
    clerk, head = who(one), who(one, HEAD)
    for change in (
        lambda: booked.place(one.store, clerk, FIRST, said("konto=6000")),
        lambda: deductions.deduct(one.store, clerk, FIRST, Off("cut", "Mangel", Decimal("1.00"))),
        lambda: deductions.take_back(one.store, clerk, FIRST, 2, "behoben"),
    ):
        acts.confirm(one.store, clerk, FIRST)
        acts.authorise(one.store, head, FIRST)
        change()
        row = invoice(one)
        assert (row.state, row.factual_by, row.authorised_by) == ("routed", None, None)
        with pytest.raises(Refused):
            acts.authorise(one.store, head, FIRST)
    holds(one)


def test_the_same_again_is_no_change(place: Opened) -> None:
    acts.confirm(place.store, who(place), FIRST)
    account = str(postings(place)[0].account)
    booked.place(place.store, who(place), FIRST, {"account": account})
    assert invoice(place).state == "confirmed"


def test_what_is_approved_is_what_a_batch_holds(place: Opened) -> None:
    deductions.deduct(place.store, who(place), FIRST, Off("cut", "Mangel", Decimal("100.00")))
    acts.confirm(place.store, who(place), FIRST)
    acts.authorise(place.store, who(place, HEAD), FIRST)
    cash = who(place, CASH)
    batch = batches.build(place.store, cash, "musterlippe", [FIRST])
    batches.close(place.store, cash, batch)
    with place.store.reading() as session:
        (row,) = batches.rows_of(session, batch)
    assert row.amount == Decimal("406.20")
    for act in (
        lambda: booked.place(place.store, who(place), FIRST, {"account": "1"}),
        lambda: deductions.deduct(place.store, who(place), FIRST, Off("cut", "Mangel", Decimal("1.00"))),
    ):
        with pytest.raises(Refused, match="batched"):
            act()


def test_who_may_not_is_refused(place: Opened) -> None:
    for name in (HEAD, CASH):
        with pytest.raises(Refused):
            booked.place(place.store, who(place, name), FIRST, {"account": "1"})
    with pytest.raises(Refused, match="rejected"):
        booked.place(place.store, who(place), REJECTED, {"account": "1"})
    with pytest.raises(Refused, match="reason"):
        deductions.deduct(place.store, who(place), FIRST, Off("cut", "  ", Decimal(1)))
    with pytest.raises(Refused, match="would be taken off"):
        deductions.deduct(place.store, who(place), FIRST, Off("cut", "alles und mehr", Decimal(600)))
    holds(place)


def test_a_retained_sum_is_listed_and_released(place: Opened) -> None:
    off = Off("retention", "Gewährleistung", percent=Decimal(5), until=date(2030, 11, 30))
    deductions.deduct(place.store, who(place), FIRST, off)
    with place.store.reading() as session:
        (kept,) = retained.retained(session)
    assert (kept.amount, kept.until, kept.number) == (Decimal("30.31"), "2030-11-30", 2)
    assert retained.release(place.store, who(place), FIRST, 2, "Bürgschaft") is None
    with place.store.reading() as session:
        assert retained.retained(session) == []
        kinds = [act.kind for act in session.exec(select(Act).where(Act.invoice_id == FIRST))]
    assert kinds == ["deduct", "take-back"]


def test_amounts_are_read_as_offices_write_them_and_never_guessed() -> None:
    for text, value in (
        ("1.234,50", "1234.50"),
        ("1234.5", "1234.50"),
        ("50", "50.00"),
        ("1,234.50 €", "1234.50"),
    ):
        assert money(text) == Decimal(value)
    for text in ("1.234", "1,2,3", "12,345", "zehn", "", "1e5", "١٢"):
        with pytest.raises(UsageError):
            money(text)


def test_codes_are_read_in_either_language_and_mistakes_are_named() -> None:
    assert said('konto=5400 Kostenstelle=4010 text="Schule am Markt"') == {
        "account": "5400",
        "cost_centre": "4010",
        "text": "Schule am Markt",
    }
    for text in ("konto", "farbe=rot", "konto=1 account=2", "jahr=26", f"kst={'9' * 41}", 'text="offen'):
        with pytest.raises(UsageError):
            said(text)


WRONG_PARTS = {
    "less than all": ("50%", "40%"),
    "more than all": ("60%", "60%"),
    "amounts that miss": ("100,00", "200,00"),
    "amounts and percentages without a rest": ("100,00", "50%"),
    "two rests": ("rest", "rest"),
    "a line there is not": ("zeile:9", "rest"),
    "a line twice": ("zeile:1", "zeile:1", "rest"),
    "a line left out": ("zeile:1",),
    "lines and shares": ("zeile:1", "50%", "rest"),
    "more than there is and a rest": ("700,00", "rest"),
}


@pytest.mark.parametrize("wrong", WRONG_PARTS)
def test_parts_that_do_not_make_up_the_invoice_are_refused(wrong: str) -> None:
    parts, known = _parts([("S", "19", "500.00"), ("S", "7", "100.00")]), _lines(["420.17", "93.46"])
    with pytest.raises(UsageError):
        splitting.by_shares(parts, [splitting.part_of(text) for text in WRONG_PARTS[wrong]], known)


def _parts(groups: list[tuple[str, str, str]]) -> list[Part]:
    found = []
    for category, rate, gross in groups:
        vat = (Decimal(gross) * Decimal(rate) / (100 + Decimal(rate))).quantize(Decimal("0.01"))
        found.append(Part(Decimal(gross), Decimal(gross) - vat, vat, Decimal(rate), category))
    return found


def _lines(nets: list[str]) -> list[Line]:
    rates = [Decimal(19), Decimal(7)]
    return [
        Line(str(n), Decimal(net), "S", rates[(n + 1) % 2], f"Zeile {n}") for n, net in enumerate(nets, 1)
    ]


cents = st.integers(1, 5_000_000).map(lambda n: f"{n / 100:.2f}")
share = st.one_of(st.integers(1, 50).map(lambda n: f"{n}%"), cents)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(cents, min_size=1, max_size=3),
    st.lists(share, min_size=1, max_size=5),
    st.lists(cents, min_size=0, max_size=6),
)
def test_any_split_keeps_every_vat_group_to_the_cent(
    groups: list[str], wanted: list[str], nets: list[str]
) -> None:
    parts = _parts([("S", rate, gross) for rate, gross in zip(("19", "7", "0"), groups, strict=False)])
    found = splitting.by_line(parts, _lines(nets))
    try:
        found = splitting.by_shares(found, [splitting.part_of(one) for one in (*wanted, "rest")])
    except UsageError:  # shares that make up too much: what was stays
        assert found
    for part in parts:
        same = [one for one in found if one.group == part.group]
        for name in ("amount", "net", "vat"):
            assert sum(getattr(one, name) for one in same) == getattr(part, name)
        assert all(one.net + one.vat == one.amount for one in same)


def test_a_row_from_before_deductions_is_read_in_full() -> None:
    row = Posting(tenant_id=1, invoice_id=1, position=1, amount=Decimal("119.00"), vat=Decimal("19.00"))
    assert (part_of(row).amount, part_of(row).net) == (Decimal("119.00"), Decimal("100.00"))
