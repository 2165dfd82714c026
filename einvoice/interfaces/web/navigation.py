"""The main menu: what a visitor can go to, by what he may."""

from collections.abc import Callable

from einvoice.interfaces.web.desk import Desk
from einvoice.interfaces.web.visitor import Visitor

MENU: tuple[tuple[str, str, Callable[[Visitor], bool]], ...] = (
    ("nav.work", "/work", lambda who: True),
    ("nav.due", "/due", lambda who: True),
    ("nav.batches", "/batches", lambda who: True),
    ("nav.check", "/check", lambda who: True),
    ("nav.suppliers", "/suppliers", lambda who: bool(who.eyes.roles)),
    ("nav.proposals", "/proposals", lambda who: bool(who.eyes.roles) or who.eyes.operator),
    ("nav.administration", "/administration", lambda who: who.administers),
)
"""Word and address of each entry, and whom it is for, in order."""


def navigation(desk: Desk, who: Visitor) -> tuple[tuple[str, str], ...]:
    """The entries for a visitor; nothing for one who is not signed in."""
    return tuple((word, address) for word, address, shown in MENU if who.here and shown(who))
