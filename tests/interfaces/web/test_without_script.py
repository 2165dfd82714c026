"""The essentials with script turned off, in a real browser: a supplier checks and hands in; a clerk signs in,
searches, writes a note, holds, posts, confirms and returns with a prepared reply; a second person authorises several;
the cash office builds a batch, closes it, exports it, fetches its files and acknowledges it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlmodel import col, select

from einvoice.approval.access import accounts, onetime
from einvoice.store import people
from einvoice.store.tables import Act, Invoice, Posting
from tests.interfaces.web.bills import bill
from tests.interfaces.web.browsing import PASSWORD, chromium, enrolled, passed, window
from tests.interfaces.web.paying import iban_confirmed, numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.town import Site, site, taken_in
from tests.parts import needs

__all__ = ["chromium"]
pytestmark = needs("chromium")

PAID = ("RE-2026-0815", "GUT-1")
"""What ends in the batch: from a folder, and from a supplier's browser."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Site, Server]]:
    with site(tmp_path) as here, serving(here.place.workplace.file) as server:
        yield here, server


def test_one_is_handed_in_and_confirmed_without_script(
    served: tuple[Site, Server], chromium: Any, tmp_path: Path
) -> None:
    here, server = served
    _hands_in(window(chromium, server, "de", "phone", script=False), here, tmp_path)
    iban_confirmed(here, numbered(here, PAID[1]))
    confirmer = _signed_in(window(chromium, server, "de", "desk", script=False), here, "confirmer")
    _opened(confirmer, PAID[1])
    _done(confirmer, "confirm")
    confirmer.context.close()


@needs("time")
def test_a_day_without_script(served: tuple[Site, Server], chromium: Any, tmp_path: Path) -> None:
    here, server = served
    _hands_in(window(chromium, server, "de", "phone", script=False), here, tmp_path)
    for number in PAID:
        iban_confirmed(here, numbered(here, number))
    confirmer = _signed_in(window(chromium, server, "de", "desk", script=False), here, "confirmer")
    _looks_after(confirmer, here)
    _posts_and_confirms(confirmer)
    _returns(confirmer)
    _authorises(_signed_in(window(chromium, server, "de", "phone", script=False), here, "authoriser"))
    sent = _pays(_signed_in(window(chromium, server, "de", "desk", script=False), here, "cash"), tmp_path)
    assert all(number in sent for number in PAID)
    with here.place.store.reading() as session:
        found = session.exec(select(Invoice.number, Invoice.state).where(col(Invoice.number).is_not(None)))
        states = dict(found.all())
        kinds = set(session.exec(select(Act.kind).where(Act.invoice_id == numbered(here, PAID[0]))))
        booked = session.exec(select(Posting.account).where(Posting.invoice_id == numbered(here, PAID[0])))
        assert "5291" in booked.all()
    assert {*kinds} >= {"note", "hold", "release", "confirm-factual", "confirm-arithmetic", "authorise"}
    assert {states[number] for number in PAID} == {"acknowledged"}
    assert states["SUMME-1"] == "returned"


