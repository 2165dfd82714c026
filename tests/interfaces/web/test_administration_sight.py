"""Who sees what in administration: a town's administrator his town, the operator no content, a deputy what waits as
long as he stands in; nothing is approved by that role, every look and act is an event (W02, W03, W16)."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from einvoice.approval.access import tokens
from einvoice.approval.proposals import propose
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.tables import Deputy, Event, Person, Proposal, Role, WebSession
from einvoice.store.verify import verify
from tests.interfaces.web.administering import HOME, newest, number, send
from tests.interfaces.web.town import PERSONS, Site, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made
        assert verify(made.place.store, made.place.archive) == []


@pytest.mark.parametrize("actor", ["operator", "admin"])
def test_nobody_approves_by_administering(here: Site, actor: str) -> None:
    browser = here.browser(actor)
    for act in ("confirm", "authorise", "hold"):
        answer = send(browser, "/invoice/1", act=act, version="x", words="so")
        assert answer.status_code in (404, 409, 412), act
    answer = send(browser, "/invoice/1/return", act="none", version="x", reason="so")
    assert answer.status_code in (404, 409, 412)
    with here.place.store.reading() as session:
        assert not [
            one
            for one in session.exec(select(Event))
            if one.kind in ("confirmed", "authorised", "held", "returned")
        ]


def test_a_town_s_administrator_finds_nothing_of_another(here: Site) -> None:
    fritz = number(here, PERSONS["other"][0])
    with here.place.store.reading() as session:
        account = here.who(session, "other")[1]
    there = here.session("other")
    with here.place.store.reading() as session:
        open_one = session.exec(select(WebSession).where(WebSession.person_id == fritz)).one()
        town = people.tenant(session, "beispielhausen")
    tokens.make(here.place.store, fritz, fritz, town, "fremd", ("read",), 1)
    propose(here.place.store, here.actor("operator"), "policy", "portal", "beispielhausen", {"mode": "check"})
    theirs = newest(here)
    admin = here.browser("admin")
    for path in (
        HOME,
        *(f"{HOME}/{one}" for one in ("persons", "towns", "sources", "keys", "sessions")),
        "/proposals",
        "/suppliers?show=all",
    ):
        text = admin.get(path).text
        assert not [word for word in ("Fritz Fuchs", "Beispielhausen", "fremd") if word in text], path
    sent = {
        f"{HOME}/persons/{fritz}": {"act": "invite", "account": str(account.id)},
        f"{HOME}/towns/beispielhausen/policies/portal": {"text": 'mode = "off"'},
        f"{HOME}/towns/beispielhausen": {"act": "office", "code": "1", "title": "x"},
        f"{HOME}/towns/beispielhausen/exports": {"act": "remove", "target": "x"},
        f"{HOME}/sessions": {"session": str(open_one.id)},
        f"{HOME}/keys": {"act": "revoke", "key": "1"},
        f"/proposals/{theirs.id}": {"act": "accept"},
    }
    for path, fields in sent.items():
        assert send(admin, path, **fields).status_code == 404, path
    made = {"act": "make", "person": str(fritz), "town": "musterlippe", "scope-read": "yes", "days": "1"}
    assert send(admin, f"{HOME}/keys", **made).status_code == 404
    own = f"{HOME}/persons/{number(here, 'Sabine Sander')}"
    for fields in (
        {"act": "role", "role": "clerk", "town": "beispielhausen"},
        {"act": "role", "role": "administrator", "town": ""},
        {"act": "no-role", "subject": f"{fritz}/confirmer", "town": "musterlippe"},
        {
            "act": "deputy",
            "deputy": str(fritz),
            "town": "musterlippe",
            "since": "2026-01-01",
            "until": "2030-01-01",
        },
    ):
        assert send(admin, own, **fields).status_code in (404, 422), fields
    assert newest(here).id == theirs.id
    assert here.browser("other").get("/account").status_code == 200
    assert there


def test_whoever_belongs_to_two_towns_is_the_operator_s(here: Site) -> None:
    sabine = number(here, "Sabine Sander")
    with here.place.store.writing(people.SERVICE) as work:
        person = work.session.get_one(Person, sabine)
        people.add_role(work, person, people.tenant(work.session, "beispielhausen"), "clerk")
        account = here.who(work.session, "confirmer")[1]
    path = f"{HOME}/persons/{sabine}"
    for fields in (
        {"act": "invite", "account": str(account.id)},
        {"act": "codes", "account": str(account.id)},
        {"act": "account", "login": "sander2"},
        {"act": "rename", "name": "Sabine Süd", "mail": ""},
        {"act": "leave"},
    ):
        assert send(here.browser("admin"), path, **fields).status_code == 409, fields
    with here.place.store.reading() as session:
        assert session.exec(select(Proposal)).all() == []
    assert send(here.browser("operator"), path, act="invite", account=str(account.id)).status_code == 200


def test_the_operator_sees_no_account_of_a_supplier(here: Site) -> None:
    from tests.interfaces.web.paying import iban_confirmed, numbered

    iban_confirmed(here, numbered(here, "RE-2026-0815"))
    row = newest(here)
    operator = here.browser("operator")
    text = operator.get("/proposals?show=all").text + operator.get(f"/proposals/{row.id}").text
    text += operator.get("/suppliers?show=all").text
    assert "Bankverbindung" in text
    assert not [one for one in ("DE19", "9999 9601", "Rahmenvertrag") if one in text]
    assert "DE19" in here.browser("admin").get(f"/proposals/{row.id}").text


def test_every_look_and_act_is_an_event(here: Site) -> None:
    here.browser("admin").get(f"{HOME}/towns/musterlippe/policies")
    here.browser("operator").get(f"{HOME}/persons")
    with here.place.store.reading() as session:
        rows = session.exec(select(Event).where(Event.kind == "administration-looked")).all()
    by = {name: number(here, PERSONS[name][0]) for name in ("admin", "operator")}
    assert {(one.chain, one.subject, one.actor_id) for one in rows} == {
        ("tenant/000001", "administration/policies", by["admin"]),
        ("installation", "administration/persons", by["operator"]),
    }


def test_extra_fields_give_no_role(here: Site) -> None:
    admin, path = here.browser("admin"), f"{HOME}/persons/{number(here, 'Klara Klerk')}"
    more = {"is_admin": "true", "role": "administrator", "tenant_id": "2", "state": "accepted", "id": "1"}
    assert send(admin, path, act="rename", name="Klara Klug", mail="", **more).status_code == 303
    assert newest(here).new == {"name": "Klara Klug", "mail": None}
    with here.place.store.reading() as session:
        assert len(session.exec(select(Role).where(Role.role == "administrator")).all()) == 3


def test_a_case_is_opened_to_the_operator_for_a_time(here: Site) -> None:
    operator, path = here.browser("operator"), "/invoice/1"
    assert operator.get(path).status_code == 404
    for actor, status in (("operator", 404), ("other", 404), ("authoriser", 409), ("confirmer", 303)):
        sent = send(here.browser(actor), f"{path}/operator", until="2099-12-31", reason="Fehler beim Lesen")
        assert sent.status_code == status, actor
    assert send(here.browser("confirmer"), f"{path}/operator", until="bald").status_code == 409
    assert f'href="{path}"' in operator.get(HOME).text
    assert operator.get(path).status_code == 200
    assert send(operator, path, act="confirm", version="x").status_code in (409, 412)
    assert send(here.browser("confirmer"), f"{path}/operator", until="2020-01-01").status_code == 303
    assert operator.get(path).status_code == 404
    with here.place.store.reading() as session:
        looks = session.exec(select(Event).where(Event.kind == "looked")).all()
        by = number(here, PERSONS["operator"][0])
    assert [one.chain for one in looks if one.actor_id == by] == ["tenant/000001"]


def test_a_deputy_sees_what_waits_for_whom_he_stands_in_and_no_longer(here: Site) -> None:
    nobody, sabine = here.browser("nobody"), number(here, "Sabine Sander")
    norbert, day = number(here, PERSONS["nobody"][0]), today()

    def stands_in(first: int, last: int) -> None:
        with here.place.store.writing(people.SERVICE) as work:
            for old in work.session.exec(select(Deputy)):
                work.session.delete(old)
                work.event("deputy-ended", old)
            since, until = _day(day, first), _day(day, last)
            row = Deputy(tenant_id=1, person_id=sabine, deputy_id=norbert, since=since, until=until)
            work.add(row)
            work.session.flush()
            work.event("deputy-given", row)

    def sees() -> list[bool]:
        shown = [nobody.get(one).text for one in ("/work", "/work?show=all")]
        return [*("RE-2026-0815" in one for one in shown), nobody.get("/invoice/1").status_code == 200]

    for first, last, seen in ((1, 9, False), (-9, -1, False), (-1, 1, True), (0, 0, True)):
        stands_in(first, last)
        assert sees() == [seen] * 3, (first, last)
    assert not nobody.get("/account").text.count("/administration")
    with here.place.store.writing(people.SERVICE) as work:  # nobody stands in for who has left
        person = work.session.get_one(Person, sabine)
        person.left = work.time
        work.session.add(person)
        work.event("person-changed", person)
    assert sees() == [False] * 3


def _day(day: date, more: int) -> str:
    return (day + timedelta(days=more)).isoformat()
