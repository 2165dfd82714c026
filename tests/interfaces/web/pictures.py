"""Makes the pictures of docs/web.md anew: `python -m tests.interfaces.web.pictures [NAME…]` (needs Chromium, and
`make assets` before, so that they show the design that towns see)."""

import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from einvoice.approval.proposals import propose
from einvoice.interfaces.web.rendering import kern_is_there
from einvoice.pipeline.workplace import init
from einvoice.rulebook.releases import today
from tests.interfaces.web.bills import ANOTHER, IBAN, bill, with_skonto
from tests.interfaces.web.browsing import browser, enrolled, window
from tests.interfaces.web.paying import exported, numbered
from tests.interfaces.web.running import Server, at_a_terminal, serving
from tests.interfaces.web.states import HOME, SAMPLES, Does, upload
from tests.interfaces.web.town import Site, site, taken_in
from tests.parts import ROOT

FOLDER = ROOT / "docs" / "pictures"
_STILL = 6
COLOURS = 64
"""So many does a picture keep: one page has fewer, but for the edges of its letters."""


def _original(page: Page) -> None:
    """Shows the original; the browser's own reader has drawn it when nothing moves any more."""
    page.locator("summary").first.click()
    shots = [b"", page.screenshot()]
    while len(shots) < _STILL or len({*shots[-_STILL:]}) > 1:
        page.wait_for_timeout(500)
        shots.append(page.screenshot())


@dataclass(frozen=True)
class Picture:
    """A page: who looks, its address, how high at most (pixels), the window, what he does there first."""

    actor: str
    path: str
    height: int
    width: str = "desk"
    does: Does | None = None


WRONG = upload("check", "08-falsche-summe.xml")
PICTURES = {
    "web-work": Picture("confirmer", "/work", 900),
    "web-invoice": Picture("confirmer", "/invoice/{pdf}", 1000, "wide", _original),
    "web-batch": Picture("cash", "/batches/{batch}", 1600),
    "web-check": Picture("confirmer", "/check", 1000, does=WRONG),
    "web-administration": Picture("operator", HOME, 1100),
    "web-proposal": Picture("admin", "/proposals/{proposal}", 1400),
    "web-work-phone": Picture("confirmer", "/work", 1300, "phone"),
    "web-invoice-phone": Picture("confirmer", "/invoice/{waits}", 1300, "phone"),
    "web-batch-phone": Picture("cash", "/batches/{batch}", 1300, "phone"),
    "web-check-phone": Picture("confirmer", "/check", 1300, "phone", WRONG),
    "web-administration-phone": Picture("operator", HOME, 1300, "phone"),
}
"""Name → what it shows of a town at work; `web-set-up` shows a workplace that was just made."""


def main(*names: str) -> None:
    """Makes the pictures of these names, or all."""
    if not kern_is_there():
        raise SystemExit("einvoice: KERN UX is not there; run make assets first.")
    wanted = names or ("web-set-up", *PICTURES)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        if "web-set-up" in wanted:
            _set_up(chromium, Path(folder) / "new")
        with _town(Path(folder)) as (here, server, places):
            for name in wanted:
                if name in PICTURES:
                    _shown(chromium, here, server, name, places)


@contextlib.contextmanager
def _town(folder: Path) -> Iterator[tuple[Site, Server, dict[str, int]]]:
    """A town at work: a batch that was exported, an invoice with its PDF, a proposal that waits."""
    with site(folder) as here:
        batch = exported(here)
        _arrived(here)
        wish = {"payees": ["Lippe-Factoring AG", "Weser-Leasing GmbH"]}
        made = propose(here.place.store, here.actor("operator"), "policy", "duplicates", "musterlippe", wish)
        places = {"batch": batch, "pdf": numbered(here, "2026/0099"), "waits": numbered(here, "SK-2026-118")}
        with serving(here.place.workplace.file) as server:
            yield here, server, {**places, "proposal": made.id or 0}


def _arrived(here: Site) -> None:
    """What waits for the confirmer: a PDF, Skonto until today, three suppliers, another account."""
    inbox = here.place.workplace.inbox
    shutil.copyfile(SAMPLES / "04-zugferd.pdf", inbox / "rechnung.pdf")
    (inbox / "skonto.xml").write_text(with_skonto(bill("SK-2026-118", 21), today()), "utf-8")
    for hundreds, name in enumerate(("Gartenbau Grünwald", "Elektro Hellweg GmbH", "Schreinerei Ahorn"), 15):
        another = (("Werre Bürobedarf GmbH", name), ("DE999999991", f"DE9999{hundreds}991"))
        (inbox / f"{hundreds}.xml").write_text(_due(bill(f"2026-47{hundreds}", hundreds, *another)), "utf-8")
    (inbox / "konto.xml").write_text(_due(bill("W-2026-77", 8, (IBAN, ANOTHER))), "utf-8")
    taken_in(here.place)


def _due(text: str) -> str:
    """Due in three weeks."""
    issued, due = today() - timedelta(9), today() + timedelta(21)
    return text.replace("2026-03-02", f"{issued}").replace("2026-04-01", f"{due}")


def _shown(chromium: Any, here: Site, server: Server, name: str, places: dict[str, int]) -> None:
    one = PICTURES[name]
    page = window(chromium, server, "de", one.width)
    page.context.add_cookies([{"name": "einvoice", "value": here.session(one.actor), "url": server.url}])
    page.goto(one.path.format_map(places))
    if one.does:
        one.does(page)
    _kept(page, name, one.height)
    page.context.close()


def _set_up(chromium: Any, home: Path) -> None:
    """What an administrator sees first, by the link that the terminal showed."""
    with at_a_terminal(init(home).file, "de") as (server, link):
        page = window(chromium, server, "de", "desk")
        enrolled(page, link, "de")
        page.goto(HOME)
        _kept(page, "web-set-up", 1000)
        page.context.close()


def _kept(page: Page, name: str, height: int) -> None:
    """Writes what the page shows, from its top, in few colours."""
    page.wait_for_load_state()
    page.evaluate("document.fonts.ready")
    size = page.viewport_size
    inside = size is not None and size["height"] >= height
    shot = Image.open(io.BytesIO(page.screenshot(full_page=not inside))).convert("RGB")
    cut = shot.crop((0, 0, shot.width, min(height, shot.height)))
    cut.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
