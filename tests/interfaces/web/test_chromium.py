"""A clerk's way through the pages in a real browser, in both languages, with and without script: no barrier that axe
finds, nothing that the content security policy stops, and no invoice that runs anything (W10)."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from einvoice.approval.access import accounts, onetime
from einvoice.store import people
from tests.interfaces.web.paying import iban_confirmed, numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.town import Site, site
from tests.parts import AXE, ROOT, needs
from tests.render.pages import hostile

pytestmark = [needs("chromium"), needs("axe")]

PASSWORD = "Rathaus Brunnen 1742 Kastanie"
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
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
_AXE = """async () => (await axe.run()).violations.map(
    one => one.id + ': ' + one.nodes.map(node => node.html).join(' | '))"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Server]]:
    with site(tmp_path_factory.mktemp("walk")) as here, serving(here.place.workplace.file) as server:
        yield here, server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def _page(chromium: Any, server: Server, lang: str, width: str, *, script: bool = True) -> Page:
    """A new window; it fails the test when something runs that should not, or the policy stops something."""
    across, down = WIDTHS[width]
    context = chromium.new_context(
        viewport={"width": across, "height": down},
        locale={"de": "de-DE", "en": "en-GB"}[lang],
        java_script_enabled=script,
        base_url=server.url,
        bypass_csp=False,
    )
    page: Page = context.new_page()
    page.set_default_timeout(20_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
    page.said = said  # type: ignore[attr-defined]
    return page


def _clean(page: Page) -> None:
    """No barrier on the page as it is now, and nothing was stopped."""
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(_AXE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert page.said == []  # type: ignore[attr-defined]


def _signed_in(page: Page, here: Site, actor: str, lang: str) -> None:
    """By the link of an invitation, and by one-time codes where they are asked for."""
    words = WORDS[lang]
    with here.place.store.writing(people.SERVICE) as work:
        accounts.forget_code(work, here.who(work.session, actor)[1])
    page.goto(f"/welcome/{accounts.invite(here.place.store, people.SERVICE, actor, 1)}")
    _clean(page)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.get_by_role("button", name=words["set"]).click()
    page.wait_for_url(lambda address: "welcome" not in address)
    if "set-up" in page.url:
        _clean(page)
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        page.locator("#code").fill(onetime.code(secret, int(time.time()) // 30))
        page.get_by_role("button", name=words["in"]).click()
    page.wait_for_url("**/work")


@pytest.mark.parametrize(
    ("lang", "width", "number"), [("de", "desk", "RE-2026-0815"), ("en", "phone", "E-2026-0007")]
)
def test_the_clerk_s_way(
    running: tuple[Site, Server], chromium: Any, lang: str, width: str, number: str
) -> None:
    here, server = running
    iban_confirmed(here, numbered(here, number))
    page = _page(chromium, server, lang, width)
    page.goto("/login")
    _clean(page)
    _signed_in(page, here, "confirmer", lang)
    _clean(page)
    page.goto("/check")
    page.set_input_files("#files", [str(ROOT / "samples" / "08-falsche-summe.xml")])
    page.get_by_role("button", name=WORDS[lang]["check"], exact=True).click()
    page.wait_for_selector("#results article")
    assert page.locator("#results article").inner_text().count("BR-CO-")
    _clean(page)
    page.goto("/work")
    page.get_by_role("link", name=number).click()
    page.wait_for_selector(".sheet h2")
    _clean(page)
    page.get_by_role("button", name=WORDS[lang]["confirm"]).click()
    page.wait_for_selector(".kern-alert--success")
    assert WORDS[lang]["done"] in page.locator(".kern-alert--success").inner_text()
    _clean(page)
    for path in ("/account", "/nix", "/work?show=all&q=gibtesnicht"):
        page.goto(path)
        page.said.clear()  # type: ignore[attr-defined]  # the browser itself reports the 404
        _clean(page)
    page.context.close()


def test_who_authorises_sets_up_codes_and_works_without_script(
    running: tuple[Site, Server], chromium: Any
) -> None:
    here, server = running
    page = _page(chromium, server, "de", "desk")
    _signed_in(page, here, "authoriser", "de")
    cookies = page.context.cookies()
    bare = _page(chromium, server, "de", "phone", script=False)
    bare.context.add_cookies(cookies)  # type: ignore[arg-type]
    bare.goto("/check")
    bare.set_input_files("#files", [str(ROOT / "samples" / "02-gutschrift.xml")])
    bare.get_by_role("button", name="Prüfen", exact=True).click()
    assert "angenommen" in bare.locator("#results article").first.inner_text()
    bare.goto("/work?show=all")
    bare.locator("tbody a").first.click()
    assert bare.locator(".sheet h2").count() > 3
    for one in (page, bare):
        one.context.close()


def test_an_invoice_runs_nothing(running: tuple[Site, Server], chromium: Any, tmp_path: Path) -> None:
    _, server = running
    file = tmp_path / '"><img src=x onerror=alert(1)>.xml'
    file.write_bytes(hostile(long=200))
    page = _page(chromium, server, "de", "phone")
    page.goto("/check")
    page.set_input_files("#files", [str(file)])
    page.get_by_role("button", name="Prüfen", exact=True).click()
    page.wait_for_selector("#results article")
    assert "<script>alert(1)</script>" in page.locator("#results").inner_text()
    assert page.locator("#results script, #results img").count() == 0
    _clean(page)
    page.context.close()


def test_keys_lead_through_the_pile(running: tuple[Site, Server], chromium: Any) -> None:
    here, server = running
    page = _page(chromium, server, "de", "desk")
    page.context.add_cookies([{"name": "einvoice", "value": here.session("second"), "url": server.url}])
    page.goto("/work?show=all")
    page.keyboard.press("o")
    page.wait_for_url("**/invoice/*")
    page.keyboard.press("l")
    page.wait_for_url("**/work")
    page.context.close()
