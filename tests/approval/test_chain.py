"""The chain as data: what it may say, what it makes of an invoice, and what no chain lets pass."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from einvoice.approval import acts, assigning
from einvoice.approval.chain import DEFAULT, POLICY, chain_from
from einvoice.approval.persons import Actor
from einvoice.approval.progress import progress, reopen, waits_for
from einvoice.approval.proposals import propose
from einvoice.approval.queue import waiting
from einvoice.errors import Refused, UsageError
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.tables import Act, Creditor, CreditorAccount, Interest, Office, Posting
from einvoice.store.verify import verify
from tests.approval.chained import (
    ADA,
    AUDIT,
    CASH,
    CLERK,
    DORA,
    HEAD,
    OTHER,
    M,
    changed,
    module_town,
    number,
    refused,
    set_chain,
)
from tests.approval.town import Town

WHOLE: dict[str, Any] = {
    "step": [
        {"act": "confirm-factual", "days": 5},
        {"act": "confirm-arithmetic"},
        {"act": "budget", "roles": ["clerk", "confirmer"]},
        {"act": "authorise", "days": 3},
        {"act": "visa", "above": 10000},
    ],
    "combine": [{"acts": ["confirm-factual", "confirm-arithmetic"], "up_to": "500.00"}],
}


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all tests here: each has an invoice of its own."""
    with module_town(request.param, tmp_path_factory) as made:
        yield made


