"""The administrator's first set-up in a real browser, from `einvoice serve` on a fresh workplace to a second
administrator who agrees; the first steps by keyboard alone; no barrier that axe finds on any page or state of
administration. By default in English on a telephone, and only until all is set up; where there is time, with all
pages and the second administrator; EINVOICE_FULL=1 also in German on a desk, and seen by axe."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from einvoice.pipeline.workplace import init, opened
from einvoice.store.verify import verify
from tests.interfaces.web.browsing import FULL, chromium, enrolled, passed, window
from tests.interfaces.web.running import Server, at_a_terminal
from tests.interfaces.web.town import taken_in
from tests.parts import ROOT, TIME, needs

__all__ = ["chromium"]
pytestmark = [needs("chromium"), needs("axe")]

HOME = "/administration"
PICTURES = Path(os.environ["EINVOICE_PICTURES"]) if "EINVOICE_PICTURES" in os.environ else None
STAFF = (("Sabine Sander", "confirmer"), ("Anton Albers", "authoriser"), ("Karin Kruse", "cash"))
WORDS = {
    "de": {"town": "Die erste Kommune aufnehmen", "add": "Aufnehmen", "test": "Verbindung testen: inbox",
           "account": "Konto anlegen", "invite": "Link zum Einrichten:", "propose": "Änderung vorschlagen",
           "agree": "Zustimmen", "key": "Ausstellen", "alone": "sofort wirksam", "waits": "zweite Person zustimmt",
           "save": "Amt speichern", "role": "Rolle geben"},
    "en": {"town": "Add the first tenant", "add": "Add", "test": "Test the connection: inbox",
           "account": "Make the account", "invite": "Set-up link:", "propose": "Propose the change",
           "agree": "Agree", "key": "Make", "alone": "in force at once", "waits": "second person agrees",
           "save": "Save the office", "role": "Give the role"},
}  # fmt: skip


def _seen(page: Page, name: str) -> None:
    """The page has no barrier; a picture of it where one is wanted."""
    passed(page)
    if PICTURES:
        across = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=PICTURES / f"{name}-{across}.png", full_page=True)


def _tab_to(page: Page, name: str) -> None:
    """Goes on with the tabulator key alone, until an element has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by keyboard")


def _button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _person(page: Page, words: dict[str, str], name: str, role: str, town: str, login: str = "") -> None:
    """Takes up a person."""
    page.goto(f"{HOME}/persons")
    page.locator("#name").fill(name)
    page.locator("#login").fill(login)
    page.locator("#role").select_option(role)
    page.locator("#town").select_option(town)
    _button(page, words["add"])
    page.wait_for_url("**/persons/*")
    assert words["alone"] in page.locator(".kern-alert").first.inner_text()


def _invited(page: Page, words: dict[str, str], login: str) -> str:
    """The link of an account, which the page of the person shows once."""
    page.get_by_role("button", name=f"{words['invite']} {login}").click()
    return page.locator("code.secret").inner_text()


@pytest.mark.parametrize(("lang", "width"), [("en", "phone"), *([("de", "desk")] if FULL else [])])
def test_the_first_set_up(chromium: Any, tmp_path: Path, lang: str, width: str) -> None:
    words, place = WORDS[lang], init(tmp_path / "place")
    with at_a_terminal(place.file, lang) as (server, link):
        page = window(chromium, server, lang, width)
        enrolled(page, link, lang)
        assert page.goto(link)
        page.goto(HOME)
        _seen(page, "set-up")
        assert page.locator("ol.steps li").count() == 4
        _town_by_keyboard(page, words)
        for name, role in STAFF:
            _person(page, words, name, role, "musterlippe")
        _seen(page, "person")
        _source(page, words, place.inbox)
        with opened(place) as here:
            taken_in(here)
        _person(page, words, "Bernd Betreiber", "administrator", "", "betreiber")
        second_link = _invited(page, words, "betreiber")
        _seen(page, "invited")
        page.goto(HOME)
        assert page.locator("ol.steps").count() == 0
        _seen(page, "overview")
        if TIME:
            _pages(page, words)
            _second(chromium, server, words, second_link, lang, width)
        page.context.close()
    with opened(place) as here:
        assert verify(here.store, here.archive) == []


def _town_by_keyboard(page: Page, words: dict[str, str]) -> None:
    """The first town, without a pointer: by tabulator, letters and Enter."""
    page.get_by_role("link", name=words["town"]).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/towns")
    said = {"name": "musterlippe", "title": "Stadt Musterlippe", "leitweg": "05766999*",
            "mail": "rechnung@musterlippe.example"}  # fmt: skip
    for name, text in said.items():
        _tab_to(page, name)
        page.keyboard.type(text)
    _tab_to(page, "unknown_profile")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/towns?done=accepted*")
    assert words["alone"] in page.locator(".kern-alert").first.inner_text()
    _seen(page, "towns")


def _source(page: Page, words: dict[str, str], inbox: Path) -> None:
    """The source is tested; then a first file comes."""
    page.goto(f"{HOME}/sources")
    _button(page, words["test"])
    page.wait_for_selector(".kern-alert--success")
    _seen(page, "sources")
    shutil.copyfile(ROOT / "samples" / "01-skonto.xml", inbox / "01-skonto.xml")
    os.utime(inbox / "01-skonto.xml", (1_700_000_000, 1_700_000_000))


def _pages(page: Page, words: dict[str, str]) -> None:
    """All other pages, with what is shown after a change."""
    town = f"{HOME}/towns/musterlippe"
    for path in (
        f"{HOME}/persons",
        f"{HOME}/sessions",
        f"{HOME}/condition",
        f"{town}/exports",
        f"{town}/policies",
    ):
        page.goto(path)
        _seen(page, path.rpartition("/")[2])
    page.goto(town)
    page.locator("#code").fill("66")
    page.locator("#office-title").fill("Tiefbauamt")
    _button(page, words["save"])
    page.wait_for_selector(".kern-alert--success")
    _seen(page, "town")
    page.goto(f"{HOME}/keys")
    page.locator("#scope-upload").check()
    page.locator("#person").select_option(label="Sabine Sander")
    _button(page, words["key"])
    page.wait_for_selector("code.secret")
    _seen(page, "keys")
    page.goto(f"{town}/policies/retention")
    page.locator("#text").fill("invoice_years = ")
    _button(page, words["propose"])
    page.wait_for_selector(".kern-alert--danger")
    page.locator("#text").fill("invoice_years = 10")
    _seen(page, "policy")
    _button(page, words["propose"])
    page.wait_for_selector(".kern-alert--info")
    assert words["waits"] in page.locator(".kern-alert--info").inner_text()


def _second(chromium: Any, server: Server, words: dict[str, str], link: str, lang: str, width: str) -> None:
    """The second administrator comes in and agrees to what the first has proposed."""
    page = window(chromium, server, lang, width)
    enrolled(page, link, lang)
    page.goto("/proposals")
    _seen(page, "proposals")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/proposals/*")
    _seen(page, "proposal")
    _button(page, words["agree"])
    page.wait_for_selector(".kern-alert--success")
    _seen(page, "agreed")
    page.goto("/suppliers?show=all")
    _seen(page, "suppliers")
    page.context.close()
