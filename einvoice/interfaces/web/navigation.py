"""The main menu: what a visitor can go to, by what he may."""

from einvoice.interfaces.web.desk import Desk
from einvoice.interfaces.web.visitor import Visitor

MENU = (("nav.work", "/work"), ("nav.batches", "/batches"), ("nav.check", "/check"))
"""Word and address of each entry, in order."""


def navigation(desk: Desk, who: Visitor) -> tuple[tuple[str, str], ...]:
    """The entries for a visitor; nothing for one who is not signed in."""
    return MENU if who.here else ()