def _signed_in(page: Page, here: Site, actor: str) -> Page:
    """Sets the password (and one-time codes) by the link of an invitation, signs out, and signs in as ever."""
    with here.place.store.writing(people.SERVICE) as work:
        accounts.forget_code(work, here.who(work.session, actor)[1])
    secret = enrolled(page, f"/welcome/{accounts.invite(here.place.store, people.SERVICE, actor, 1)}", "de")
    page.locator('form[action="/logout"] button').click()
    page.wait_for_url("**/login")
    passed(page)
    page.locator("#login").fill(actor)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    if secret:
        page.wait_for_url("**/login/code*")
        page.locator("#code").fill(onetime.code(secret, int(time.time()) // onetime.SECONDS + 1))
        page.get_by_role("button", name="Weiter").click()
    page.wait_for_url("**/work")
    return page


def _hands_in(page: Page, here: Site, folder: Path) -> None:
    """A supplier without an account checks his file and hands it in; the receipt's page says where it stands."""
    file = folder / "gut.xml"
    file.write_text(bill(PAID[1], 1), "utf-8")
    for act in ("check", "submit"):
        page.goto("/check")
        page.set_input_files("#files", [str(file)])
        page.locator("#town").select_option("musterlippe")
        page.locator(f'button[value="{act}"]').click()
        assert "angenommen" in page.locator("#results article").inner_text()
        passed(page)
    page.locator('a[href^="/receipt/"]').click()
    page.wait_for_url("**/receipt/*")
    passed(page)
    (here.place.workplace.inbox / "summe.xml").write_text(bill("SUMME-1", 4, ("476.00", "467.00")), "utf-8")
    taken_in(here.place)
    page.context.close()


def _opened(page: Page, number: str) -> None:
    """Finds an invoice by the search, and opens it."""
    page.goto("/work")
    page.locator("#show").select_option("all")
    page.locator("#q").fill(number)
    page.get_by_role("button", name="Anwenden").click()
    page.wait_for_url(f"**/work?*q={number}")
    page.locator("tbody th a").click()
    page.wait_for_url("**/invoice/*")
    assert number in page.locator("h1").inner_text()


def _done(page: Page, act: str, words: str = "") -> None:
    """Does an act, with words; the page says that it was done."""
    if words:
        page.locator("#words").fill(words)
    page.locator(f'button[value="{act}"]').click()
    page.wait_for_url(f"**done={act}*")
    page.wait_for_selector(".kern-alert--success")
    passed(page)


def _looks_after(page: Page, here: Site) -> None:
    """A note, a hold and its end; the history has them."""
    passed(page)
    _opened(page, PAID[0])
    _done(page, "note", "Lieferschein fehlt noch")
    _done(page, "hold", "Warten auf den Lieferschein")
    _done(page, "release", "Lieferschein ist da")
    said = page.locator("section[aria-labelledby=history]").inner_text()
    assert all(words in said for words in ("Lieferschein fehlt noch", "Warten auf", "ist da"))


def _posts_and_confirms(page: Page) -> None:
    """Posts one and confirms it, goes on to the next that waits, and confirms that."""
    page.get_by_role("link", name="Kontieren (k)").click()
    page.wait_for_url("**/posting")
    for field in page.locator('[name$="-account"]').all():
        field.fill("5291")
    _done(page, "set")
    page.locator("nav a").get_by_text("(l)").click()
    _done(page, "confirm")
    assert page.get_by_role("link", name="Nächste (n)").count() == 1
    _opened(page, PAID[1])
    _done(page, "confirm")


def _returns(page: Page) -> None:
    """Returns one with a reply that was prepared and read."""
    _opened(page, "SUMME-1")
    page.get_by_role("link", name="Zurückgeben").click()
    page.locator("#why").fill("Die Summe stimmt nicht.")
    page.get_by_role("button", name="Antwort vorbereiten").click()
    assert "Die Summe stimmt nicht." in page.locator("#text").input_value()
    passed(page)
    page.locator('button[value="none"]').click()
    page.wait_for_url("**/invoice/*done=return")
    passed(page)
    page.context.close()


def _authorises(page: Page) -> None:
    """Authorises several at once, from the list."""
    passed(page)
    for box in page.locator("input.pick").all():
        box.check()
    page.locator('button[value="authorise"]').click()
    assert f"{len(PAID)} von {len(PAID)} erledigt" in page.locator(".kern-alert--success").inner_text()
    passed(page)
    page.context.close()


def _pays(page: Page, folder: Path) -> str:
    """Builds a batch, closes, exports and acknowledges it; what its file says."""
    page.get_by_role("link", name="Stapel", exact=True).click()
    page.get_by_role("link", name="Stapel bilden").click()
    page.locator('button[value="all"]').click()
    page.wait_for_url("**/batches/*done=build")
    _done(page, "close")
    page.locator("#form").select_option("csv")
    page.locator('form[action$="/export"] button').click()
    page.wait_for_url("**done=export*")
    passed(page)
    for link, name in (('a[href*="/files/"]', "stapel.csv"), ('a[href$="/sheet"]', "blatt.pdf")):
        with page.expect_download() as fetched:
            page.locator(link).click()
        fetched.value.save_as(folder / name)
    assert (folder / "blatt.pdf").read_bytes().startswith(b"%PDF-")
    _done(page, "accept-rest")
    page.context.close()
    return (folder / "stapel.csv").read_text("utf-8-sig")
