"""The table of all pages in all their states: who looks, the address, what he does there first."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.parts import ROOT
from tests.render.pages import hostile

SAMPLES = ROOT / "samples"

Does = Callable[[Page], object]


@dataclass(frozen=True)
class Row:
    """A page in one state: who looks, its address, what he does there first."""

    actor: str
    path: str
    does: Does | None = None


def press(act: str, fields: dict[str, str] | None = None) -> Does:
    """Fills fields (by name), then presses the button of an act, or the first of a form with that action."""

    def done(page: Page) -> None:
        for name, value in (fields or {}).items():
            page.locator(f'[name="{name}"]').first.fill(value)
        button = f'form[action="{act}"] button' if act.startswith("/") else f'button[value="{act}"]'
        with page.expect_navigation():
            page.locator(button if act else "main button").first.click()

    return done


def upload(act: str, *files: str, town: str = "") -> Does:
    """Chooses samples on the page that checks files, and waits for what is said about them."""

    def done(page: Page) -> None:
        page.set_input_files("#files", [str(SAMPLES / file) for file in files])
        if town:
            page.locator("#town").select_option(town)
        page.locator(f'button[value="{act}"]').click()
        page.wait_for_selector("#results > *")

    return done


def hostile_upload(page: Page) -> None:
    """An invoice whose every text is longer than a line."""
    page.set_input_files(
        "#files", files={"name": "lang.xml", "mimeType": "text/xml", "buffer": hostile(long=200)}
    )
    page.locator('button[value="check"]').click()
    page.wait_for_selector("#results article")


def outdated(page: Page) -> None:
    """Confirms what the page showed a while ago."""
    page.eval_on_selector_all('input[name="version"]', "all => all.forEach(one => { one.value = '0_0' })")
    press("confirm")(page)


def forged(page: Page) -> None:
    """Sends a form whose token is not this session's."""
    page.eval_on_selector('input[name="csrf"]', "one => { one.value = '0'.repeat(64) }")
    press("/account/sign-out-everywhere")(page)


HOME = "/administration"
TOWN = f"{HOME}/towns/musterlippe"
MANY = ("04-zugferd.pdf", "06-sammlung.zip", "07-abgebrochen.xml")
MISTYPED = {"password": "Rathaus Brunnen 17", "again": "Rathaus Brunnen 18"}
RETENTION = f"{TOWN}/policies/retention"

