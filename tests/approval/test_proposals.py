"""What decides changes by two persons: proposed, refused to its proposer, accepted by another, in force at once."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from einvoice.approval import persons
from einvoice.approval.kinds import KINDS
from einvoice.approval.proposals import decide, described, in_force, pending, propose
from einvoice.errors import EinvoiceError, Refused, UsageError
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.tables import (
    Account,
    Creditor,
    CreditorAccount,
    Deputy,
    ExportTarget,
    Person,
    Proposal,
    Role,
    Row,
    Tenant,
)
from einvoice.store.verify import verify
from tests.approval.town import Town, town

ADA, BOB, CLERK, HEAD = "Ada Admin", "Bob Betreiber", "Sabine Sander", "Anton Albers"
M = "musterlippe"


@pytest.fixture
def there(store_url: str) -> Iterator[Town]:
    with town(store_url) as made:
        yield made


@pytest.fixture
def alone(store_url: str) -> Iterator[Town]:
    with town(store_url, ADA, CLERK, HEAD) as made:
        yield made


def number(there: Town, name: str) -> int:
    return there.who(name).person_id


def rows(there: Town, table: type[Row]) -> list[Any]:
    with there.store.reading() as session:
        return list(session.exec(select(table)))


Look = Callable[[Town], object]
CHANGES: dict[str, tuple[Callable[[Town], tuple[str, str | None, Any]], Look, object]] = {
    "policy": (
        lambda t: ("answers", M, {"mode": "draft"}),
        lambda t: _policy(t, "answers"),
        {"mode": "draft"},
    ),
    "person": (
        lambda t: (str(number(t, CLERK)), None, {"mail": "s@town.example"}),
        lambda t: next(one.mail for one in rows(t, Person) if one.name == CLERK),
        "s@town.example",
    ),
    "account": (
        lambda t: ("os:sabine", None, {"person": number(t, CLERK)}),
        lambda t: [one.person_id for one in rows(t, Account) if one.name == "sabine"],
        [4],
    ),
    "role": (
        lambda t: (f"{number(t, HEAD)}/authoriser", M, {"limit": "5000.00"}),
        lambda t: _roles(t, HEAD),
        {"authoriser": Decimal("5000.00")},
    ),
    "deputy": (
        lambda t: (
            f"{number(t, HEAD)}/{number(t, CLERK)}",
            M,
            {"since": "2026-01-01", "until": "2099-01-01"},
        ),
        lambda t: len(rows(t, Deputy)),
        1,
    ),
    "towns": (
        lambda t: (
            "neu",
            None,
            {"towns": [{"name": "neu", "title": "Neu", "leitweg": [], "addresses": [], "policies": {}}]},
        ),
        lambda t: [one.name for one in rows(t, Tenant)],
        ["musterlippe", "testfurt", "neu"],
    ),
    "creditor-account": (
        lambda t: (f"{_creditor(t)}/DE02120300000000202051", M, {"source": "Telefon 0521-1"}),
        lambda t: [one.confirmed_by is not None for one in rows(t, CreditorAccount)],
        [True],
    ),
    "export-target": (
        lambda t: ("hkr", M, {"kind": "folder", "format": "csv", "settings": {"folder": "/mnt/hkr"}}),
        lambda t: [(one.name, one.until) for one in rows(t, ExportTarget)],
        [("hkr", None)],
    ),
}


def _policy(there: Town, name: str) -> dict[str, Any]:
    with there.store.reading() as session:
        return people.policy(session, 1, name)


def _roles(there: Town, name: str) -> dict[str, Decimal | None]:
    with there.store.reading() as session:
        return persons.roles(session, number(there, name), 1, today())


def _creditor(there: Town) -> int:
    """A creditor; whom a town pays is its own: who administers the installation decides it as the town's, too."""
    with there.store.writing(people.SERVICE) as work:
        for name in (ADA, BOB):
            person = work.session.get_one(Person, number(there, name))
            people.add_role(work, person, people.tenant(work.session, M), "administrator")
        row = Creditor(tenant_id=1, number="70001", name="Muster GmbH")
        work.add(row)
        work.session.flush()
        work.event("creditor-imported", row)
        return row.id or 0


