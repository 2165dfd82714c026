"""Signing in (W05, W06): nothing is learnt by whoever is refused, nothing is tried fast, nothing outlives its end."""

import re
import statistics
import time
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from einvoice.approval.access import accounts, onetime, passwords
from einvoice.store import people
from einvoice.store.tables import Event
from tests.interfaces.web.town import Browser, Site, site

PASSWORD = "Rathaus Brunnen 1742 Kastanie"


@pytest.fixture
def here(tmp_path: Path):  # type: ignore[no-untyped-def]
    with site(tmp_path) as made:
        yield made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are hashed in no time, for tests of all else: with ours, little else would take any."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    nobody = hasher.hash("nobody's")
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    monkeypatch.setattr(passwords, "_nobody", lambda: nobody)


def _welcomed(here: Site, actor: str) -> tuple[Browser, str]:
    """A browser that has set a password by an invitation; where it was sent on to."""
    with here.place.store.writing(people.SERVICE) as work:
        accounts.forget_code(work, here.who(work.session, actor)[1])
    link = accounts.invite(here.place.store, people.SERVICE, actor, 1)
    browser = here.browser()
    page = f"/welcome/{link}"
    assert "mindestens 12" in browser.form(page, page, password="kurz", again="kurz").text.lower()
    sent = browser.form(page, page, password=PASSWORD, again=PASSWORD)
    assert sent.status_code == 303, sent.text
    assert browser.get(page).status_code == 404
    return browser, sent.headers["location"]


def _enrolled(browser: Browser) -> str:
    page = browser.get("/login/set-up").text
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    secret = found[1].replace(" ", "")
    wrong = browser.form("/login/set-up", "/login/set-up", code="000000")
    assert wrong.status_code == 401
    sent = browser.form("/login/set-up", "/login/set-up", code=onetime.code(secret, int(time.time()) // 30))
    assert sent.status_code == 303
    return secret


def test_a_confirmer_comes_in_by_password(here: Site) -> None:
    browser, to = _welcomed(here, "confirmer")
    assert to == "/work"
    assert "Sabine Sander" in browser.get("/account").text


@pytest.mark.usefixtures("quick")
def test_who_authorises_proves_himself_twice(here: Site) -> None:
    browser, to = _welcomed(here, "authoriser")
    assert to == "/login/set-up"
    assert browser.get("/account").headers["location"] == "/login/set-up"
    secret = _enrolled(browser)
    assert browser.get("/account").status_code == 200
    again = here.browser()
    assert again.form("/login", login="authoriser", password=PASSWORD).headers["location"] == "/login/code"
    assert again.get("/account").headers["location"] == "/login/code"
    used = onetime.code(secret, int(time.time()) // 30)
    assert again.form("/login/code", "/login/code", code=used).status_code == 401
    fresh = onetime.code(secret, int(time.time()) // 30 + 1)
    assert again.form("/login/code", "/login/code", code=fresh).status_code == 303
    assert again.get("/account").status_code == 200


@pytest.mark.usefixtures("quick")
def test_a_role_that_asks_for_two_proofs_asks_whoever_gets_it(here: Site) -> None:
    browser, _ = _welcomed(here, "confirmer")
    with here.place.store.writing(people.SERVICE) as work:
        person, _ = here.who(work.session, "confirmer")
        people.add_role(work, person, people.tenant(work.session, "musterlippe"), "authoriser")
    assert browser.get("/account").headers["location"] == "/login/set-up"


@pytest.mark.usefixtures("quick")
def test_a_session_is_new_at_login_and_ends_for_good(here: Site) -> None:
    _welcomed(here, "confirmer")
    browser = here.browser()
    browser.get("/login")
    before = browser.cookies["einvoice"]
    assert browser.form("/login", login="confirmer", password=PASSWORD).status_code == 303
    after = browser.cookies["einvoice"]
    assert after != before
    assert here.browser("nobody").get("/account").status_code == 200
    fixed = here.browser()
    fixed.cookies.set("einvoice", before)
    assert fixed.get("/account").status_code == 303
    assert browser.form("/logout", "/account").status_code == 303
    stolen = here.browser()
    stolen.cookies.set("einvoice", after)
    assert stolen.get("/account").headers["location"].startswith("/login")


def test_cookies_are_hidden_from_script_and_bound_to_tls(here: Site, tmp_path: Path) -> None:
    plain = here.browser().get("/login").headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    with site(tmp_path / "tls", '\n[web]\nurl = "https://127.0.0.1"\n') as secure:
        answer = secure.browser().get("/login")
    said = answer.headers["set-cookie"]
    assert said.startswith("__Host-einvoice=")
    assert "Secure" in said
    assert "max-age" in answer.headers["strict-transport-security"]


def test_whoever_is_refused_learns_nothing(here: Site) -> None:
    _welcomed(here, "confirmer")
    browser = here.browser()
    token = browser.token()

    def tried(login: str) -> tuple[int, str, float]:
        began = time.process_time()  # of all threads, whatever else the machine does
        said = browser.post("/login", data={"csrf": token, "login": login, "password": "falsch"})
        return said.status_code, said.text, time.process_time() - began

    known, unknown = tried("confirmer"), tried("gibtsnicht")
    assert known[:2] == unknown[:2]
    times = {who: [tried(who)[2] for _ in range(3)] for who in ("clerk", "nie-gesehen")}
    medians = [statistics.median(values) for values in times.values()]
    assert max(medians) < 5 * min(
        medians
    )  # argon2 runs for both; nothing finer can be told on a busy machine


@pytest.mark.usefixtures("quick")
def test_the_sixth_try_waits_and_so_do_fifty_at_once(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from einvoice.store import times

    _welcomed(here, "confirmer")
    now = times.utc_now()
    monkeypatch.setattr(times, "utc_now", lambda: now)  # a busy machine would wait long enough by itself
    browser = here.browser()
    token = browser.token()

    def wrong(_: int) -> int:
        return browser.post(
            "/login", data={"csrf": token, "login": "confirmer", "password": "falsch"}
        ).status_code

    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(wrong, range(12)))
    assert answers.count(401) <= 6
    assert set(answers) <= {401, 429}
    late = browser.post("/login", data={"csrf": token, "login": "confirmer", "password": PASSWORD})
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) >= 1


@pytest.mark.usefixtures("quick")
def test_a_town_hall_signs_in_from_one_address(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from einvoice.interfaces.web import signing
    from einvoice.interfaces.web.limits import Rate

    _welcomed(here, "confirmer")
    monkeypatch.setattr(signing, "LOGIN", Rate(4, 300))  # one was counted by the password that was too short

    def tried(password: str) -> object:
        return here.browser().form("/login", login="confirmer", password=password).status_code

    assert [tried(PASSWORD) for _ in range(5)] == [303] * 5
    assert [tried("falsch") for _ in range(3)] == [401] * 3
    assert tried(PASSWORD) == 429


@pytest.mark.usefixtures("quick")
def test_each_sign_in_is_an_event(here: Site) -> None:
    from sqlmodel import select

    _welcomed(here, "confirmer")
    here.browser().form("/login", login="confirmer", password="falsch")
    with here.place.store.reading() as session:
        kinds = set(session.exec(select(Event.kind)))
    assert {"account-invited", "password-set", "signed-in", "sign-in-refused"} <= kinds


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B (SHA-1), the last six of eight digits."""
    import base64

    secret = base64.b32encode(b"12345678901234567890").decode()
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert onetime.code(secret, seconds // 30) == code
        assert onetime.step_of(secret, code, seconds) == seconds // 30
