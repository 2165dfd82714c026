"""Administration in the browser: changes take two persons, secrets are shown once, what is ended ends at once (W04,
W06, W15, W20, W21)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import col, select

from einvoice.approval.access import accounts, tokens
from einvoice.approval.persons import holders
from einvoice.approval.proposals import propose
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.tables import WebSession
from einvoice.store.verify import verify
from tests.interfaces.web.administering import HOME, agreed_elsewhere, decide, kinds, newest, number, send
from tests.interfaces.web.town import Browser, Site, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made
        assert verify(made.place.store, made.place.archive) == []


def test_a_person_comes_in_by_two_administrators(here: Site) -> None:
    admin = here.browser("admin")
    made = send(admin, f"{HOME}/persons", name="Nina Neu", role="confirmer", town="musterlippe")
    assert made.status_code == 303
    path = made.headers["location"].partition("?")[0]
    assert "done=open" in made.headers["location"]
    nina = number(here, "Nina Neu")
    assert send(admin, path, act="account", login="neu").status_code == 409  # no role in this town yet
    assert decide(here, "admin").status_code == 409
    assert decide(here, "operator").status_code == 303
    assert send(admin, path, act="account", login="neu").status_code == 303
    assert decide(here, "operator").status_code == 303
    with here.place.store.reading() as session:
        account, person = accounts.named(session, "web", "neu") or (None, None)
    assert account
    assert person
    assert person.id == nina
    told = send(admin, path, act="invite", account=str(account.id))
    link = re.search(r"http://127\.0\.0\.1(/welcome/[\w-]{43})", told.text)
    assert link
    assert "24 Stunden" in told.text
    assert link[0] not in admin.get(path).text
    assert here.browser().get(link[1]).status_code == 200
    assert "Nina Neu" in here.browser("admin").get(f"{HOME}/persons").text


def test_a_link_for_a_password_that_is_there_is_valid_for_minutes(here: Site) -> None:
    secret = accounts.invite(here.place.store, people.SERVICE, "confirmer", 1)
    accounts.accept(here.place.store, secret, "Rathaus Brunnen 1742 Kastanie")
    with here.place.store.reading() as session:
        account = here.who(session, "confirmer")[1]
    path = f"{HOME}/persons/{account.person_id}"
    told = send(here.browser("admin"), path, act="invite", account=str(account.id))
    assert "15 Minuten" in told.text


def test_roles_have_limits_and_days_and_end(here: Site) -> None:
    admin, path = here.browser("admin"), f"{HOME}/persons/{number(here, 'Anton Albers')}"
    given = {"role": "authoriser", "town": "musterlippe", "limit": "5.000,00", "until": "2031-12-31"}
    assert send(admin, path, act="role", **given).status_code == 303
    row = newest(here)
    assert row.new == {"limit": "5000.00", "until": "2031-12-31"}
    text = here.browser("operator").get(f"/proposals/{row.id}").text
    assert "5000.00" in text
    assert "Ada Admin" in text
    assert decide(here, "operator").status_code == 303
    assert "5.000,00" in admin.get(path).text
    assert send(admin, path, act="role", **{**given, "limit": "viel"}).status_code == 409
    assert send(admin, path, act="role", **{**given, "until": "bald"}).status_code == 409
    assert send(admin, path, act="role", **{**given, "office": "99"}).status_code == 409
    subject = f"{number(here, 'Anton Albers')}/authoriser"
    assert send(admin, path, act="no-role", subject=subject, town="musterlippe").status_code == 303
    assert decide(here, "operator", "decline", reason="noch gebraucht").status_code == 303
    assert newest(here).state == "declined"
    with here.place.store.reading() as session:
        assert number(here, "Anton Albers") in holders(session, frozenset({"authoriser"}), 1, today())


def test_a_refusal_needs_a_reason_and_the_proposer_withdraws(here: Site) -> None:
    admin = here.browser("admin")
    send(admin, f"{HOME}/towns/musterlippe/policies/portal", text='mode = "off"')
    assert decide(here, "operator", "decline").status_code == 422
    assert decide(here, "admin", "decline").status_code == 303
    assert newest(here).state == "withdrawn"
    assert decide(here, "operator").status_code == 409


def test_bank_accounts_are_proposed_confirmed_and_blocked_in_the_browser(here: Site) -> None:
    from einvoice.approval import bank
    from tests.interfaces.web.paying import numbered

    account = bank.noted(here.place.store, here.actor("clerk"), numbered(here, "RE-2026-0815"))
    clerk = here.browser("clerk")
    assert "Werre" in clerk.get("/suppliers").text
    form = {"account": str(account), "act": "propose", "source": "Rückruf unter der Nummer aus dem Vertrag"}
    assert send(here.browser("other"), "/suppliers", **form).status_code == 404
    assert send(here.browser("audit"), "/suppliers", **form).status_code == 409
    assert send(clerk, "/suppliers", **{**form, "source": "kurz"}).status_code == 409
    assert send(clerk, "/suppliers", **form).status_code == 303
    assert decide(here, "clerk").status_code == 409
    assert decide(here, "operator").status_code == 409  # what a town pays is its own
    assert decide(here, "second").status_code == 303
    assert "bestätigt von Klara Klerk + Rolf Rechner" in clerk.get("/suppliers?show=all").text
    block = {"account": str(account), "act": "withdraw", "source": "Bank warnt"}
    assert send(here.browser("audit"), "/suppliers", **block).status_code == 303
    assert "gesperrt" in clerk.get("/suppliers?show=all&q=werre").text


def test_two_suppliers_who_are_one_are_merged_by_two_persons(here: Site) -> None:
    from einvoice.approval import bank
    from tests.interfaces.web.bills import ANOTHER, IBAN, bill
    from tests.interfaces.web.paying import numbered
    from tests.interfaces.web.town import taken_in

    other = (("DE999999991", "DE999999983"), ("Werre Bürobedarf GmbH", "Werre Büro"), (IBAN, ANOTHER))
    (here.place.workplace.inbox / "a.xml").write_text(bill("W-1", 3, *other), "utf-8")
    taken_in(here.place)
    for one in ("RE-2026-0815", "W-1"):
        bank.noted(here.place.store, here.actor("clerk"), numbered(here, one))
    clerk, page = here.browser("clerk"), "/suppliers?show=all"
    text = clerk.get(page).text
    account, into = re.search(r'id="into-(\d+)" name="into">\s*<option value="(\d+)">Werre B', text).groups()  # type: ignore[union-attr]
    form = {"account": account, "act": "merge"}
    assert send(clerk, "/suppliers", **form, into="999").status_code == 409
    assert send(here.browser("audit"), "/suppliers", **form, into=into).status_code == 409
    assert send(here.browser("other"), "/suppliers", **form, into=into).status_code == 404
    assert send(clerk, "/suppliers", **form, into=into).status_code == 303
    assert decide(here, "clerk").status_code == 409
    assert decide(here, "second").status_code == 303
    assert "Zusammenführen" not in clerk.get(page).text
    assert kinds(here).count("creditors-merged") == 1


def test_towns_are_added_and_changed_by_two_operators(here: Site) -> None:
    operator = here.browser("operator")
    wanted = {"name": "neustadt", "title": "Stadt Neustadt", "leitweg": "01234*\n04011000-1234512345-06"}
    wanted |= {"mail": "rechnung@neustadt.example", "addresses": "9930:DE123456789", "portal": "check"}
    assert send(here.browser("admin"), f"{HOME}/towns", **wanted).status_code == 404
    assert send(operator, f"{HOME}/towns", **{**wanted, "leitweg": "AB"}).status_code == 409
    assert send(operator, f"{HOME}/towns", **{**wanted, "leitweg": "05766999*"}).status_code == 409
    made = send(operator, f"{HOME}/towns", **wanted)
    assert made.headers["location"] == f"{HOME}/towns?done=open&nr={newest(here).id}"
    assert operator.get(f"{HOME}/towns/neustadt").status_code == 404
    agreed_elsewhere(here)
    text = operator.get(f"{HOME}/towns/neustadt").text
    assert all(word in text for word in ("01234*", "rechnung@neustadt.example", "9930:DE123456789"))
    assert "proposal-accepted" in kinds(here)
    again = {key: value for key, value in wanted.items() if key != "name"}
    assert send(operator, f"{HOME}/towns/neustadt", **again).headers["location"].endswith("done=unchanged")
    assert send(operator, f"{HOME}/towns/neustadt", **{**again, "portal": "submit"}).status_code == 303
    agreed_elsewhere(here)
    with here.place.store.reading() as session:
        number_of = people.tenant(session, "neustadt").id or 0
        assert people.policy(session, number_of, "portal") == {"mode": "submit"}
    assert (
        send(operator, f"{HOME}/towns/neustadt", act="office", code="66", title="Tiefbau").status_code == 303
    )
    assert "66 Tiefbau" in operator.get(f"{HOME}/towns/neustadt").text


def test_chain_and_policies_are_shown_and_proposed(here: Site) -> None:
    admin, path = here.browser("admin"), f"{HOME}/towns/musterlippe/policies"
    text = admin.get(f"{path}/chain").text
    assert "[[step]]" in text
    assert "confirm-factual" in text
    for wrong in ("x = ", "[[step]]\nact = 'pay'", "step = 7"):
        assert send(admin, f"{path}/chain", text=wrong).status_code == 409, wrong
    assert send(admin, f"{path}/retention", text="invoice_years = 10").status_code == 303
    lines = admin.get(f"/proposals/{newest(here).id}").text
    assert "invoice_years" in lines
    assert send(admin, f"{path}/exports", text="x = 1").status_code == 404
    assert decide(here, "operator").status_code == 303
    assert "invoice_years = 10" in admin.get(path).text


def test_a_source_is_tested_as_doctor_does(here: Site) -> None:
    operator = here.browser("operator")
    told = send(operator, f"{HOME}/sources", source="inbox")
    assert "erreichbar, 0 bereit" in told.text
    assert send(here.browser("admin"), f"{HOME}/sources", source="inbox").status_code == 404
    here.place.workplace.inbox.rename(here.place.workplace.inbox.with_name("weg"))
    told = send(operator, f"{HOME}/sources", source="inbox")
    assert "kern-alert--danger" in told.text
    assert kinds(here).count("source-tested") == 2
    assert "inbox" in operator.get(f"{HOME}/condition").text


def test_a_fetch_that_failed_is_told_with_why(here: Site) -> None:
    from einvoice.pipeline.run import run

    operator = here.browser("operator")
    inbox = here.place.workplace.inbox
    inbox.rename(inbox.with_name("weg"))
    run(here.place)
    assert "kern-badge--danger" in operator.get(f"{HOME}/sources").text
    inbox.with_name("weg").rename(inbox)
    run(here.place)
    assert "kern-badge--danger" not in operator.get(f"{HOME}/sources").text


def test_keys_are_shown_once_and_revoked_at_once(here: Site) -> None:
    admin = here.browser("admin")
    form = {"act": "make", "person": str(number(here, "Klara Klerk")), "town": "musterlippe", "days": "30"}
    assert send(admin, f"{HOME}/keys", **form).status_code == 409  # no scope
    told = send(admin, f"{HOME}/keys", **form, **{"scope-upload": "yes"})
    secret = re.search(r"ei_[\w-]{43}", told.text)
    assert secret
    assert secret[0] not in admin.get(f"{HOME}/keys").text
    assert tokens.bearer(here.place.store, secret[0])
    assert send(admin, f"{HOME}/keys", act="revoke", key="1").status_code == 303
    assert tokens.bearer(here.place.store, secret[0]) is None


@pytest.mark.parametrize("scope", ["read", "batches", "cash"])
def test_nobody_makes_a_key_that_sees_or_pays_as_another(here: Site, scope: str) -> None:
    form = {"act": "make", "town": "musterlippe", "days": "30", f"scope-{scope}": "yes"}
    whose = {"person": str(number(here, "Karin Kruse"))}
    told = send(here.browser("admin"), f"{HOME}/keys", **form, **whose)
    assert (told.status_code, "ei_" in told.text) == (409, False)
    cash = here.browser("cash")
    secret = re.search(r"ei_[\w-]{43}", send(cash, "/account/keys", **form).text)
    assert secret
    assert secret[0] not in cash.get("/account").text
    found = tokens.bearer(here.place.store, secret[0])
    assert found
    assert (found.person_id, found.scopes) == (int(whose["person"]), frozenset({scope}))
    stop = {"act": "revoke", "key": str(found.token_id)}
    assert send(here.browser("clerk"), "/account/keys", **stop).status_code == 404
    assert send(cash, "/account/keys", **stop).status_code == 303
    assert tokens.bearer(here.place.store, secret[0]) is None
    assert send(cash, "/account/keys", **{**form, "town": "beispielhausen"}).status_code == 404


def test_a_session_is_ended_by_an_administrator(here: Site) -> None:
    confirmer = here.browser("confirmer")
    assert confirmer.get("/account").status_code == 200
    with here.place.store.reading() as session:
        row = session.exec(select(WebSession).order_by(col(WebSession.id).desc())).first()
    assert row
    assert "Sabine Sander" in here.browser("admin").get(f"{HOME}/sessions").text
    assert send(here.browser("admin"), f"{HOME}/sessions", session=str(row.id)).status_code == 303
    assert confirmer.get("/account").status_code == 303


def test_of_two_who_decide_at_once_one_counts(here: Site) -> None:
    propose(here.place.store, here.actor("admin"), "policy", "portal", "musterlippe", {"mode": "check"})
    row, browsers = newest(here), [here.browser("operator") for _ in range(4)]
    tokens_of = [one.token("/account") for one in browsers]

    def click(pair: tuple[Browser, str]) -> int:
        browser, token = pair
        sent = browser.post(f"/proposals/{row.id}", data={"csrf": token, "act": "accept"})
        return int(sent.status_code)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(click, zip(browsers, tokens_of, strict=True)))
    assert sorted(answers) == [303, 409, 409, 409]
    assert kinds(here).count("proposal-accepted") == 1


def test_what_was_changed_since_is_not_agreed_to(here: Site) -> None:
    for mode in ("check", "off"):
        propose(here.place.store, here.actor("admin"), "policy", "portal", "musterlippe", {"mode": mode})
    second = newest(here)
    assert (
        send(here.browser("operator"), f"/proposals/{(second.id or 0) - 1}", act="accept").status_code == 303
    )
    late = send(here.browser("operator"), f"/proposals/{second.id}", act="accept")
    assert late.status_code == 409
    assert newest(here).state == "outdated"


def test_who_asks_too_much_waits_and_no_colleague_at_the_same_address(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from einvoice.interfaces.web import guard
    from einvoice.interfaces.web.limits import Rate

    monkeypatch.setattr(guard, "PAGES", Rate(3, 60))
    admin, nobody = here.browser("admin"), here.browser()
    for browser, page in ((admin, HOME), (nobody, "/login")):
        answers = [browser.get(page) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
    assert here.browser("operator").get(HOME).status_code == 200  # from the same address
    assert here.browser("admin", address="203.0.113.10").get(HOME).status_code == 429
    assert here.browser(address="203.0.113.10").get("/login").status_code == 200
    forged = here.browser()
    forged.cookies.set("einvoice", "A" * 43)
    assert forged.get("/login").status_code == 429
