"""The municipal day: what postings must say, orders that do not suffice, instalments, standing orders, letters."""

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from einvoice.approval import acts, booked, dunning, linked, orders, persons, standing, standing_making
from einvoice.approval.fields import stored
from einvoice.approval.hints import hints
from einvoice.approval.persons import Actor
from einvoice.approval.postings import rows
from einvoice.approval.proposing import begin, known, proposal
from einvoice.errors import EinvoiceError, Refused
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Delivery, Invoice, Master
from einvoice.store.verify import verify
from tests.pipeline import place as places

CLERK, HEAD = "Sabine Sander", "Anton Albers"
FIRST = 1
SELLER = {"seller": "Hoch & Tief Bau GmbH", "seller_vat_id": "DE811222333", "supplier": "DE811222333"}


@pytest.fixture
def place(tmp_path: Path, store_url: str) -> Iterator[Opened]:
    """A demo workplace with one invoice of its own; more are made by the tests."""
    folder = places.demo(tmp_path, places.SAMPLE, url=store_url)
    places.once(folder)
    with opened(read_workplace(folder / "einvoice.toml")) as made:
        yield made


def who(place: Opened, name: str = CLERK) -> Actor:
    return persons.actor(place.store, name)


def made(place: Opened, gross: str = "119.00", **said: Any) -> int:
    """One more invoice of the town, routed and proposed as a run does it."""
    with place.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, "musterlippe")
        delivery = work.session.exec(select(Delivery)).first()
        assert delivery is not None
        count = len(work.session.exec(select(Invoice)).all())
        amounts: dict[str, Any] = {name: Decimal(said.pop(name, gross)) for name in ("gross", "payable")}
        values: dict[str, Any] = {
            "number": f"R-{count}",
            "issue_date": "2026-11-02",
            "type_code": "380",
            "state": "routed",
            "verdict": "accepted",
            **SELLER,
        }
        row = Invoice(
            delivery_id=delivery.id or 0, position=count + 1, file="a.xml", received=work.time,
            since=work.time, container="xml", syntax="ubl-invoice", currency="EUR",
            tenant_id=town.id, demo=True, **amounts, **{**values, **said},
        )  # fmt: skip
        vat = [{"BT-116": str(amounts["gross"]), "BT-117": "0.00", "BT-118": "E", "BT-119": "0"}]
        work.add(row)
        work.session.flush()
        work.add(*begin(work.session, [(row, {"vat": vat}, {})], work.time))
        work.event("invoice-arrived", row)
    return row.id or 0


def settings(place: Opened, **more: Any) -> None:
    with place.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, "musterlippe")
        people.set_policy(work, town, "posting", {"expense": "5400", "creditor": "70001", **more})


def order(place: Opened, code: str, open_amount: str, as_of: str = "2026-11-24", **said: Any) -> None:
    with place.store.writing(people.SERVICE) as work:
        town = people.tenant(work.session, "musterlippe")
        row = Master(
            tenant_id=town.id or 0, kind="order", code=code, text="Dach", open_amount=Decimal(open_amount),
            content={"as_of": as_of, **said},
        )  # fmt: skip
        work.add(row)
        work.session.flush()
        work.event("master-imported", row)


def get(place: Opened, number: int) -> Invoice:
    with place.store.reading() as session:
        return session.exec(select(Invoice).where(Invoice.id == number)).one()


def codes(place: Opened, number: int) -> list[str]:
    with place.store.reading() as session:
        return [
            one.code
            for one in hints(session, session.exec(select(Invoice).where(Invoice.id == number)).one())
        ]


def authorised(place: Opened, number: int) -> None:
    with place.store.writing(people.SERVICE) as work:  # the account is confirmed elsewhere: see test_bank
        row = work.session.get_one(Invoice, number)
        row.iban = row.means = None
        work.session.add(row)
        work.event("invoice-changed", row)
    acts.confirm(place.store, who(place), number)
    acts.authorise(place.store, who(place, HEAD), number)


FIELDS = {
    "product": {"required": True, "pattern": "[0-9]{6}"},
    "cost_centre": {"length": [3, 4], "master": True},
}


