"""Posting rules: where an invoice is booked, in the language of the rules, on any term.

    [STROM]
    to = "konto=5242000 produkt=111301"
    if = "any(matches(l.name, '.*Strom.*') for l in invoice.lines)"

All rules that fit count, in their order: the first that sets a dimension wins.
"""

from collections.abc import Callable
from pathlib import Path

from einvoice.rulebook.book import Book
from einvoice.rulebook.entries import Entry
from einvoice.rulebook.releases import Release
from einvoice.rulebook.routing import deciding, turned
from einvoice.rulebook.texts import Element


class Bookings:
    """The posting rules of a file for one syntax. places: rule → what it sets, as written."""

    def __init__(self, book: Book, places: dict[str, str | None]) -> None:
        self._book, self.places = book, places

    def fitting(self, root: Element) -> list[tuple[str, str]]:
        """The rules that fit a document, with what they set. Raises Unchecked beyond the steps."""
        ids = dict.fromkeys(breach.rule.id for breach in self._book.judge(root))
        return [(one, self.places[one] or "") for one in ids]


def bookings(file: Path, of: Release, syntax: str, known: Callable[[str], None] = lambda _: None) -> Bookings:
    """The posting rules of a file. known: raises ValueError, saying why, for a `to` that cannot be.

    Raises RulebookError (file:line) for whatever does not make sense.
    """
    return Bookings(*deciding(file, of, syntax, "posting", lambda entry: _turned(entry, known)))


def _turned(entry: Entry, known: Callable[[str], None]) -> str:
    said = turned(entry)
    if not isinstance(said, str):
        raise entry.wrong(
            "to",
            "says where it is booked, as in 'konto=5242000'",
            "sagt, wo gebucht wird, etwa 'konto=5242000'",
        )
    try:
        known(said)
    except ValueError as error:
        raise entry.wrong("to", error) from None
    return said
