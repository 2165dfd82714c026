"""The clerks' day in a real browser, from arrival to the exported batch: ten invoices (good, wrong totals, duplicate,
changed account, credit note, huge, with an attachment, rejected, another town's, Skonto until today) go to where they
belong, by keyboard and by pointer.

By default one invoice; where there is time, all ten in German on a desk by keyboard; EINVOICE_FULL=1 also in English
and on a telephone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlmodel import col, select

from einvoice.rulebook.releases import today
from einvoice.store.tables import Invoice
from einvoice.store.verify import verify
from tests.interfaces.web.bills import ANOTHER, IBAN, attached, bill, credit_note, long_bill, with_skonto
from tests.interfaces.web.browsing import FULL, chromium, passed, window
from tests.interfaces.web.paying import numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.town import Site, site, taken_in
from tests.parts import needs

__all__ = ["chromium"]
pytestmark = [needs("chromium"), needs("axe")]

DAYS = [("de", "desk", "keyboard")]
MORE = [("en", "phone", "pointer"), ("en", "desk", "keyboard"), ("de", "phone", "pointer")]
PAID = ("GUT-1", "IBAN-1", "GS-2026-0031", "LANG-1", "ANLAGE-1", "SKONTO-1")
"""What ends in the batch."""


@dataclass(frozen=True)
class Day:
    """A day: the site, its server, how its windows are (language, width, by what)."""

    chromium: Any
    here: Site
    server: Server
    lang: str
    width: str
    by: str

    def desk(self, actor: str | None) -> "Desk":
        """Somebody's window, signed in."""
        page = window(self.chromium, self.server, self.lang, self.width)
        if actor:
            cookie = {"name": "einvoice", "value": self.here.session(actor), "url": self.server.url}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
        return Desk(page, self.by)


@dataclass(frozen=True)
class Desk:
    """A window and what a person does in it."""

    page: Page
    by: str

    def seen(self) -> None:
        """No barriers."""
        passed(self.page)

    def goes(self, path: str) -> None:
        """Opens a page."""
        self.page.goto(path)

    def opens(self, number: str) -> None:
        """Opens an invoice from the list of all, found by its number."""
        self.goes(f"/work?show=all&q={number}")
        if self.by == "keyboard":
            self.page.keyboard.press("o")
        else:
            self.page.locator("tbody th a").first.click()
        self.page.wait_for_url("**/invoice/*")
        assert number in self.page.locator("h1").inner_text()

    def next_act(self, act: str) -> None:
        """Does the act on top."""
        button = self.page.locator(f'button[value="{act}"]')
        if self.by == "keyboard":
            assert button.get_attribute("data-key") == "b"
            self.page.keyboard.press("b")
        else:
            button.click()
        self.done()

    def act(self, act: str, words: str, field: str = "#words") -> None:
        """Does another act, with words."""
        self.page.locator(field).fill(words)
        button = self.page.locator(f'button[value="{act}"]')
        if self.by == "keyboard":
            button.focus()
            self.page.keyboard.press("Enter")
        else:
            button.click()
        self.done()

    def done(self) -> None:
        """The page says that it was done."""
        self.page.wait_for_selector(".kern-alert--success")

    def leaves(self) -> None:
        """Closes the window."""
        self.page.context.close()


@pytest.fixture(params=[*DAYS, *(MORE if FULL else ())], ids=" ".join)
def day(request: pytest.FixtureRequest, tmp_path: Path, chromium: Any) -> Iterator[Day]:
    with site(tmp_path) as here, serving(here.place.workplace.file) as server:
        yield Day(chromium, here, server, *request.param)


def test_one_from_arrival_to_the_exported_batch(day: Day, tmp_path: Path) -> None:
    _hands_in(day, tmp_path).leaves()
    taken_in(day.here.place)
    me, second = day.desk("confirmer"), day.desk("second")
    for one in (me, second):
        one.opens("GUT-1")
        one.act("iban", "Rahmenvertrag 2025, Blatt 3", "#iban-words")
    me.opens("GUT-1")
    me.next_act("confirm")
    for one in (me, second):
        one.leaves()
    _authorises(day, "GUT-1")
    assert "GUT-1" in _pays(day, tmp_path)


@needs("time")
def test_from_arrival_to_the_exported_batch(day: Day, tmp_path: Path) -> None:
    _arrives(day, tmp_path)
    _confirms(day)
    _authorises(day, *PAID)
    sent = _pays(day, tmp_path)
    assert all(number in sent for number in PAID)
    assert not [one for one in ("DOPPELT-1", "SUMME-1", "RE-2026-0815", "FREMD-1") if one in sent]
    with day.here.place.store.reading() as session:
        rows = session.exec(select(Invoice.number, Invoice.state).where(col(Invoice.tenant_id).is_not(None)))
        states = {number: state for number, state in rows if number}
    assert {number: states[number] for number in PAID} == dict.fromkeys(PAID, "exported")
    left = {"DOPPELT-1": "duplicate", "SUMME-1": "returned", "FALSCH-1": "returned", "FREMD-1": "routed"}
    assert {number: states[number] for number in left} == left
    assert verify(day.here.place.store, day.here.place.archive) == []