def test_what_a_posting_lacks_is_named_and_nothing_is_confirmed(place: Opened) -> None:
    settings(place, fields=FIELDS)
    number = made(place)
    with pytest.raises(Refused) as refused:
        acts.confirm(place.store, who(place), number)
    assert refused.value.said("de").count("Kontierung 1 (119.00): Produkt fehlt") == 1
    for wrong in ("12345", "abcdef"):
        booked.place(place.store, who(place), number, {"product": wrong})
        with pytest.raises(Refused, match=r"product .* does not fit"):
            acts.confirm(place.store, who(place), number)
    booked.place(place.store, who(place), number, {"product": "211101", "cost_centre": "40"})
    with pytest.raises(Refused, match="has not 3-4 characters"):
        acts.confirm(place.store, who(place), number)
    booked.place(place.store, who(place), number, {"cost_centre": "4010"})
    with pytest.raises(Refused, match="master data"):
        acts.confirm(place.store, who(place), number)
    booked.place(place.store, who(place), number, {"cost_centre": ""})
    acts.confirm(place.store, who(place), number)


WRONG_SETTINGS: dict[str, dict[str, Any]] = {
    "a field there is not": {"fields": {"farbe": {"required": True}}},
    "a check there is not": {"fields": {"product": {"needed": True}}},
    "a slow pattern": {"fields": {"product": {"pattern": "(a+)+b"}}},
    "master data of a text": {"fields": {"text": {"master": True}}},
    "a length of nothing": {"fields": {"product": {"length": 0}}},
    "a mode there is not": {"orders": {"overrun": "shout"}},
    "half of what DATEV needs": {"consultant": 29098},
}


@pytest.mark.parametrize("wrong", WRONG_SETTINGS)
def test_settings_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(EinvoiceError):
        stored(WRONG_SETTINGS[wrong])


def test_an_order_is_proposed_and_what_others_authorised_is_taken_off_once(place: Opened) -> None:
    settings(place, orders={"overrun": "block"})
    order(place, "MB-7", "300.00", contract="V-9")
    first, second, third = made(place, order_reference="MB-7"), made(place, contract="V-9"), made(place)
    booked.place(place.store, who(place), third, {"commitment": "MB-7"})
    with place.store.reading() as session:
        (one,) = rows(session, first)
        assert one.commitment == "MB-7"
        assert (one.proposed_from or {})["because"] == [{"by": "order", "order": "MB-7", "term": "BT-13"}]
        (seen,) = orders.standings(session, get(place, third))
    assert (seen.used, seen.here, seen.left) == (Decimal("0.00"), Decimal("119.00"), Decimal("181.00"))
    authorised(place, first)
    authorised(place, second)
    assert "order-overrun" in codes(place, third)
    with pytest.raises(Refused, match=r"does not suffice: .* 57\.00 is missing"):
        acts.confirm(place.store, who(place), third)
    with place.store.reading() as session:
        (own,) = orders.standings(session, get(place, first))
    assert (own.used, own.left) == (Decimal("119.00"), Decimal("62.00"))


