"""No barrier that axe finds where the table of states (states.py) does not come: with our own plain style sheet, at
the doors of another identity provider and of a demo, on pages of faults, on an invoice that was deleted in time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from einvoice.approval import acts
from einvoice.interfaces.web.rendering import kern_is_there
from einvoice.pipeline.expiring import expire
from einvoice.pipeline.workplace import init
from einvoice.store import people
from tests.interfaces.web.browsing import FULL, chromium, clean, window
from tests.interfaces.web.paying import NUMBERS, numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.states import press, upload
from tests.interfaces.web.town import Site, site
from tests.parts import needs

__all__ = ["chromium"]
pytestmark = [needs("chromium"), needs("axe")]

SETTINGS = """
[web]
url = "http://127.0.0.1"
theme = "plain"
checks_per_hour = 1
upload_mb = 1
[web.oidc]
issuer = "http://127.0.0.1:9"
client_id = "einvoice"
name = "Kreisverzeichnis"
"""
PAGES = (
    "/work?show=all", "/due", "/invoice/{number}", "/invoice/{number}/posting", "/invoice/{number}/return?reason=x",
    "/batches", "/batches/new/musterlippe", "/check", "/suppliers?show=all", "/proposals", "/account",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Server]]:
    with (
        site(tmp_path_factory.mktemp("beyond"), SETTINGS) as here,
        serving(here.place.workplace.file) as server,
    ):
        yield here, server


def seen(page: Page) -> None:
    """No barrier; that the browser itself reports an answer of 4xx or 5xx is none."""
    page.said[:] = [one for one in page.said if "Failed to load resource" not in one]  # type: ignore[attr-defined]
    clean(page)


def as_somebody(chromium: Any, served: tuple[Site, Server], actor: str, lang: str, width: str) -> Page:
    """A window, signed in."""
    here, server = served
    page = window(chromium, server, lang, width)
    page.context.add_cookies([{"name": "einvoice", "value": here.session(actor), "url": server.url}])
    return page


@pytest.mark.skipif(not kern_is_there() and not FULL, reason="test_barriers has it: KERN UX is not there")
@pytest.mark.parametrize(("lang", "width"), [("de", "phone"), *([("en", "desk")] if FULL else [])])
def test_our_own_style_sheet(served: tuple[Site, Server], chromium: Any, lang: str, width: str) -> None:
    page = as_somebody(chromium, served, "confirmer", lang, width)
    number = numbered(served[0], NUMBERS[0])
    for path in PAGES:
        page.goto(path.format(number=number))
        assert page.locator('link[href="/static/plain.css"]').count() == 1
        seen(page)
    page.goto(f"/invoice/{number}")
    press("hold")(page)
    seen(page)
    page.context.close()


def test_another_provider(served: tuple[Site, Server], chromium: Any) -> None:
    page = window(chromium, served[1], "de", "phone")
    page.goto("/login")
    assert page.get_by_role("link", name="Kreisverzeichnis").count() == 1
    seen(page)
    for path in ("/oidc/back?state=x&code=y", "/oidc/start"):
        page.goto(path)
        seen(page)
    page.context.close()


def test_a_demo(chromium: Any, tmp_path: Path) -> None:
    place = init(tmp_path / "demo", demo=True)
    with serving(place.file) as server:
        page = window(chromium, server, "en", "phone")
        page.goto("/login")
        assert page.locator('button[name="name"]').count() == 3
        seen(page)
        page.locator('button[name="name"]').first.click()
        page.wait_for_url("**/work")
        seen(page)
        page.context.close()


def test_faults(served: tuple[Site, Server], chromium: Any, tmp_path: Path) -> None:
    here, _ = served
    page = window(chromium, served[1], "de", "desk")
    page.goto("/check")
    upload("check", "01-skonto.xml")(page)
    page.goto("/check")
    page.set_input_files("#files", files={"name": "a.xml", "mimeType": "text/xml", "buffer": b"<a/>"})
    page.locator('button[value="check"]').click()
    page.get_by_role("heading", name="Zu viele Anfragen").wait_for()
    seen(page)
    bare = window(chromium, served[1], "de", "phone", script=False)
    large = tmp_path / "gross.xml"
    large.write_bytes(b"<a>" + b" " * 30_000_000 + b"</a>")
    for one in (page, bare):
        one.goto("/check")
        one.set_input_files("#files", str(large))
        one.locator('button[value="check"]').click()
        one.get_by_role("heading", name="Das ist zu groß").wait_for()
    seen(page)
    for one in (page, bare):
        one.context.close()
    broken = as_somebody(chromium, served, "confirmer", "en", "phone")
    with closing(
        sqlite3.connect(here.place.workplace.file.parent / "data" / "einvoice.sqlite", timeout=60)
    ) as store:
        store.execute("ALTER TABLE batch RENAME TO lost")
        try:
            answer = broken.goto("/batches")
        finally:
            store.execute("ALTER TABLE lost RENAME TO batch")
    assert answer
    assert answer.status == 500
    seen(broken)
    broken.context.close()


def test_an_invoice_that_was_deleted_in_time(tmp_path: Path, chromium: Any) -> None:
    with site(tmp_path) as here:
        number = numbered(here, NUMBERS[0])
        acts.give_back(here.place.store, here.actor("confirmer"), number, "Bestellung unbekannt")
        gone = expire(here.place, date(2100, 1, 1), people.SERVICE).invoices
        assert number in {one.invoice_id for one in gone}
        with serving(here.place.workplace.file) as server:
            page = as_somebody(chromium, (here, server), "confirmer", "de", "desk")
            page.goto(f"/invoice/{number}")
            assert page.get_by_text("nach Ablauf der Aufbewahrungsfrist").count() == 1
            seen(page)
            page.context.close()
