"""Rules read from data, checked, compiled and run.

book = rulebook.load("kosit-2026-01-31", "xrechnung", "cii")
for breach in book.judge(root):
    print(breach.rule.id, breach.rule.severity, breach.rule.message("de", breach))

Only the releases are loaded at once; all else when it is first asked for, as who leads other processes needs none.
"""

import importlib
from typing import TYPE_CHECKING, Any

from einvoice.rulebook.releases import Release, release, releases

if TYPE_CHECKING:
    from einvoice.rulebook.book import Book, Ran
    from einvoice.rulebook.catalogue import Described, house_catalogue
    from einvoice.rulebook.loading import Sources, forget, load
    from einvoice.rulebook.profiles import Profile, profile
    from einvoice.rulebook.rule import Breach, Rule, Value

__all__ = [
    "Book",
    "Breach",
    "Described",
    "Profile",
    "Ran",
    "Release",
    "Rule",
    "Sources",
    "Value",
    "forget",
    "house_catalogue",
    "load",
    "profile",
    "release",
    "releases",
]

_LAZY = {
    **dict.fromkeys(("Book", "Ran"), "book"),
    **dict.fromkeys(("Described", "house_catalogue"), "catalogue"),
    **dict.fromkeys(("Sources", "forget", "load"), "loading"),
    **dict.fromkeys(("Profile", "profile"), "profiles"),
    **dict.fromkeys(("Breach", "Rule", "Value"), "rule"),
}


def __getattr__(name: str) -> Any:
    """What is loaded when it is first asked for."""
    if name in _LAZY:
        found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