def test_every_kind_has_a_test() -> None:
    assert set(CHANGES) <= set(KINDS)


def test_a_change_is_told_in_words(there: Town) -> None:
    wish = {"payees": ["Lippe-Factoring AG", "Weser-Leasing GmbH"], "check_content": True}
    by, at = number(there, ADA), "2026-03-02T08:00:00Z"
    row = Proposal(kind="policy", subject="duplicates", new=wish, proposed_by=by, proposed_at=at)
    with there.store.reading() as session:
        told, _ = described(session, row)
    assert told.endswith("nichts → payees Lippe-Factoring AG; Weser-Leasing GmbH, check_content true")


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_in_force_when_a_second_person_accepts(there: Town, kind: str) -> None:
    make, look, wanted = CHANGES[kind]
    subject, tenant, new = make(there)
    before = look(there)
    row = propose(there.store, there.who(ADA), kind, subject, tenant, new)
    assert (row.state, look(there)) == ("open", before)
    with there.store.reading() as session:
        assert [one.id for one in pending(session)] == [row.id]
        de, en = described(session, row)
        assert all((de, en))
    with pytest.raises(Refused, match="two persons"):
        decide(there.store, there.who(ADA), row.id or 0, True)
    assert look(there) == before
    assert decide(there.store, there.who(BOB), row.id or 0, True).state == "accepted"
    assert look(there) == wanted
    (said,) = there.said("proposal-accepted")
    assert (said["kind"], said["new"], said["proposed_by"]) == (kind, new, number(there, ADA))
    assert there.said("act-refused") == [{"act": "decide", "rule": "two-persons"}]
    assert verify(there.store, None) == []
    again = propose(there.store, there.who(ADA), kind, subject, tenant, new)
    assert (again.state, again.id) == ("unchanged", None)


@pytest.mark.parametrize("kind", CHANGES)
def test_alone_a_change_takes_effect_and_says_so(alone: Town, kind: str) -> None:
    if kind == "creditor-account":
        pytest.skip("clerk and authoriser may decide it, so nobody is alone here")
    make, look, wanted = CHANGES[kind]
    subject, tenant, new = make(alone)
    row = propose(alone.store, alone.who(ADA), kind, subject, tenant, new)
    assert row.state == "accepted"
    assert kind == "account" or look(alone) == wanted
    assert len(alone.said("changed-alone")) == 1


def test_what_changed_meanwhile_is_not_replaced(there: Town) -> None:
    first = propose(there.store, there.who(ADA), "policy", "answers", M, {"mode": "draft"})
    second = propose(there.store, there.who(BOB), "policy", "answers", M, {"mode": "send"})
    decide(there.store, there.who(BOB), first.id or 0, True)
    with pytest.raises(Refused, match="meanwhile"):
        decide(there.store, there.who(ADA), second.id or 0, True)
    assert _policy(there, "answers") == {"mode": "draft"}
    with there.store.reading() as session:
        assert [one.state for one in pending(session, closed=True)] == ["accepted", "outdated"]


def test_one_person_in_two_rows_is_one_person(there: Town) -> None:
    with there.store.writing(people.SERVICE) as work:
        twin = people.add_person(work, "ada admin ", ("ada2",))
        people.add_role(work, twin, None, "administrator")
    row = propose(there.store, there.who(ADA), "policy", "answers", M, {"mode": "draft"})
    with pytest.raises(Refused, match="two persons"):
        decide(there.store, there.who("ada admin "), row.id or 0, True)
    with there.store.reading() as session:
        assert in_force(session, None)


