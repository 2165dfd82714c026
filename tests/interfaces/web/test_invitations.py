"""Accounts and tokens from the command line: proposed, invited, linked, revoked; nobody takes another's account."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval.access import accounts, tokens
from einvoice.approval.proposals import propose
from einvoice.errors import Refused
from einvoice.store import people
from einvoice.store.tables import Account, Credential, Invitation, WebSession
from einvoice.store.verify import verify
from tests.interfaces.calls import Result, call
from tests.interfaces.web.town import Site, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        with made.place.store.writing(people.SERVICE) as work:  # the operator is whoever runs the commands
            person, _ = made.who(work.session, "operator")
            row = work.session.exec(select(Account).where(Account.kind == "os")).one()
            row.person_id = person.id or 0
            work.session.add(row)
            work.event("account-given", row)
        yield made


def _call(here: Site, *words: str) -> Result:
    return call("user", *words, "--config", str(here.place.workplace.file))


def test_an_invitation_is_a_link_for_one_time(here: Site) -> None:
    told = _call(here, "web-invite", "Sabine Sander", "--login", "confirmer")
    assert told.code == 0, told.err
    link = re.fullmatch(r"http://127\.0\.0\.1:8000(/welcome/[\w-]{43})\n", told.out)
    assert link
    assert here.browser().get(link[1]).status_code == 200
    assert _call(here, "web-invite", "Sabine Sander", "--login", "confirmer").code == 0
    assert here.browser().get(link[1]).status_code == 404
    with here.place.store.reading() as session:
        kept = session.exec(select(Invitation.digest)).all()
    assert not [one for one in kept if one in told.out]


def test_a_new_account_takes_a_second_administrator(here: Site) -> None:
    first = _call(here, "web-invite", "Sabine Sander", "--login", "sander2")
    assert (first.code, "/welcome/" in first.out) == (0, False), first.err
    assert "vorgeschlagen" in first.out


@pytest.mark.parametrize(
    "words",
    [
        ("web-invite", "Sabine Sander", "--login", "authoriser"),
        ("web-invite", "Sabine Sander", "--login", "x y"),
        ("web-invite", "Niemand", "--login", "neu"),
        ("token", "add", "Fritz Fuchs", "--tenant", "musterlippe", "--scope", "upload"),
        ("token", "add", "Sabine Sander", "--tenant", "musterlippe", "--scope", "read"),
        ("token", "add", "Sabine Sander", "--tenant", "musterlippe", "--scope", "alles"),
        ("token", "revoke", "77"),
        ("web-link", "Sabine Sander", "--subject", "x"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_said(here: Site, words: tuple[str, ...]) -> None:
    told = _call(here, *words)
    assert told.code in (1, 2)
    assert told.err.startswith("einvoice: ")
    assert "Traceback" not in told.err


def test_a_token_is_shown_once_listed_and_revoked(here: Site) -> None:
    made = _call(here, "token", "add", "Sabine Sander", "--tenant", "musterlippe", "--scope", "upload")
    assert made.out.startswith(tokens.PREFIX)
    listed = _call(here, "token", "list")
    assert "musterlippe" in listed.out.lower()
    assert made.out.strip() not in listed.out
    assert tokens.bearer(here.place.store, made.out.strip()) is not None
    assert _call(here, "token", "revoke", "1").code == 0
    assert tokens.bearer(here.place.store, made.out.strip()) is None


def test_an_account_that_is_taken_away_lets_nobody_in(here: Site) -> None:
    browser = here.browser("confirmer")
    assert browser.get("/account").status_code == 200
    accounts.invite(here.place.store, people.SERVICE, "confirmer", 1)
    with here.place.store.writing(people.SERVICE) as work:
        _, account = here.who(work.session, "confirmer")
        accounts.cleared(work, account)
        work.session.delete(account)
        work.event("account-removed", account)
    assert browser.get("/account").status_code == 303
    with here.place.store.reading() as session:
        for table in (Credential, Invitation):
            assert session.exec(select(table).where(table.account_id == account.id)).all() == []
        assert all(one.ended for one in session.exec(select(WebSession)))
    assert verify(here.place.store, here.place.archive) == []


def test_codes_are_set_up_anew_by_two_persons_alone(here: Site) -> None:
    operator = here.actor("operator")
    with here.place.store.writing(people.SERVICE) as work:
        second = people.add_person(work, "Olga Operator")
        people.add_role(work, second, None, "administrator")
    made = propose(here.place.store, operator, "onetime", "web:authoriser", None, None)
    assert made.state == "open"
    with here.place.store.reading() as session:
        _, account = here.who(session, "authoriser")
        kept = accounts.credential(session, account.id or 0)
    assert kept is not None
    assert kept.onetime is not None
    with pytest.raises(Refused):
        accounts.invite(here.place.store, people.SERVICE, "gibtsnicht", 1)
