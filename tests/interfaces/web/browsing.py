"""A real browser: Debian's Chromium, windows that notice what runs that should not, pages without barriers."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Response, sync_playwright

from einvoice.approval.access import onetime
from tests.interfaces.web.running import Server
from tests.parts import AXE

FULL = bool(os.environ.get("EINVOICE_FULL"))
"""Whether every walk is made in both languages and sizes, and axe looks at each of its pages."""

PASSWORD = "Rathaus Brunnen 1742 Kastanie"
WIDTHS = {"desk": (1280, 900), "phone": (390, 844), "wide": (1680, 1000)}
PATIENCE = 300_000
"""How long anything may take, in milliseconds: on a machine that others keep busy, the limited process that reads an
invoice has taken more than a minute to start."""
_WORDS = {"de": ("Passwort setzen", "Einrichten"), "en": ("Set password", "Set up")}
_STATUS = "Failed to load resource: the server responded with a status of"
_AXE = """async () => (await axe.run()).violations.map(
    one => one.id + ': ' + one.nodes.map(node => node.html).join(' | '))"""


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """The browser, until the end of the block."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser, one for a module."""
    with browser() as started:
        yield started


def window(chromium: Any, server: Server, lang: str, width: str, *, script: bool = True) -> Page:
    """A new window; `clean` fails when something runs in it that should not, or the policy stops something."""
    across, down = WIDTHS[width]
    context = chromium.new_context(
        viewport={"width": across, "height": down},
        locale={"de": "de-DE", "en": "en-GB"}[lang],
        java_script_enabled=script,
        base_url=server.url,
        bypass_csp=False,
    )
    page: Page = context.new_page()
    page.set_default_timeout(PATIENCE)
    said: list[str] = []
    refused: list[str] = []
    page.on("console", lambda told: said.append(_words(told)) if told.type == "error" else None)
    page.on("response", lambda came: refused.append(came.url) if _is_refused_page(came) else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
    page.said = said  # type: ignore[attr-defined]
    page.refused = refused  # type: ignore[attr-defined]
    page.script = script  # type: ignore[attr-defined]
    return page


def _words(told: ConsoleMessage) -> str:
    return f"{told.text} {told.location['url']}"


def _is_refused_page(came: Response) -> bool:
    return came.status >= 400 and came.request.is_navigation_request()


def clean(page: Page) -> None:
    """No barrier that axe finds on the page as it is now, and what `fits` demands.

    Without script axe cannot look (it waits for timers, which do not run); the same pages are looked at with script.
    """
    fits(page)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(_AXE)
    assert not found, (page.url, found)


def passed(page: Page) -> None:
    """A page that a walk comes by: axe looks at it with EINVOICE_FULL=1 only; test_barriers has its every state."""
    if FULL and page.script:  # type: ignore[attr-defined]
        clean(page)
    else:
        fits(page)


def fits(page: Page) -> None:
    """Nothing is wider than the window, nothing runs that should not, and nothing was stopped by the policy.

    The words of a page can be read before its style sheets have come; its width cannot. That the browser itself
    reports a page of 4xx or 5xx, now or later, is no fault: which status a page has is asked where it is asked for.
    """
    page.wait_for_load_state()
    refused = tuple(f" {url}" for url in page.refused)  # type: ignore[attr-defined]
    said = [one for one in page.said if not (one.startswith(_STATUS) and one.endswith(refused))]  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1"), page.url
    assert said == [], (page.url, said)


def enrolled(page: Page, link: str, lang: str) -> str:
    """Opens the link of an invitation, sets the password, and one-time codes where they are asked for; their secret,
    or nothing."""
    password, codes = _WORDS[lang]
    page.goto(link)
    passed(page)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.get_by_role("button", name=password).click()
    page.wait_for_url(lambda address: "welcome" not in address)
    secret = ""
    if "set-up" in page.url:
        passed(page)
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        page.locator("#code").fill(onetime.code(secret, int(time.time()) // 30))
        page.get_by_role("button", name=codes).click()
    page.wait_for_url("**/work")
    return secret
