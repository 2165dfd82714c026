"""Rules read from data, checked, compiled and run.

book = rulebook.load("kosit-2026-01-31", "xrechnung", "cii")
for breach in book.judge(root):
    print(breach.rule.id, breach.rule.severity, breach.rule.message("de", breach))
"""

from einvoice.rulebook.book import Book, Ran
from einvoice.rulebook.catalogue import Described, catalogue, house_catalogue
from einvoice.rulebook.house import house
from einvoice.rulebook.loading import Sources, forget, load
from einvoice.rulebook.profiles import Profile, profile, profiles
from einvoice.rulebook.releases import Release, release, releases
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
    "catalogue",
    "forget",
    "house",
    "house_catalogue",
    "load",
    "profile",
    "profiles",
    "release",
    "releases",
]
