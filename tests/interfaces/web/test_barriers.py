"""No barrier that axe finds on any page in any of its states (states.py), nothing wider than a telephone, nothing the
policy stops: each row in a real browser, folded parts opened. A page of the application without a row fails.

By default the first row of each address, half of them in German on a desk, half in English on a telephone; with
EINVOICE_FULL=1 all rows in both.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlmodel import col, select

from einvoice.approval import acts, batches
from einvoice.approval.access import accounts
from einvoice.approval.acknowledging import Answer, acknowledge
from einvoice.approval.proposals import decide, propose
from einvoice.exports.delivery import hand_over
from einvoice.exports.doors.browser import TARGET, BrowserDoor
from einvoice.interfaces.web.application import application
from einvoice.pipeline.portal import submit
from einvoice.store import people
from einvoice.store.tables import Invoice, Master, Tenant
from tests.interfaces.web.bills import ANOTHER, IBAN, SAMPLES, bill
from tests.interfaces.web.browsing import FULL, chromium, clean, window
from tests.interfaces.web.paying import NUMBERS, exported, iban_confirmed, numbered
from tests.interfaces.web.running import Server, serving
from tests.interfaces.web.states import NO_PAGES, ROWS
from tests.interfaces.web.test_matrix import FILLED, browser_of, routes
from tests.interfaces.web.town import Site, site, taken_in
from tests.parts import needs

__all__ = ["chromium"]

LOOKS = (("de", "desk"), ("en", "phone"))
BUILT = ("closed", "open", "reopened", "answered")
"""Batches, each of one invoice, by what becomes of them."""


@dataclass(frozen=True)
class Walk:
    """A server, the site it serves, what stands for the names in braces of an address, and a window per look."""

    here: Site
    server: Server
    places: Mapping[str, str]
    windows: Mapping[tuple[str, str], Page]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Walk]:
    settings = "\n[web]\nchecks_per_hour = 1000\n"
    with site(tmp_path_factory.mktemp("barriers"), settings) as here:
        places = {name[1:-1]: value for name, value in FILLED.items()} | _prepared(here)
        with serving(here.place.workplace.file) as server:
            yield Walk(here, server, places, {look: window(chromium, server, *look) for look in LOOKS})


def _prepared(here: Site) -> dict[str, str]:
    """Invoices and batches in every state, proposals, links: name → what an address says."""
    store = here.place.store
    number, paid = exported(here), numbered(here, NUMBERS[0])
    _delivered(here)
    ids = {
        name: numbered(here, f"X-{name}")
        for name in (*BUILT, "authorised", "confirmed", "routed", "changed", "returned", "twice")
    }
    for name in (*BUILT, "authorised", "confirmed"):
        iban_confirmed(here, ids[name])
        acts.confirm(store, here.actor("confirmer"), ids[name])
    built = {}
    for name in (*BUILT, "authorised"):
        acts.authorise(store, here.actor("authoriser"), ids[name])
        if name != "authorised":
            built[name] = batches.build(store, here.actor("cash"), "musterlippe")
    for name in ("closed", "reopened", "answered"):
        batches.close(store, here.actor("cash"), built[name])
    wish = {"state": "reopened", "reason": "Datei nicht angenommen"}
    for name in ("closed", "reopened"):
        made = propose(store, here.actor("cash"), "batch-reopen", str(built[name]), "musterlippe", wish)
    decide(store, here.actor("authoriser"), made.id or 0, True)
    hand_over(store, here.place.archive, here.actor("cash"), built["answered"], "csv", BrowserDoor(), TARGET)
    acknowledge(store, here.actor("cash"), built["answered"], [Answer(None, True, voucher="4711")])
    acts.give_back(store, here.actor("confirmer"), ids["returned"], "Bestellung unbekannt")
    acts.reject_duplicate(store, here.actor("confirmer"), ids["twice"], "Schon bezahlt", of=paid)
    return {
        "number": str(paid),
        "batch": str(number),
        **{name: str(built[name]) for name in BUILT},
        **{name: str(ids[name]) for name in ("routed", "changed", "confirmed", "authorised", "returned")},
        "twice": str(ids["twice"]),
        "acknowledged": str(ids["answered"]),
        **_found(here),
        **_links(here),
    }


def _delivered(here: Site) -> None:
    """More invoices for Musterlippe, master data, and a person with roles in two towns."""
    inbox = here.place.workplace.inbox
    for hundreds, name in enumerate((*BUILT, "authorised", "confirmed", "returned"), 1):
        (inbox / f"{name}.xml").write_text(bill(f"X-{name}", hundreds), "utf-8")
    fresh = (
        ("DE999999991", "DE999999983"),
        ("Werre Bürobedarf GmbH", "Neu & Söhne GmbH".replace("&", "&amp;")),
    )
    (inbox / "routed.xml").write_text(bill("X-routed", 15, *fresh), "utf-8")
    (inbox / "changed.xml").write_text(bill("X-changed", 17, (IBAN, ANOTHER)), "utf-8")
    (inbox / "twice.xml").write_text(bill("X-twice", 18, (IBAN, ANOTHER)), "utf-8")
    (inbox / "rejected.xml").write_text(bill("X-rejected", 16, ("1904.00", "1940.00")), "utf-8")
    for name in ("04-zugferd.pdf", "09-noch-einmal.xml"):
        shutil.copyfile(SAMPLES / name, inbox / name)
    taken_in(here.place)
    with here.place.store.writing(people.SERVICE) as work:
        person, _ = here.who(work.session, "second")
        people.add_role(work, person, people.tenant(work.session, "beispielhausen"), "audit")
        town = people.tenant(work.session, "musterlippe")
        rows = [
            Master(tenant_id=town.id or 0, kind="account", code=f"52{n}", text=f"Sache {n}") for n in range(3)
        ]
        work.add(*rows)
        work.session.flush()
        work.event("master-imported", rows[0], proves=rows[1:])


def _found(here: Site) -> dict[str, str]:
    """Invoices that came to their state by themselves."""
    with here.place.store.reading() as session:
        mine = (
            select(Invoice.id)
            .join(Tenant, col(Tenant.id) == Invoice.tenant_id)
            .where(Tenant.name == "musterlippe")
        )
        return {
            "rejected": str(session.exec(mine.where(Invoice.state == "rejected")).one()),
            "held": str(session.exec(mine.where(Invoice.state == "held").limit(1)).one()),
            "pdf": str(session.exec(mine.where(col(Invoice.syntax) == "cii").limit(1)).one()),
        }


def _links(here: Site) -> dict[str, str]:
    """An invitation, a receipt, a proposal that is open and one that is decided."""
    store, operator = here.place.store, here.actor("operator")
    waits = propose(store, operator, "policy", "answers", "musterlippe", {"mode": "draft"})
    done = propose(store, operator, "policy", "portal", "musterlippe", {"mode": "check"})
    decide(store, here.actor("admin"), done.id or 0, False, "Wir nehmen weiter an.")
    with store.reading() as session:
        town = people.tenant(session, "musterlippe")
    slip = submit(here.place, town, "a.xml", (SAMPLES / "01-skonto.xml").read_bytes())
    return {
        "invited": accounts.invite(store, people.SERVICE, "clerk", 1),
        "receipt": slip.secret,
        "proposal": str(waits.id),
        "decided": str(done.id),
    }


def _cases() -> Iterator[Any]:
    firsts = {row.path.partition("?")[0]: name for name, row in reversed(ROWS.items())}
    chosen = [name for name in ROWS if FULL or name in firsts.values()]
    for turn, name in enumerate(chosen):
        for look in LOOKS if FULL else (LOOKS[turn % 2],):
            yield pytest.param(name, look, id=f"{name}, {' '.join(look)}")


@needs("chromium")
@needs("axe")
@pytest.mark.parametrize(("name", "look"), [*_cases()])
def test_no_barriers(walk: Walk, name: str, look: tuple[str, str]) -> None:
    row, page = ROWS[name], walk.windows[look]
    page.context.clear_cookies()
    if row.actor != "anonymous":
        secret = browser_of(walk.here, row.actor).cookies["einvoice"]
        page.context.add_cookies([{"name": "einvoice", "value": secret, "url": walk.server.url}])
    page.goto(row.path.format_map(walk.places))
    if row.does:
        row.does(page)
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    page.said[:] = [one for one in page.said if "Failed to load resource" not in one]  # type: ignore[attr-defined]
    clean(page)


def test_every_page_is_walked(walk: Walk) -> None:
    gets = [route for route in routes(application(walk.here.place).routes) if "GET" in (route.methods or ())]
    walked = {row.path.partition("?")[0].format_map(walk.places) for row in ROWS.values()}
    seen = {route.path for route in gets if any(route.path_regex.fullmatch(path) for path in walked)}
    assert {route.path for route in gets} - seen == {*NO_PAGES}