def _arrives(day: Day, folder: Path) -> None:
    """Nine come to the inbox; the tenth is checked and handed in by a supplier without an account."""
    files = {
        "doppelt": bill("DOPPELT-1", 1),
        "iban": bill("IBAN-1", 3, (IBAN, ANOTHER)),
        "summe": bill("SUMME-1", 4, ("476.00", "467.00")),
        "lang": long_bill("LANG-1", 20),
        "anlage": attached(bill("ANLAGE-1", 6)),
        "falsch": bill("FALSCH-1", 7, ("<cbc:Telephone>+49 5799 4711-0</cbc:Telephone>", "")),
        "fremd": bill("FREMD-1", 8, town="05758998-RATHAUS-1"),
        "skonto": with_skonto(bill("SKONTO-1", 9), today()),
        "gutschrift": credit_note(),
    }
    supplier = _hands_in(day, folder)
    taken_in(day.here.place)
    for name, text in files.items():
        (day.here.place.workplace.inbox / f"{name}.xml").write_text(_fresh(text), "utf-8")
    taken_in(day.here.place)
    supplier.page.reload()
    supplier.seen()
    supplier.leaves()


def _hands_in(day: Day, folder: Path) -> Desk:
    """A supplier checks one and hands it in; his window shows the receipt."""
    good = folder / "gut.xml"
    good.write_text(_fresh(bill("GUT-1", 1)), "utf-8")
    supplier = day.desk(None)
    supplier.goes("/check")
    supplier.page.set_input_files("#files", [str(good)])
    supplier.page.locator("#town").select_option("musterlippe")
    supplier.page.locator('button[value="submit"]').click()
    supplier.done()
    supplier.seen()
    supplier.page.locator('a[href^="/receipt/"]').click()
    supplier.page.wait_for_url("**/receipt/*")
    return supplier


def _fresh(text: str) -> str:
    """Of last week, due in three weeks."""
    issued, due = today() - timedelta(9), today() + timedelta(21)
    return text.replace("2026-03-02", f"{issued}").replace("2026-04-01", f"{due}")


def _confirms(day: Day) -> None:
    """The confirmer works through the pile; a colleague vouches for the new account, too."""
    me, second = day.desk("confirmer"), day.desk("second")
    me.goes("/work")
    rows = me.page.locator("tbody tr", has_not_text="2026-0")  # without those that are long overdue
    assert "SKONTO-1" in rows.first.inner_text()
    assert "Skonto" in rows.first.locator(".kern-badge--warning").inner_text()
    me.seen()
    fremd = numbered(day.here, "FREMD-1")
    assert me.page.goto(f"/invoice/{fremd}").status == 404  # type: ignore[union-attr]
    for one in (me, second):
        one.opens("SKONTO-1")
        one.act("iban", "Rahmenvertrag 2025, Blatt 3", "#iban-words")
    _returns(me, "SUMME-1", "Die Summe stimmt nicht.")
    _returns(me, "FALSCH-1", "Bitte die Telefonnummer angeben.")
    me.opens("DOPPELT-1")
    assert "GUT-1" in me.page.locator("section[aria-labelledby=related]").inner_text()
    me.seen()
    me.act("duplicate", "Wie GUT-1")
    me.opens("IBAN-1")
    me.seen()
    for one in (me, second):
        one.opens("IBAN-1")
        one.act("iban", "Rückruf unter der Nummer aus dem Vertrag", "#iban-words")
    me.opens("IBAN-1")
    me.act("release", "Neue Bank, von zwei Personen geprüft")
    for number in PAID:
        me.opens(number)
        if number == "ANLAGE-1":
            assert me.page.locator('a[href*="/attachment/"]').count() == 1
        if number == "LANG-1":
            assert me.page.locator(".sheet").count() == 1
        me.next_act("confirm")
    me.seen()
    for one in (me, second):
        one.leaves()


def _returns(me: Desk, number: str, reason: str) -> None:
    """Returns one: the reply is prepared, read, and kept out of the post, as no mail is sent here."""
    me.opens(number)
    assert me.page.locator(".remark.error").count() >= 1
    me.goes(f"{me.page.url}/return")
    me.page.locator("#why").fill(reason)
    me.page.locator("form[method=get] button").click()
    me.page.wait_for_selector("#text")
    assert reason in me.page.locator("#text").input_value()
    me.seen()
    me.page.locator('button[value="none"]').click()
    me.done()


def _authorises(day: Day, *numbers: str) -> None:
    """Another person orders the payments."""
    me = day.desk("authoriser")
    for number in numbers:
        me.opens(number)
        me.next_act("authorise")
    me.seen()
    me.leaves()


def _pays(day: Day, folder: Path) -> str:
    """The cash office builds the batch, closes it, exports it and fetches the file."""
    me = day.desk("cash")
    me.goes("/batches/new/musterlippe")
    me.seen()
    me.page.locator('button[value="all"]').click()
    me.page.wait_for_url("**/batches/*done=build")
    me.seen()
    me.next_act("close")
    me.page.locator("#form").select_option("csv")
    me.page.locator('form[action$="/export"] button').click()
    me.page.wait_for_url("**done=export*")
    me.seen()
    with me.page.expect_download() as fetched:
        me.page.locator('a[href*="/files/"]').click()
    fetched.value.save_as(folder / "stapel.csv")
    with me.page.expect_download() as sheet:
        me.page.locator('a[href$="/sheet"]').click()
    sheet.value.save_as(folder / "blatt.pdf")
    assert (folder / "blatt.pdf").read_bytes().startswith(b"%PDF-")
    me.leaves()
    return (folder / "stapel.csv").read_text("utf-8-sig")
