"""Signing in by another provider: state, nonce and PKCE hold, no lie is believed, no right comes from there (W05)."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from einvoice.store import people
from einvoice.store.tables import Account
from tests.interfaces.web.provider import CLIENT, Provider, provider
from tests.interfaces.web.town import Browser, Site, site

SUBJECT = "248289761001"


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Site, Provider]]:
    with provider() as other:
        settings = f"""
[web]
url = "http://127.0.0.1"
[web.oidc]
issuer = "{other.issuer}"
client_id = "{CLIENT}"
name = "Kreisverzeichnis"
second_factor = true
"""
        with site(tmp_path, settings) as here:
            with here.place.store.writing(people.SERVICE) as work:
                person, _ = here.who(work.session, "confirmer")
                row = Account(kind="oidc", name=f"{other.issuer} {SUBJECT}", person_id=person.id or 0)
                work.add(row)
                work.event("account-added", row)
            yield here, other


def _came_back(browser: Browser, other: Provider, subject: str = SUBJECT):  # type: ignore[no-untyped-def]
    went = browser.get("/oidc/start?to=/account")
    assert went.status_code == 303
    assert went.headers["location"].startswith(f"{other.issuer}/authorize?")
    code, state = other.authorise(went.headers["location"], subject)
    return browser.get("/oidc/back", params={"code": code, "state": state}), code, state


def test_who_is_linked_comes_in(both: tuple[Site, Provider]) -> None:
    here, other = both
    browser = here.browser()
    assert "Kreisverzeichnis" in browser.get("/login").text
    before = browser.cookies["einvoice"]
    answer, code, state = _came_back(browser, other)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert browser.cookies["einvoice"] != before
    assert "Sabine Sander" in browser.get("/account").text
    again = browser.get("/oidc/back", params={"code": code, "state": state})
    assert again.status_code == 401


def test_who_is_not_linked_has_no_rights(both: tuple[Site, Provider]) -> None:
    here, other = both
    answer, _, _ = _came_back(here.browser(), other, "somebody-else")
    assert answer.status_code == 401
    assert "web-link" in answer.text


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "other"},
    "for another client": {"aud": "somebody"},
    "from another issuer": {"iss": "https://evil.example"},
    "over": {"exp": int(time.time()) - 3600},
    "without an end": {"exp": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_is_believed(both: tuple[Site, Provider], lie: str) -> None:
    here, other = both
    other.lies = LIES[lie]
    browser = here.browser()
    assert _came_back(browser, other)[0].status_code == 401
    assert browser.get("/account").status_code == 303


def test_another_key_proves_nothing(both: tuple[Site, Provider]) -> None:
    here, other = both
    other.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert _came_back(here.browser(), other)[0].status_code == 401


def test_another_browser_cannot_end_what_one_began(both: tuple[Site, Provider]) -> None:
    here, other = both
    went = here.browser().get("/oidc/start")
    code, state = other.authorise(went.headers["location"], SUBJECT)
    victim = here.browser()
    victim.get("/login")
    assert victim.get("/oidc/back", params={"code": code, "state": state}).status_code == 401
    assert victim.get("/account").status_code == 303


def test_without_a_provider_there_is_no_such_page(tmp_path: Path) -> None:
    with site(tmp_path) as here:
        assert here.browser().get("/oidc/start").status_code == 404