def test_of_two_authorised_at_once_one_sees_the_other(place: Opened) -> None:
    settings(place, orders={"overrun": "block"})
    order(place, "MB-7", "200.00")
    numbers = [made(place, order_reference="MB-7") for _ in range(2)]
    for number in numbers:
        acts.confirm(place.store, who(place), number)
    both, refused = threading.Barrier(2), []

    def act(number: int) -> None:
        both.wait()
        try:
            acts.authorise(place.store, who(place, HEAD), number)
        except Refused as error:
            refused.append(error)

    threads = [threading.Thread(target=act, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error.code for error in refused] == ["order-overrun"]
    assert sorted(get(place, number).state for number in numbers) == ["authorised", "confirmed"]


def test_instalments_are_summed_and_a_final_invoice_that_forgets_them_is_said(place: Opened) -> None:
    said = {"order_reference": "B-1", "type_code": "875"}
    first = made(place, "1000.00", number="A-1", **said)
    second = made(place, "500.00", number="A-2", preceding="A-1", **said)
    authorised(place, first)
    authorised(place, second)
    final = made(place, "2000.00", number="S-1", preceding="A-2", type_code="877")
    deducting = made(place, "2000.00", payable="500.00", number="S-2", preceding="A-2", type_code="877")
    lone = made(place, "2000.00", number="S-3", supplier="ANDERE", preceding="A-2", type_code="877")
    with place.store.reading() as session:
        found = linked.linked(session, get(place, final))
        total = linked.sums(found)
        by = {one.invoice.number: one.by for one in found}
        alone = linked.linked(session, get(place, lone))
    assert by == {"A-1": "BT-25", "A-2": "BT-25", "S-2": "BT-25"}
    assert (total.invoiced, total.approved, total.paid) == (
        Decimal("3500.00"),
        Decimal("1500.00"),
        Decimal("0.00"),
    )
    assert alone == []
    assert codes(place, final) == ["instalments"]
    assert codes(place, deducting) == []
    assert codes(place, second) == []
    assert get(place, deducting).approved == Decimal("500.00")


def test_a_standing_order_covers_one_invoice_per_period_within_its_span(place: Opened) -> None:
    first = made(place, "100.00", issue_date="2026-10-02")
    booked.place(place.store, who(place), first, {"account": "5242000", "product": "111301"})
    terms = standing_making.Terms(
        *standing_making.around(Decimal(100), Decimal(10)), "month", date(2027, 12, 31)
    )
    with pytest.raises(Refused):
        standing_making.make(place.store, who(place), first, terms, "Strom")
    code = standing_making.make(place.store, who(place, HEAD), first, terms, "Strom")
    inside, dear = made(place, "109.00"), made(place, "120.00", issue_date="2026-12-02")
    again = made(place, "100.00", issue_date="2026-11-30")
    late = made(place, "100.00", issue_date="2028-01-02")
    with place.store.reading() as session:
        (row,) = rows(session, inside)
        assert (row.account, row.product) == ("5242000", "111301")
        covered = standing.covering(session, get(place, inside))
        assert covered is not None
        assert covered.code == code
    assert [codes(place, n) for n in (inside, dear, again, late)] == [
        ["standing-order"], ["standing-order-outside"], ["standing-order-outside"], [],
    ]  # fmt: skip
    settings(place, orders={"standing_orders": "block"})
    with pytest.raises(Refused, match=r"not between 90\.00 and 110\.00"):
        acts.confirm(place.store, who(place), dear)
    standing_making.end(place.store, who(place, HEAD), "musterlippe", code, "gekündigt")
    assert codes(place, again) == []
    assert verify(place.store, place.archive) == []


def test_a_dunning_letter_makes_its_invoice_urgent(place: Opened) -> None:
    number = made(place)
    letter = made(place, number=None, state="rejected", verdict="rejected")
    dunning.attach(
        place.store, who(place), number, dunning.Letter(date(2026, 11, 20), 2, Decimal("5.00"), letter)
    )
    assert codes(place, number)[0] == "dunning"
    assert get(place, letter).reason == {"code": "dunning", "of": number}
    with place.store.reading() as session:
        assert dunning.dunned(session, [number, letter]) == {number: "2026-11-20"}
    with pytest.raises(Refused, match="no document"):
        dunning.attach(place.store, who(place), number, dunning.Letter(date(2026, 11, 20), document=FIRST))


def test_the_next_invoice_of_a_supplier_is_proposed_as_the_last_was_confirmed(place: Opened) -> None:
    from einvoice.approval.splitting import part_of

    first = made(place, "100.00")
    booked.split(
        place.store, who(place), first, [part_of("30% konto=5231 kst=1"), part_of("rest konto=5232 kst=2")]
    )
    with place.store.reading() as session:
        row = get(place, first)
        before = proposal(session, row, {}, {}, known(session, [row])[first])
    assert len(before) == 1
    acts.confirm(place.store, who(place), first)
    with place.store.reading() as session:
        found = rows(session, made(place, "0.05"))
    assert [(row.amount, row.account, row.cost_centre) for row in found] == [
        (Decimal("0.02"), "5231", "1"),
        (Decimal("0.03"), "5232", "2"),
    ]
    (why,) = (found[0].proposed_from or {})["because"]
    assert (why["by"], why["of"], why["date"]) == ("history", first, "2026-11-02")
