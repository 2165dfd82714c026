"""A clerk's way through the pages in a real browser (EINVOICE_FULL=1: in both languages): no barrier that axe finds,
nothing that the content security policy stops, and no invoice that runs anything (W10)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from einvoice.approval.access import accounts
from einvoice.store import people
from tests.interfaces.web.browsing import FULL, chromium, clean, enrolled, window
from tests.interfaces.web.paying import iban_confirmed, numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.town import Site, site
from tests.parts import ROOT, needs
from tests.render.pages import hostile

__all__ = ["chromium"]
pytestmark = [needs("chromium"), needs("axe")]

WORDS = {
    "de": {
        "set": "Passwort setzen",
        "check": "Prüfen",
        "confirm": "Bestätigen",
        "done": "Bestätigt.",
        "in": "Einrichten",
    },
    "en": {
        "set": "Set password",
        "check": "Check",
        "confirm": "Confirm",
        "done": "Confirmed.",
        "in": "Set up",
    },
}

WAYS = [("en", "phone", "E-2026-0007"), *([("de", "desk", "RE-2026-0815")] if FULL else [])]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Server]]:
    with site(tmp_path_factory.mktemp("walk")) as here, serving(here.place.workplace.file) as server:
        yield here, server


def _signed_in(page: Page, here: Site, actor: str, lang: str) -> None:
    """By the link of an invitation, and by one-time codes where they are asked for."""
    with here.place.store.writing(people.SERVICE) as work:
        accounts.forget_code(work, here.who(work.session, actor)[1])
    enrolled(page, f"/welcome/{accounts.invite(here.place.store, people.SERVICE, actor, 1)}", lang)


@pytest.mark.parametrize(("lang", "width", "number"), WAYS)
def test_the_clerk_s_way(
    running: tuple[Site, Server], chromium: Any, lang: str, width: str, number: str
) -> None:
    here, server = running
    iban_confirmed(here, numbered(here, number))
    page = window(chromium, server, lang, width)
    page.goto("/login")
    clean(page)
    _signed_in(page, here, "confirmer", lang)
    clean(page)
    page.goto("/check")
    page.set_input_files("#files", [str(ROOT / "samples" / "08-falsche-summe.xml")])
    page.get_by_role("button", name=WORDS[lang]["check"], exact=True).click()
    page.wait_for_selector("#results article")
    assert page.locator("#results article").inner_text().count("BR-CO-")
    clean(page)
    page.goto("/work")
    page.get_by_role("link", name=number).click()
    page.wait_for_selector(".sheet h2")
    clean(page)
    page.get_by_role("button", name=WORDS[lang]["confirm"]).click()
    page.wait_for_selector(".kern-alert--success")
    assert WORDS[lang]["done"] in page.locator(".kern-alert--success").inner_text()
    clean(page)
    for path in ("/account", "/nix", "/work?show=all&q=gibtesnicht"):
        page.goto(path)
        clean(page)
    page.context.close()


def test_an_invoice_runs_nothing(running: tuple[Site, Server], chromium: Any, tmp_path: Path) -> None:
    _, server = running
    file = tmp_path / '"><img src=x onerror=alert(1)>.xml'
    file.write_bytes(hostile(long=200))
    page = window(chromium, server, "de", "phone")
    page.goto("/check")
    page.set_input_files("#files", [str(file)])
    page.get_by_role("button", name="Prüfen", exact=True).click()
    page.wait_for_selector("#results article")
    assert "<script>alert(1)</script>" in page.locator("#results").inner_text()
    assert page.locator("#results script, #results img").count() == 0
    clean(page)
    page.context.close()


def test_keys_lead_through_the_pile(running: tuple[Site, Server], chromium: Any) -> None:
    here, server = running
    page = window(chromium, server, "de", "desk")
    page.context.add_cookies([{"name": "einvoice", "value": here.session("second"), "url": server.url}])
    page.goto("/work?show=all")
    page.keyboard.press("o")
    page.wait_for_url("**/invoice/*")
    page.keyboard.press("l")
    page.wait_for_url("**/work")
    page.context.close()
