"""The essentials by keyboard alone, in a real browser: from the link of an invitation to the exported batch, by Tab,
Space, Enter, letters and the keys that docs/web.md names. Whatever Tab comes to shows that it has the focus."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FileChooser, Page
from sqlmodel import col, select

from einvoice.approval.access import accounts, onetime
from einvoice.store import people
from einvoice.store.tables import Act, Invoice
from tests.interfaces.web.bills import bill
from tests.interfaces.web.browsing import PASSWORD, chromium, window
from tests.interfaces.web.paying import NUMBERS, iban_confirmed, numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.town import Site, site, taken_in
from tests.parts import ROOT, needs

__all__ = ["chromium"]
pytestmark = needs("chromium")

_LOOKS = """(() => {
    const drawn = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor", "backgroundColor"];
    const look = one => { const style = getComputedStyle(one); return drawn.map(name => style[name]).join(" ") };
    const all = "a, button, input, select, textarea, summary, [tabindex]";
    const blurred = new Map([...document.querySelectorAll(all)].map(one => [one, look(one)]));
    const inside = one => {
        const box = one.getBoundingClientRect();
        return box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    };
    return {focus: async () => {
        const one = document.activeElement, label = (one.labels && one.labels.length) ? one.labels[0].innerText : "";
        for (let frames = 0; frames < 60 && !inside(one); frames++) await new Promise(requestAnimationFrame);
        return {
            name: (one.getAttribute("aria-label") || label || one.innerText || one.tagName).trim().slice(0, 40),
            drawn: !blurred.has(one) || blurred.get(one) !== look(one),
            inside: inside(one),
        };
    }};
})()"""
"""How everything looks without the focus; then, at each call, what has it, and whether one sees that."""


@dataclass(frozen=True)
class Keys:
    """Somebody who has a keyboard and eyes, nothing else."""

    page: Page

    def to(self, name: str) -> None:
        """Goes on by Tab until something of that name has the focus; all on the way must show theirs."""
        focus, passed = self.page.evaluate_handle(_LOOKS), list[str]()
        for _ in range(80):
            self.press("Tab")
            seen = focus.evaluate("page => page.focus()")
            assert seen["drawn"], (self.page.url, seen)
            assert seen["inside"], (self.page.url, seen)
            if seen["name"].startswith(name):
                return
            passed.append(seen["name"])
        raise AssertionError((self.page.url, name, "is not reached by keyboard", passed))

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def types(self, name: str, text: str) -> None:
        """Goes to a field and writes over what is in it."""
        self.to(name)
        self.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def leads(self, address: str, *keys: str) -> None:
        """Presses keys; they lead to an address."""
        with self.page.expect_navigation(url=address):
            self.press(*keys)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Site, Server]]:
    with site(tmp_path) as here:
        wrong = bill("SUMME-1", 4, ("476.00", "467.00"))
        (here.place.workplace.inbox / "summe.xml").write_text(wrong, "utf-8")
        taken_in(here.place)
        for number in NUMBERS:
            iban_confirmed(here, numbered(here, number))
        with serving(here.place.workplace.file) as server:
            yield here, server


def test_two_are_confirmed_by_keyboard(served: tuple[Site, Server], chromium: Any) -> None:
    here, server = served
    confirmer = Keys(window(chromium, server, "en", "desk"))
    _comes_in(confirmer, here, "confirmer")
    _confirms(confirmer)
    confirmer.page.context.close()


@needs("time")
def test_a_day_by_keyboard(served: tuple[Site, Server], chromium: Any, tmp_path: Path) -> None:
    here, server = served
    confirmer = Keys(window(chromium, server, "en", "desk"))
    _comes_in(confirmer, here, "confirmer")
    _checks(confirmer)
    _confirms(confirmer)
    _returns(confirmer, numbered(here, "SUMME-1"))
    _turns_letters_off(confirmer)
    confirmer.page.context.close()
    authoriser = Keys(window(chromium, server, "en", "desk"))
    _comes_in(authoriser, here, "authoriser")
    _authorises(authoriser)
    authoriser.page.context.close()
    cash = Keys(window(chromium, server, "en", "desk"))
    _comes_in(cash, here, "cash")
    sent = _pays(cash, tmp_path)
    assert all(number in sent for number in NUMBERS)
    with here.place.store.reading() as session:
        found = session.exec(select(Invoice.number, Invoice.state).where(col(Invoice.number).is_not(None)))
        states = dict(found.all())
        acts = session.exec(select(Act.kind).where(Act.invoice_id == numbered(here, NUMBERS[0]))).all()
    assert {states[number] for number in NUMBERS} == {"acknowledged"}
    assert states["SUMME-1"] == "returned"
    assert "note" in acts


def _comes_in(keys: Keys, here: Site, actor: str) -> None:
    """By the link of an invitation, then out, and in again by login, password and code."""
    with here.place.store.writing(people.SERVICE) as work:
        accounts.forget_code(work, here.who(work.session, actor)[1])
    keys.page.goto(f"/welcome/{accounts.invite(here.place.store, people.SERVICE, actor, 1)}")
    keys.types("New password", PASSWORD)
    keys.types("Once more", PASSWORD)
    keys.leads("**", "Enter")
    secret = ""
    if "set-up" in keys.page.url:
        secret = keys.page.locator("code.secret").inner_text().replace(" ", "")
        keys.types("One-time code", onetime.code(secret, int(time.time()) // onetime.SECONDS))
        keys.leads("**/work", "Enter")
    keys.to("Sign out")
    keys.leads("**/login", "Enter")
    keys.types("Login", actor)
    keys.types("Password", PASSWORD)
    keys.leads("**", "Enter")
    if secret:
        keys.types("One-time code", onetime.code(secret, int(time.time()) // onetime.SECONDS + 1))
        keys.leads("**/work", "Enter")


def _checks(keys: Keys) -> None:
    """Chooses a file and has it checked."""
    opened: list[FileChooser] = []
    keys.page.on("filechooser", lambda one: opened.append(one))  # long before: it is told beside all else
    keys.to("Check")
    keys.leads("**/check", "Enter")
    keys.to("Files")
    for _ in range(240):  # two minutes: until Chromium knows
        keys.press("Enter")
        keys.page.wait_for_timeout(500)
        if opened:
            break
    opened[0].set_files(ROOT / "samples" / "08-falsche-summe.xml")
    keys.to("Check")
    keys.press("Enter")
    keys.page.wait_for_selector("#results article")


def _confirms(keys: Keys) -> None:
    """Opens the first, writes a note, posts and confirms it, and the next one."""
    keys.to("My work")
    keys.leads("**/work", "Enter")
    keys.to("Search")
    keys.page.keyboard.type(NUMBERS[0])
    keys.press("Enter")
    keys.page.wait_for_url(f"**q={NUMBERS[0]}")
    keys.press("Tab")
    keys.leads("**/invoice/*", "o")
    keys.types("Reason or note", "The delivery note is there")
    keys.to("Write a note")
    keys.leads("**done=note", "Enter")
    keys.leads("**/posting", "k")
    keys.types("account", "5291")
    keys.leads("**done=set", "Enter")
    keys.leads("**/invoice/*", "l")
    keys.leads("**done=confirm", "b")
    keys.leads("**/invoice/*", "n")
    assert NUMBERS[1] in keys.page.locator("h1").inner_text()
    keys.leads("**done=confirm", "b")


def _returns(keys: Keys, number: int) -> None:
    """Returns a wrong one with a reply that was prepared and read."""
    keys.page.goto(f"/invoice/{number}")
    keys.leads("**/return", "r")
    keys.types("Reason", "The sum is wrong.")
    keys.to("Prepare the reply")
    keys.leads("**/return?*", "Enter")
    keys.to("Return without")
    keys.leads("**done=return", "Enter")


def _turns_letters_off(keys: Keys) -> None:
    """Letters alone do nothing any more, where somebody wants that."""
    keys.page.goto("/account")
    keys.to("Turn letter keys off")
    keys.leads("**/account", "Enter")
    keys.page.goto("/work?show=all")
    keys.page.evaluate("addEventListener('click', () => { document.title = 'clicked' })")
    keys.press("o")
    assert "clicked" not in keys.page.title()
    keys.page.goto("/account")
    keys.to("Turn letter keys on")
    keys.leads("**/account", "Enter")
    keys.page.goto("/work?show=all")
    keys.leads("**/invoice/*", "o")


def _authorises(keys: Keys) -> None:
    """Chooses two of the list and authorises them at once."""
    for _ in NUMBERS:
        keys.to("Choose")
        keys.press("Space")
    keys.to("Authorise the chosen")
    keys.press("Enter")
    keys.page.wait_for_selector(".kern-alert--success")
    assert "2 of 2" in keys.page.locator(".kern-alert--success").inner_text()


def _pays(keys: Keys, folder: Path) -> str:
    """Builds, closes, exports and acknowledges a batch; what its file says."""
    keys.to("Batches")
    keys.leads("**/batches", "Enter")
    keys.to("Build a batch")
    keys.leads("**/batches/new/*", "Enter")
    keys.leads("**done=build", "b")
    keys.leads("**done=close", "b")
    keys.to("Format or target")
    keys.page.keyboard.type("table of")
    keys.to("Make files or send")
    keys.leads("**done=export*", "Enter")
    keys.to("musterlippe_")
    with keys.page.expect_download() as fetched:
        keys.press("Enter")
    fetched.value.save_as(folder / "stapel.csv")
    keys.leads("**done=accept-rest", "b")
    keys.page.context.close()
    return (folder / "stapel.csv").read_text("utf-8-sig")