def test_two_rows_of_one_person_do_not_make_two(alone: Town) -> None:
    with alone.store.writing(people.SERVICE) as work:
        twin = people.add_person(work, "ADA ADMIN", ("ada2",))
        people.add_role(work, twin, None, "administrator")
    with alone.store.reading() as session:
        assert not in_force(session, None)
        assert not in_force(session, 1)


def test_the_proposer_withdraws_and_another_declines(there: Town) -> None:
    row = propose(there.store, there.who(ADA), "policy", "answers", M, {"mode": "draft"})
    assert decide(there.store, there.who(ADA), row.id or 0, False).state == "withdrawn"
    row = propose(there.store, there.who(ADA), "policy", "answers", M, {"mode": "draft"})
    assert decide(there.store, there.who(BOB), row.id or 0, False, "nein").state == "declined"
    with pytest.raises(Refused, match="declined already"):
        decide(there.store, there.who(BOB), row.id or 0, True)
    assert _policy(there, "answers") == {}


ATTACKS: dict[str, Callable[[Town], object]] = {
    "a clerk sets a policy": lambda t: propose(
        t.store, t.who(CLERK), "policy", "answers", M, {"mode": "send"}
    ),
    "the service sets a policy": lambda t: propose(
        t.store, persons.Actor(people.SERVICE, "einvoice", True), "policy", "answers", M, {"mode": "send"}
    ),
    "one gives himself a role": lambda t: propose(
        t.store, t.who(CLERK), "role", f"{number(t, CLERK)}/authoriser", M, {}
    ),
    "one is his own deputy": lambda t: propose(
        t.store,
        t.who(ADA),
        "deputy",
        f"{number(t, HEAD)}/{number(t, HEAD)}",
        M,
        {"since": "2026-01-01", "until": "2099-01-01"},
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_and_logged(there: Town, attack: str) -> None:
    with pytest.raises(Refused):
        ATTACKS[attack](there)
    assert len(there.said("act-refused")) == 1
    with there.store.reading() as session:
        assert pending(session, closed=True) == []


WRONG: list[tuple[str, str, str | None, Any]] = [
    ("nothing", "x", None, {}),
    ("role", "4/king", M, {}),
    ("role", "4/clerk", None, {}),
    ("role", "4/clerk", M, {"limit": "viel"}),
    ("role", "4/clerk/66", M, {}),
    ("role", "99/clerk", M, {}),
    ("person", "4", None, {"salt": "X"}),
    ("person", "4", None, {"name": " "}),
    ("deputy", "4/5", M, {"since": "2026-02-01", "until": "2026-01-01"}),
    ("creditor-account", "99/DE1", M, {"source": "x"}),
    ("export-target", "x", M, {"kind": "folder"}),
    ("policy", "x", "nirgends", {}),
]


@pytest.mark.parametrize(("kind", "subject", "tenant", "new"), WRONG)
def test_what_cannot_be_is_refused(
    there: Town, kind: str, subject: str, tenant: str | None, new: Any
) -> None:
    with pytest.raises(EinvoiceError):
        propose(there.store, there.who(ADA), kind, subject, tenant, new)


def test_a_limit_lowered_and_a_role_ended_leave_no_other_behind(there: Town) -> None:
    subject = f"{number(there, HEAD)}/authoriser"
    for new in ({"limit": "5000.00"}, {"limit": "100.00"}, None):
        row = propose(there.store, there.who(ADA), "role", subject, M, new)
        decide(there.store, there.who(BOB), row.id or 0, True)
        wanted = {} if new is None else {"authoriser": Decimal(new["limit"])}
        assert _roles(there, HEAD) == wanted
    assert len([one for one in rows(there, Role) if one.role == "authoriser"]) == 3


def test_who_left_may_nothing(there: Town) -> None:
    row = propose(there.store, there.who(BOB), "person", str(number(there, HEAD)), None, {"left": True})
    decide(there.store, there.who(ADA), row.id or 0, True)
    assert _roles(there, HEAD) == {}
    with pytest.raises(UsageError):
        propose(there.store, there.who(BOB), "person", str(number(there, HEAD)), None, {})