ROWS = {
    "login": Row("anonymous", "/login"),
    "login refused": Row("anonymous", "/login", press("/login", {"login": "wer", "password": "falsch"})),
    "code": Row("half", "/login/code"),
    "code refused": Row("half", "/login/code", press("/login/code", {"code": "000000"})),
    "codes set up": Row("enrolling", "/login/set-up"),
    "codes refused": Row("enrolling", "/login/set-up", press("/login/set-up", {"code": "000000"})),
    "invitation": Row("anonymous", "/welcome/{invited}"),
    "invitation, mistyped": Row("anonymous", "/welcome/{invited}", press("", MISTYPED)),
    "invitation, over": Row("anonymous", "/welcome/{link}"),
    "not found": Row("confirmer", "/nix"),
    "forbidden": Row("confirmer", "/account", forged),
    "invalid": Row("confirmer", "/invoice/x"),
    "account": Row("authoriser", "/account"),
    "work": Row("confirmer", "/work"),
    "work of two towns": Row("second", "/work?show=all"),
    "work, a filter": Row("audit", "/work?show=all&state=rejected"),
    "work, nothing found": Row("audit", "/work?show=all&q=gibtesnicht"),
    "work, no role": Row("nobody", "/work"),
    "due": Row("confirmer", "/due"),
    "due, no role": Row("nobody", "/due"),
    "invoice, new account": Row("clerk", "/invoice/{routed}"),
    "invoice, looked at": Row("audit", "/invoice/{routed}"),
    "invoice, a note": Row("confirmer", "/invoice/{routed}", press("note", {"words": "Rückruf am Montag"})),
    "invoice, refused": Row("confirmer", "/invoice/{routed}", press("hold")),
    "invoice, changed since": Row("confirmer", "/invoice/{routed}", outdated),
    "invoice, PDF": Row("clerk", "/invoice/{pdf}"),
    "invoice, rejected": Row("confirmer", "/invoice/{rejected}"),
    "invoice, held as a duplicate": Row("confirmer", "/invoice/{held}"),
    "invoice, held for another account": Row("clerk", "/invoice/{changed}"),
    "invoice, confirmed": Row("authoriser", "/invoice/{confirmed}"),
    "invoice, exported": Row("cash", "/invoice/{number}"),
    "invoice, returned": Row("confirmer", "/invoice/{returned}"),
    "invoice, a duplicate": Row("confirmer", "/invoice/{twice}"),
    "invoice, authorised": Row("authoriser", "/invoice/{authorised}"),
    "invoice, acknowledged": Row("audit", "/invoice/{acknowledged}"),
    "return": Row("confirmer", "/invoice/{rejected}/return"),
    "return, prepared": Row("confirmer", "/invoice/{rejected}/return?reason=Summen&reply_in=en&warnings=yes"),
    "return, refused": Row("audit", "/invoice/{rejected}/return?reason=Summen", press("none")),
    "posting": Row("clerk", "/invoice/{routed}/posting"),
    "posting, search": Row("clerk", "/invoice/{routed}/posting?kind=account&q=sache"),
    "posting, refused": Row("clerk", "/invoice/{routed}/posting", press("set", {"p1-budget_year": "26"})),
    "posting, over": Row("clerk", "/invoice/{number}/posting"),
    "batches": Row("cash", "/batches"),
    "batches, none": Row("other", "/batches?state=open"),
    "batch, new": Row("cash", "/batches/new/musterlippe"),
    "batch, nothing chosen": Row("cash", "/batches/new/musterlippe", press("picked")),
    "batch, nothing fits": Row("cash", "/batches/new/musterlippe?most=1"),
    "batch, open": Row("cash", "/batches/{open}"),
    "batch, nothing picked": Row("cash", "/batches/{open}", press("take-out", {"words": "später"})),
    "batch, closed": Row("cash", "/batches/{closed}"),
    "batch, reopening proposed": Row("authoriser", "/batches/{closed}"),
    "batch, exported": Row("cash", "/batches/{batch}"),
    "batch, acknowledged": Row("cash", "/batches/{answered}"),
    "batch, reopened": Row("cash", "/batches/{reopened}"),
    "batch, looked at": Row("audit", "/batches/{batch}"),
    "check": Row("anonymous", "/check"),
    "check, accepted": Row("anonymous", "/check", upload("check", "01-skonto.xml")),
    "check, rejected": Row("anonymous", "/check", upload("check", "08-falsche-summe.xml")),
    "check, many": Row("confirmer", "/check", upload("check", *MANY)),
    "check, long words": Row("anonymous", "/check", hostile_upload),
    "check, held back": Row("anonymous", "/check", upload("submit", "08-falsche-summe.xml", town="musterlippe")),
    "check, handed in": Row("anonymous", "/check", upload("submit", "11-unterpositionen.xml", town="musterlippe")),
    "receipt": Row("anonymous", "/receipt/{receipt}"),
    "receipt, unknown": Row("anonymous", "/receipt/{link}"),
    "proposals": Row("operator", "/proposals?show=all"),
    "proposals, none": Row("nobody", "/proposals"),
    "proposal, of another": Row("admin", "/proposals/{proposal}"),
    "proposal, declined without a reason": Row("admin", "/proposals/{proposal}", press("decline")),
    "proposal, one's own": Row("operator", "/proposals/{proposal}"),
    "proposal, decided": Row("operator", "/proposals/{decided}"),
    "accounts of suppliers": Row("clerk", "/suppliers"),
    "accounts of suppliers, all": Row("clerk", "/suppliers?show=all"),
    "accounts of suppliers, none": Row("nobody", "/suppliers"),
    "accounts of suppliers, refused": Row("clerk", "/suppliers?show=all", press("withdraw", {"source": " "})),
    "administration": Row("operator", HOME),
    "administration of a town": Row("admin", HOME),
    "condition": Row("operator", f"{HOME}/condition"),
    "persons": Row("operator", f"{HOME}/persons"),
    "persons, refused": Row("operator", f"{HOME}/persons", press(f"{HOME}/persons", {"name": "Sabine Sander"})),
    "person": Row("operator", f"{HOME}/persons/{{person}}"),
    "person, for a town": Row("admin", f"{HOME}/persons/{{person}}"),
    "towns": Row("operator", f"{HOME}/towns"),
    "town": Row("operator", TOWN),
    "town, for its own": Row("admin", TOWN),
    "export targets": Row("operator", f"{TOWN}/exports"),
    "policies": Row("admin", f"{TOWN}/policies"),
    "policy": Row("admin", f"{TOWN}/policies/{{policy}}"),
    "policy, wrong": Row("admin", RETENTION, press(RETENTION, {"text": "x = "})),
    "sources": Row("operator", f"{HOME}/sources"),
    "sources of a town": Row("admin", f"{HOME}/sources"),
    "keys": Row("operator", f"{HOME}/keys"),
    "keys, refused": Row("admin", f"{HOME}/keys", press(f"{HOME}/keys")),
    "sessions": Row("operator", f"{HOME}/sessions"),
}  # fmt: skip
"""Name → page in one state. In braces: what `Places` has."""

NO_PAGES = {
    "/": "leads on",
    "/language/{lang}": "leads back",
    "/letters/{state}": "leads back",
    "/oidc/start": "leads to the other provider",
    "/oidc/back": "leads on",
    "/invoice/{number}/codes/{dimension}": "choices for a field, put into the page of posting",
    "/invoice/{number}/original": "a file",
    "/invoice/{number}/original.pdf": "a file",
    "/invoice/{number}/attachment/{place}": "a file",
    "/batches/{number}/files/{file}": "a file",
    "/batches/{number}/sheet": "a file",
    "/static/sheet.css": "a style sheet",
}
"""What a browser gets by GET that is no page with a look of its own."""