@pytest.fixture(autouse=True)
def _proved(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did: the default chain is back, and all that is stored is proved."""
    yield
    if "there" in request.fixturenames:
        made: Town = request.getfixturevalue("there")
        set_chain(made, DEFAULT.stored())
        assert verify(made.store, None) == []


WRONG = [
    ({}, "step"),
    ({"step": [], "x": 1}, "chain: x"),
    ({"step": [{"act": "pay"}]}, "step 1: act"),
    ({"step": [{"act": "authorise"}]}, "confirm-factual: is missing"),
    ({"step": [*({"act": a} for a in ("authorise", "confirm-factual", "confirm-arithmetic"))]}, "before"),
    ({**WHOLE, "step": [*WHOLE["step"], {"act": "visa"}]}, "visa: stands there twice"),
    ({**WHOLE, "step": [{"act": "confirm-factual", "days": -1}]}, r"step 1 \(confirm-factual\): days"),
    ({**WHOLE, "step": [{"act": "authorise", "above": 5}]}, "every invoice needs"),
    ({**WHOLE, "step": [{"act": "authorise", "roles": ["cash"]}]}, "cash is none of"),
    ({**WHOLE, "step": [{"act": "visa", "above": "viel"}]}, "above: is a sum"),
    ({**WHOLE, "step": [{"act": "visa", "office": []}]}, "office: is not known"),
    ({**WHOLE, "combine": [{"acts": ["confirm-factual", "authorise"]}]}, "authorise: only"),
    ({**WHOLE, "take_over": "ja"}, "take_over"),
]


@pytest.mark.parametrize(("table", "said"), WRONG)
def test_a_chain_that_cannot_be_is_refused(table: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        chain_from(table)
    assert (caught.value.de or "").startswith("chain: ")


@pytest.mark.parametrize("when", ["invoice.numbr", "__import__('os')", "invoice.totals.payable > 5"])
def test_a_condition_that_makes_no_sense_is_refused(there: Town, when: str) -> None:
    table = {**DEFAULT.stored(), "step": [*DEFAULT.stored()["step"], {"act": "visa", "when": when}]}
    with pytest.raises(UsageError, match="step visa: when"):
        propose(there.store, there.who(ADA), "policy", POLICY, M, table)


def test_a_chain_is_stored_as_it_was_said() -> None:
    assert chain_from(chain_from(WHOLE).stored()) == chain_from(WHOLE)
    assert chain_from(DEFAULT.stored()) == DEFAULT


def test_a_whole_chain_step_by_step(there: Town) -> None:
    set_chain(there, WHOLE)
    one = there.invoice("20000.00")
    who, store = there.who, there.store
    assert acts.confirm(store, who(CLERK), one) == ["confirm-factual"]
    refused(there, "four-eyes", lambda: acts.confirm(store, who(CLERK), one))
    assert acts.confirm(store, who(OTHER), one) == ["confirm-arithmetic"]
    with pytest.raises(Refused, match="next is budget"):
        acts.authorise(store, who(HEAD), one)
    with store.writing(number(there, DORA)) as work:  # posting is the budget step's own: nothing begins anew
        posting = work.session.exec(select(Posting).where(Posting.invoice_id == one)).one()
        posting.account = "5400"
        work.session.add(posting)
        work.event("posting-changed", posting)
        reopen(work, there.row(one), "posted")
    assert acts.budget(store, who(DORA), one) == ["budget"]
    assert there.row(one).state == "confirmed"
    assert acts.authorise(store, who(HEAD), one) == ["authorise"]
    row = there.row(one)
    assert (row.state, row.authorised_by) == ("confirmed", number(there, HEAD))
    with store.reading() as session:
        run = progress(session, row)
        assert run.next is not None
        assert (run.next.step.act, waits_for(session, row, today(), run)) == ("visa", {number(there, AUDIT)})
        assert [item.id for item, _ in waiting(session, number(there, AUDIT), today())] == [one]
    assert acts.visa(store, who(AUDIT), one) == ["visa"]
    assert there.row(one).state == "authorised"


def test_small_invoices_are_combined_and_need_no_visa(there: Town) -> None:
    set_chain(there, WHOLE)
    one = there.invoice("500.00")
    assert acts.confirm(there.store, there.who(CLERK), one) == ["confirm-factual", "confirm-arithmetic"]
    acts.budget(there.store, there.who(OTHER), one)
    acts.authorise(there.store, there.who(HEAD), one)
    assert there.row(one).state == "authorised"


def test_deadlines_are_counted_from_the_step_before(there: Town) -> None:
    set_chain(there, WHOLE)
    one = there.invoice()
    with there.store.reading() as session:
        run = progress(session, there.row(one))
    assert run.next is not None
    assert run.next.due == today() + timedelta(days=5)
    assert not run.next.overdue(today())
    assert run.next.overdue(today() + timedelta(days=6))


def test_an_unknown_currency_is_above_every_limit(there: Town) -> None:
    set_chain(there, WHOLE)
    one = there.invoice("5.00", currency="USD")
    with there.store.reading() as session:
        needed = [step.act for step in progress(session, there.row(one)).needed]
    assert needed[-1] == "visa"


def test_nobody_authorises_what_he_confirmed_in_any_capacity(there: Town) -> None:
    """As himself, for whom a deputy confirmed, as a deputy, by a second entry of himself."""
    store, who = there.store, there.who
    days = {"since": "2026-01-01", "until": "2099-01-01"}
    changed(there, "role", f"{number(there, DORA)}/authoriser", M, {})
    changed(there, "deputy", f"{number(there, HEAD)}/{number(there, CLERK)}", M, days)
    changed(there, "deputy", f"{number(there, DORA)}/{number(there, CASH)}", M, days)
    one, two, three = there.invoice(), there.invoice(), there.invoice()
    acts.confirm(store, who(CLERK), one)
    refused(there, "four-eyes", lambda: acts.authorise(store, who(CLERK), one))  # as Albers' deputy
    acts.confirm(store, who(CASH), two)  # Kruse for Dahl
    with store.reading() as session:
        signed = session.exec(select(Act).where(Act.invoice_id == two)).all()
    assert {act.for_person_id for act in signed} == {number(there, DORA)}
    refused(there, "four-eyes", lambda: acts.authorise(store, who(DORA), two))
    refused(there, "cash", lambda: _as_deputy_of_cash(there, three))
    with store.writing(people.SERVICE) as work:
        twin = people.add_person(work, " sabine SANDER", ("sander2",))
        people.add_role(work, twin, people.tenant(work.session, M), "authoriser")
    refused(there, "four-eyes", lambda: acts.authorise(store, who(" sabine SANDER"), one))
    changed(there, "role", f"{number(there, DORA)}/authoriser", M, None)
    changed(there, "deputy", f"{number(there, DORA)}/{number(there, CASH)}", M, None)
    changed(there, "deputy", f"{number(there, HEAD)}/{number(there, CLERK)}", M, None)
    assert [there.row(number).state for number in (one, two)] == ["confirmed", "confirmed"]


def _as_deputy_of_cash(there: Town, one: int) -> object:
    acts.confirm(there.store, there.who(OTHER), one)
    return acts.authorise(there.store, there.who(CASH), one)


def test_a_deputy_of_a_deputy_is_none(there: Town) -> None:
    days = {"since": "2026-01-01", "until": "2099-01-01"}
    changed(there, "deputy", f"{number(there, HEAD)}/{number(there, AUDIT)}", M, days)
    changed(there, "deputy", f"{number(there, AUDIT)}/{number(there, DORA)}", M, days)
    one = there.invoice()
    acts.confirm(there.store, there.who(CLERK), one)
    refused(there, "role", lambda: acts.authorise(there.store, there.who(DORA), one))
    assert acts.authorise(there.store, there.who(AUDIT), one) == ["authorise"]
    changed(there, "deputy", f"{number(there, HEAD)}/{number(there, AUDIT)}", M, None)
    two = there.invoice()
    acts.confirm(there.store, there.who(CLERK), two)
    refused(there, "role", lambda: acts.authorise(there.store, there.who(AUDIT), two))
    assert (there.row(one).authorised_by, there.row(two).authorised_by) == (number(there, AUDIT), None)


OWN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"seller": "Malerbetrieb Sabine Sander e.K."}),
    ({"vat": ["DE 123456789"]}, {"seller_vat_id": "DE123456789"}),
    ({"iban": ["DE021203 00000000202051"]}, {"iban": "DE02120300000000202051"}),
    ({"name": ["Farben-Sander"]}, {"payee": "FARBEN SANDER GmbH"}),
    ({"mail": ["Farben@Sander.example"]}, {"seller_mail": "farben@sander.example"}),
]


@pytest.mark.parametrize(("declared", "stated"), OWN)
def test_nobody_acts_on_an_invoice_of_his_own(there: Town, declared: Any, stated: dict[str, str]) -> None:
    changed(there, "own", str(number(there, CLERK)), None, declared)
    one = there.invoice(**stated)
    refused(there, "own-invoice", lambda: acts.confirm(there.store, there.who(CLERK), one))
    changed(there, "own", str(number(there, CLERK)), None, {})
    assert acts.confirm(there.store, there.who(OTHER), one)
    with there.store.reading() as session:
        assert all(row.until for row in session.exec(select(Interest)))


@pytest.mark.parametrize("kind", ["vat", "iban", "mail"])
def test_what_is_known_of_the_supplier_makes_it_his_own(there: Town, kind: str) -> None:
    his = {"vat": "DE987654321", "iban": "DE89370400440532013000", "mail": "S@Farbton.example"}
    firm = Creditor(tenant_id=1, name=f"Farbton {kind} KG", vat_id=his["vat"], mail=his["mail"].lower())
    with there.store.writing(people.SERVICE) as work:
        work.add(firm)
        work.session.flush()
        work.add(CreditorAccount(tenant_id=1, creditor_id=firm.id or 0, iban=his["iban"], seen=work.time))
        work.event("creditor-seen", firm)
    changed(there, "own", str(number(there, CLERK)), None, {kind: [his[kind]]})
    one, other = there.invoice(seller=f"Farbton {kind} KG"), there.invoice(seller="Tonfarb KG")
    refused(there, "own-invoice", lambda: acts.confirm(there.store, there.who(CLERK), one))
    assert acts.confirm(there.store, there.who(CLERK), other)
    changed(there, "own", str(number(there, CLERK)), None, {})


def test_services_and_strangers_do_nothing(there: Town) -> None:
    one = there.invoice()
    service = Actor(people.SERVICE, "einvoice", True)
    refused(there, "service", lambda: acts.confirm(there.store, service, one))
    refused(there, "role", lambda: acts.confirm(there.store, there.who(CASH), one))
    refused(there, "role", lambda: acts.hold(there.store, there.who(CASH), one, "x"))
    row = there.row(one)
    assert (row.state, row.factual_by, row.arithmetic_by) == ("routed", None, None)


def test_a_limit_lowered_in_between_counts(there: Town) -> None:
    one, subject = there.invoice("900.00"), f"{number(there, HEAD)}/authoriser"
    changed(there, "role", subject, M, {"limit": "1000.00"})
    acts.confirm(there.store, there.who(CLERK), one)
    changed(there, "role", subject, M, {"limit": "800.00"})
    refused(there, "limit", lambda: acts.authorise(there.store, there.who(HEAD), one))
    assert there.row(one).state == "confirmed"
    changed(there, "role", subject, M, {})
    assert acts.authorise(there.store, there.who(HEAD), one) == ["authorise"]


def test_an_office_binds_a_role(there: Town) -> None:
    with there.store.writing(people.SERVICE) as work:
        office = Office(tenant_id=1, code="66", name="Tiefbauamt")
        work.add(office)
        work.session.flush()
        work.event("office-named", office)
    subject = f"{number(there, HEAD)}/authoriser"
    changed(there, "role", subject, M, None)
    changed(there, "role", f"{subject}/66", M, {})
    one = there.invoice()
    acts.confirm(there.store, there.who(CLERK), one)
    refused(there, "office", lambda: acts.authorise(there.store, there.who(HEAD), one))
    assigning.assign(there.store, there.who(CLERK), one, "66", number(there, CLERK))
    assert acts.authorise(there.store, there.who(HEAD), one) == ["authorise"]
    with pytest.raises(Refused, match="no office 99"):
        assigning.assign(there.store, there.who(CLERK), there.invoice(), "99", None)
    changed(there, "role", f"{subject}/66", M, None)
    changed(there, "role", subject, M, {})


def test_a_policy_changed_in_between_counts(there: Town) -> None:
    one = there.invoice("20000.00")
    acts.confirm(there.store, there.who(CLERK), one)
    set_chain(there, WHOLE)
    with pytest.raises(Refused, match="next is budget"):
        acts.authorise(there.store, there.who(HEAD), one)


@pytest.mark.parametrize("name", ["iban", "payable", "seller", "posting"])
def test_what_was_changed_is_confirmed_anew(there: Town, name: str) -> None:
    one = there.invoice()
    acts.confirm(there.store, there.who(CLERK), one)
    with there.store.writing(people.SERVICE) as work:
        row: Any = there.row(one)
        if name == "posting":
            row = work.session.exec(select(Posting).where(Posting.invoice_id == one)).one()
            row.account = "9999"
        else:
            setattr(row, name, Decimal("9.00") if name == "payable" else "DE99")
        row = work.session.merge(row)
        work.event("changed", row)
    refused(there, "changed", lambda: acts.authorise(there.store, there.who(HEAD), one))
    with there.store.reading() as session:
        run = progress(session, there.row(one))
        assert run.next is not None
        assert (len(run.stale), run.next.step.act) == (2, "confirm-factual")
    assert acts.confirm(there.store, there.who(OTHER), one) == ["confirm-factual", "confirm-arithmetic"]
    assert there.row(one).round == 2
    if name == "iban":
        refused(there, "iban-invalid", lambda: acts.authorise(there.store, there.who(HEAD), one))
    else:
        acts.authorise(there.store, there.who(HEAD), one)


def test_undo_is_ones_own_last_act(there: Town) -> None:
    one = there.invoice()
    acts.confirm(there.store, there.who(CLERK), one)
    acts.authorise(there.store, there.who(HEAD), one)
    refused(there, "not-own-act", lambda: acts.undo(there.store, there.who(CLERK), one, "x"))
    assert acts.undo(there.store, there.who(HEAD), one, "Irrtum") == "authorise"
    row = there.row(one)
    assert (row.state, row.authorised_by) == ("confirmed", None)
    acts.authorise(there.store, there.who(HEAD), one)
    acts.undo(there.store, there.who(HEAD), one, "Irrtum")
    assert acts.undo(there.store, there.who(CLERK), one, "Irrtum") == "confirm-arithmetic"
    assert acts.confirm(there.store, there.who(OTHER), one) == ["confirm-arithmetic"]
    acts.authorise(there.store, there.who(HEAD), one)
    assert there.row(one).state == "authorised"
    with pytest.raises(Refused, match="reason"):
        acts.undo(there.store, there.who(HEAD), one, " ")


def test_a_question_and_its_answer(there: Town) -> None:
    one = there.invoice()
    assigning.ask(there.store, there.who(CLERK), one, number(there, OTHER), "Stimmt der Preis?")
    with pytest.raises(Refused, match="asked Anton"):
        assigning.answer(there.store, there.who(HEAD), one, "ja")
    assigning.answer(there.store, there.who(OTHER), one, "ja")
    with pytest.raises(Refused):
        assigning.answer(there.store, there.who(OTHER), one, "ja")
