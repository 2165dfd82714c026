"""Bank accounts of creditors: nothing an invoice says makes one trusted; two persons do, and one takes it away."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from einvoice.approval import acts, bank, batches, creditors
from einvoice.approval.creditors import payee, recognised
from einvoice.approval.master import bring
from einvoice.approval.master_files import read, shape_of
from einvoice.approval.obstacles import obstacles
from einvoice.approval.proposals import decide, propose
from einvoice.approval.seen import record
from einvoice.errors import EinvoiceError, Refused
from einvoice.model import accounts
from einvoice.store import people
from einvoice.store.seals import tenant_chain
from einvoice.store.store import Store
from einvoice.store.tables import Batch, Creditor, CreditorAccount, Delivery, Event, Invoice, Posting, Source
from einvoice.store.verify import verify
from tests import stores
from tests.approval.town import Town, town

ADA, CLERK, SECOND, HEAD, CASH = "Ada Admin", "Sabine Sander", "Rolf Rechner", "Anton Albers", "Karin Kruse"
M, CHAIN = "musterlippe", tenant_chain(1)
GOOD, OTHER = "DE02120300000000202051", "DE02500105170137075030"
SOURCE = "Rückruf unter der Nummer aus dem Rahmenvertrag, Frau Meier"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Town]:
    with town(stores.sqlite(tmp_path / "store.sqlite")) as made:
        yield made


@pytest.fixture
def either(store_url: str) -> Iterator[Town]:
    with town(store_url) as made:
        yield made


def invoice(there: Town, **values: Any) -> int:
    """A routed invoice of the town, as a run would place it; its number."""
    said: dict[str, Any] = {
        "file": "r.xml", "received": "2026-03-02T08:00:00.000000Z", "tenant_id": 1, "state": "routed",
        "since": "2026-03-02T08:00:00.000000Z", "verdict": "accepted", "container": "xml", "number": "R-1",
        "type_code": "380", "currency": "EUR", "issue_date": "2026-03-01", "seller": "Muster GmbH",
        "seller_vat_id": "DE123456789", "iban": GOOD, "means": "58", "gross": Decimal("119.00"),
        "payable": Decimal("119.00"),
    }  # fmt: skip
    with there.store.writing(people.SERVICE) as work:
        source = work.session.exec(select(Source)).first() or Source(name="in", kind="folder")
        work.add(source)
        work.session.flush()
        count = len(work.session.exec(select(Delivery)).all())
        delivery = Delivery(
            source_id=source.id or 0, handle=f"h{count}", name="r.xml", sha256="0" * 64, size=1, received=""
        )
        work.add(delivery)
        work.session.flush()
        row = Invoice(delivery_id=delivery.id or 0, position=1, **{**said, **values})
        work.add(row)
        work.session.flush()
        gross = row.gross
        work.add(
            Posting(
                tenant_id=row.tenant_id or 0, invoice_id=row.id or 0, position=1, amount=gross, account="5400"
            )
        )
        record(work, [row])
        work.event("invoice-arrived", row)
        work.event("delivery-stored", delivery)
        return row.id or 0


def status(there: Town, number: int) -> str:
    with there.store.reading() as session:
        return payee(session, session.get_one(Invoice, number)).status


def confirmed(there: Town, number: int, *, by: tuple[str, str] = (CLERK, HEAD)) -> None:
    """Two persons confirm the account of an invoice."""
    with there.store.reading() as session:
        row = session.get_one(Invoice, number)
        creditor = recognised(session, row)
    assert creditor
    subject = f"{creditor.id}/{accounts.bare(row.iban)}"
    made = propose(there.store, there.who(by[0]), "creditor-account", subject, M, {"source": SOURCE})
    decide(there.store, there.who(by[1]), made.id or 0, True)


def account(there: Town) -> CreditorAccount:
    with there.store.reading() as session:
        return session.exec(select(CreditorAccount)).one()


def test_a_new_account_blocks_ordering_until_two_persons_confirmed_it(either: Town) -> None:
    number = invoice(either)
    acts.confirm(either.store, either.who(CLERK), number)
    with pytest.raises(Refused, match="IBAN not confirmed: DE02 1203"):
        acts.authorise(either.store, either.who(HEAD), number)
    made = propose(either.store, either.who(CLERK), "creditor-account", f"1/{GOOD}", M, {"source": SOURCE})
    assert (made.state, status(either, number)) == ("open", "unconfirmed")
    with pytest.raises(Refused, match="two persons"):
        decide(either.store, either.who(CLERK), made.id or 0, True)
    decide(either.store, either.who(HEAD), made.id or 0, True)
    assert status(either, number) == "confirmed"
    acts.authorise(either.store, either.who(HEAD), number)
    row = account(either)
    assert (row.confirmed_by, row.source) == (either.who(HEAD).person_id, SOURCE)
    assert verify(either.store, None) == []


def test_another_account_of_the_same_creditor_blocks_again(there: Town) -> None:
    confirmed(there, invoice(there))
    number = invoice(there, number="R-2", iban=OTHER)
    assert status(there, number) == "unconfirmed"
    acts.confirm(there.store, there.who(CLERK), number)
    with pytest.raises(Refused, match="IBAN not confirmed"):
        acts.authorise(there.store, there.who(HEAD), number)


def test_a_factoring_company_is_confirmed_for_each_seller(there: Town) -> None:
    first = invoice(there, payee="Lippe-Factoring AG")
    confirmed(there, first)
    assert account(there).holder == "Lippe-Factoring AG"
    other = invoice(there, seller="Andere OHG", seller_vat_id="DE987654321", payee="Lippe-Factoring AG")
    assert (status(there, first), status(there, other)) == ("confirmed", "unconfirmed")


def test_an_account_of_one_town_means_nothing_in_another(there: Town) -> None:
    confirmed(there, invoice(there))
    assert status(there, invoice(there, tenant_id=2)) == "unconfirmed"


def test_what_one_person_withdraws_blocks_ordering_batch_and_closing(either: Town) -> None:
    first, second = invoice(either), invoice(either, number="R-2")
    confirmed(either, first)
    for number in (first, second):
        acts.confirm(either.store, either.who(CLERK), number)
        acts.authorise(either.store, either.who(HEAD), number)
    batch = batches.build(either.store, either.who(CASH), M, [first])
    bank.withdraw(either.store, either.who(CASH), account(either).id or 0, "Bank warnt vor Betrug")
    assert status(either, first) == "withdrawn"
    with pytest.raises(Refused, match="withdrawn"):
        batches.build(either.store, either.who(CASH), M, [second])
    with pytest.raises(Refused, match="withdrawn"):
        batches.close(either.store, either.who(CASH), batch)
    confirmed(either, first)
    assert batches.close(either.store, either.who(CASH), batch).endswith("-0001")
    assert verify(either.store, None) == []


def test_withdrawing_and_closing_at_once_leave_no_half_state(either: Town) -> None:
    """Closed before the alarm, or not closed: never closed by what was withdrawn before."""
    url, cash = either.store.url.render_as_string(hide_password=False), either.who(CASH)
    for turn in range(3):
        number = invoice(either, number=f"R-{turn}")
        confirmed(either, number)
        acts.confirm(either.store, either.who(CLERK), number)
        acts.authorise(either.store, either.who(HEAD), number)
        batch = batches.build(either.store, cash, M, [number])
        start, refused = threading.Barrier(2), list[str]()

        def close(batch: int = batch, start: threading.Barrier = start, refused: list[str] = refused) -> None:
            with contextlib.closing(Store(url)) as store:
                start.wait()
                try:
                    batches.close(store, cash, batch)
                except Refused as error:
                    refused.append(str(error))

        closing = threading.Thread(target=close)
        closing.start()
        start.wait()
        bank.withdraw(either.store, cash, account(either).id or 0, "Bank warnt vor Betrug")
        closing.join()
        with either.store.reading() as session:
            state = session.get_one(Batch, batch).state
            order = {
                one.kind: one.sequence for one in session.exec(select(Event).where(Event.chain == CHAIN))
            }
        assert status(either, number) == "withdrawn"
        assert (state, len(refused)) in (("closed", 0), ("open", 1))
        if state == "closed":
            assert order["batch-closed"] < order["creditor-account-withdrawn"]
        else:
            assert "withdrawn" in refused[0]
            batches.take_out(either.store, cash, batch, [1], "IBAN zurückgezogen")
    assert verify(either.store, None) == []


def test_a_proposal_from_before_the_withdrawal_confirms_nothing(there: Town) -> None:
    number = invoice(there)
    made = propose(there.store, there.who(CLERK), "creditor-account", f"1/{GOOD}", M, {"source": SOURCE})
    bank.withdraw(there.store, there.who(CASH), account(there).id or 0, "Anruf der Bank")
    with pytest.raises(Refused, match="meanwhile"):
        decide(there.store, there.who(HEAD), made.id or 0, True)
    assert status(there, number) == "withdrawn"


NONE: dict[str, dict[str, Any]] = {
    "direct debit": {"means": "59"},
    "direct debit, 49": {"means": " 49 "},
    "card": {"means": "54"},
    "cash": {"means": "10"},
    "paid in advance": {"payable": Decimal("0.00")},
    "a credit note": {"type_code": "381"},
    "a UBL credit note": {"syntax": "ubl-creditnote"},
}


@pytest.mark.parametrize("name", NONE)
def test_who_is_not_paid_by_transfer_needs_no_account(there: Town, name: str) -> None:
    number = invoice(there, iban=None, **NONE[name])
    with there.store.reading() as session:
        found = payee(session, session.get_one(Invoice, number))
        assert (found.status, all(found.why)) == ("none-needed", True)
        assert obstacles(session, session.get_one(Invoice, number), "authorise") == []


def test_without_an_account_the_one_that_is_confirmed_is_meant(there: Town) -> None:
    number = invoice(there, iban=None)
    assert status(there, number) == "none-stated"
    confirmed(there, invoice(there, number="R-2"))
    with there.store.reading() as session:
        assert payee(session, session.get_one(Invoice, number)).iban == GOOD


WRONG = {
    "a digit off": "DE03120300000000202051",
    "too short": "DE021203000000002020",
    "outside SEPA": "TR330006100519786457841326",
    "no IBAN": "1234567",
    "letters of elsewhere": "DЕ02120300000000202051",
}


@pytest.mark.parametrize("name", WRONG)
def test_an_account_that_cannot_be_is_never_confirmed(there: Town, name: str) -> None:
    number = invoice(there, iban=WRONG[name])
    assert status(there, number) == "invalid"
    with there.store.reading() as session:
        assert session.exec(select(CreditorAccount)).all() == []
    with pytest.raises(Refused):
        propose(there.store, there.who(CLERK), "creditor-account", f"1/{WRONG[name]}", M, {"source": SOURCE})


Attack = Callable[[Town], object]
ATTACKS: dict[str, Attack] = {
    "without a source": lambda t: propose(t.store, t.who(CLERK), "creditor-account", f"1/{GOOD}", M, {"source": " "}),
    "with a word for a source": lambda t: propose(
        t.store, t.who(CLERK), "creditor-account", f"1/{GOOD}", M, {"source": "Anruf"}
    ),
    "by the cash office": lambda t: propose(
        t.store, t.who(CASH), "creditor-account", f"1/{GOOD}", M, {"source": SOURCE}
    ),
    "of another town's creditor": lambda t: propose(
        t.store, t.who(ADA), "creditor-account", f"1/{GOOD}", "testfurt", {"source": SOURCE}
    ),
    "merged into himself": lambda t: propose(t.store, t.who(CLERK), "creditor-merge", "1", M, {"into": 1}),
    "merged into nobody": lambda t: propose(t.store, t.who(CLERK), "creditor-merge", "1", M, {"into": 77}),
    "withdrawn without a reason": lambda t: bank.withdraw(t.store, t.who(CASH), 1, " "),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(there: Town, attack: str) -> None:
    number = invoice(there)
    with pytest.raises(EinvoiceError):
        ATTACKS[attack](there)
    assert status(there, number) == "unconfirmed"


def test_two_rows_of_one_person_do_not_confirm(there: Town) -> None:
    invoice(there)
    with there.store.writing(people.SERVICE) as work:
        twin = people.add_person(work, "sabine SANDER", ("sander2",))
        people.add_role(work, twin, people.tenant(work.session, M), "authoriser")
    made = propose(there.store, there.who(CLERK), "creditor-account", f"1/{GOOD}", M, {"source": SOURCE})
    with pytest.raises(Refused, match="two persons"):
        decide(there.store, there.who("sabine SANDER"), made.id or 0, True)


def test_an_account_written_down_by_an_import_is_not_confirmed(there: Town) -> None:
    with there.store.writing(people.SERVICE) as work:
        row = Creditor(tenant_id=1, number="70001", name="Muster GmbH", vat_id="DE 123 456 789")
        work.add(row)
        work.session.flush()
        work.add(CreditorAccount(tenant_id=1, creditor_id=row.id or 0, iban=GOOD, seen=work.time))
        work.event("creditor-imported", row)
    number = invoice(there)
    with there.store.reading() as session:
        assert len(session.exec(select(Creditor)).all()) == 1
    assert status(there, number) == "unconfirmed"


def test_an_iban_brought_by_a_csv_pays_nobody_and_the_attempt_is_written_down(
    there: Town, tmp_path: Path
) -> None:
    file = tmp_path / "lieferanten.csv"
    file.write_text(f"Kreditor;Name;USt-IdNr.;IBAN\n70001;Muster GmbH;DE123456789;{GOOD}\n")
    bring(
        there.store, there.who(CASH), M, shape_of("lieferanten"), read(file, shape_of("lieferanten")).entries
    )
    number = invoice(there)
    acts.confirm(there.store, there.who(CLERK), number)
    with pytest.raises(Refused, match="IBAN not confirmed") as refused:
        acts.authorise(there.store, there.who(HEAD), number)
    assert there.said("act-refused") == [{"act": "authorise", "rule": refused.value.code}]
    assert verify(there.store, None) == []


def known(there: Town, *rows: tuple[str, str | None, str | None]) -> None:
    with there.store.writing(people.SERVICE) as work:
        for name, vat_id, iban in rows:
            row = Creditor(tenant_id=1, name=name, vat_id=vat_id)
            work.add(row)
            work.session.flush()
            if iban:
                work.add(CreditorAccount(tenant_id=1, creditor_id=row.id or 0, iban=iban, seen=work.time))
            work.session.flush()
            work.event("creditor-imported", row)


RECOGNISED: dict[str, tuple[list[tuple[str, str | None, str | None]], dict[str, Any], int | None]] = {
    "by VAT id, whatever the name": ([("Alt GmbH", "DE123456789", None)], {}, 1),
    "not by a name with another VAT id": ([("Muster GmbH", "DE999999999", GOOD)], {}, None),
    "by name without a VAT id": ([("MUSTER G.m.b.H.", None, None)], {"seller_vat_id": None}, 1),
    "by name where the books have no VAT id": ([("Muster GmbH", None, None)], {}, 1),
    "by name and account of two": (
        [("Muster GmbH", None, OTHER), ("Muster GmbH", None, GOOD)], {"seller_vat_id": None}, 2,
    ),
    "of two by name nobody": (
        [("Muster GmbH", None, None), ("Muster GmbH", None, None)], {"seller_vat_id": None}, None,
    ),
    "VAT id before name": ([("Muster GmbH", None, GOOD), ("Fremd AG", "DE123456789", None)], {}, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", RECOGNISED)
def test_a_creditor_is_recognised(there: Town, name: str) -> None:
    rows, said, wanted = RECOGNISED[name]
    known(there, *rows)
    stated = {"tenant_id": 1, "seller": "Muster GmbH", "seller_vat_id": "DE123456789", "iban": GOOD, **said}
    row = Invoice(
        delivery_id=1, position=1, file="", received="", state="routed", since="", verdict="accepted",
        container="xml", **stated,
    )  # fmt: skip
    with there.store.reading() as session:
        found = recognised(session, row)
    assert (found.id if found else None) == wanted


def test_merging_takes_two_persons_and_keeps_what_was_confirmed(either: Town) -> None:
    first = invoice(either)
    confirmed(either, first)
    second = invoice(either, seller="Muster Büro GmbH", seller_vat_id=None, number="R-2", iban=OTHER)
    made = propose(either.store, either.who(CLERK), "creditor-merge", "1", M, {"into": 2})
    assert status(either, second) == "unconfirmed"
    decide(either.store, either.who(HEAD), made.id or 0, True)
    with either.store.reading() as session:
        again = recognised(session, session.get_one(Invoice, first))
        assert again
        assert again.id == 2
    assert (status(either, first), status(either, second)) == ("confirmed", "unconfirmed")
    assert verify(either.store, None) == []


def test_words_for_each_status() -> None:
    assert all(all(creditors.WORDS[one]) for one in ("none-stated", "invalid", "unknown", "withdrawn"))
