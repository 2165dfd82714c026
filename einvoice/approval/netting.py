"""Credit notes set off against invoices of the same creditor and account: a payment file carries no negative amount.

Pure: exact amounts in, groups and what has to wait out. Whatever comes in is in one of both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Item:
    """One invoice or credit note: creditor, IBAN ("" where it states none), the amount, never below zero."""

    key: int
    creditor: str
    iban: str
    amount: Decimal
    credit: bool = False


def item(key: int, creditor: str, iban: str, signed: Decimal) -> Item:
    """An item of what is to be paid (above zero) or comes back (below zero)."""
    return Item(key, creditor, iban, abs(signed), signed < 0)


@dataclass(slots=True)
class Group:
    """What is paid in one transfer where a credit note is set off, else the items of one creditor's account."""

    creditor: str
    iban: str
    due: list[Item] = field(default_factory=list)
    credits: list[Item] = field(default_factory=list)

    @property
    def net(self) -> Decimal:
        """Invoices less credit notes."""
        return _sum(self.due) - _sum(self.credits)


def netted(items: Iterable[Item]) -> tuple[list[Group], list[Item]]:
    """Groups by creditor and IBAN in the order of their first invoice, and the credit notes that have to wait.

    A credit note without an IBAN goes to the creditor's group with the greatest sum. Credit notes are set off, the
    smallest first, as long as something is left to pay.
    """
    groups: dict[tuple[str, str], Group] = {}
    notes: list[Item] = []
    for one in items:
        if one.credit:
            notes.append(one)
        else:
            groups.setdefault((one.creditor, one.iban), Group(one.creditor, one.iban)).due.append(one)
    waiting = []
    for note in sorted(notes, key=lambda one: (one.amount, one.key)):
        place = _place(list(groups.values()), note)
        if place is None or place.net - note.amount <= 0:
            waiting.append(note)
        else:
            place.credits.append(note)
    return list(groups.values()), sorted(waiting, key=lambda one: one.key)


def _place(groups: Sequence[Group], note: Item) -> Group | None:
    fitting = [g for g in groups if g.creditor == note.creditor and note.iban in ("", g.iban)]
    return max(fitting, key=lambda group: _sum(group.due), default=None)


def _sum(items: Iterable[Item]) -> Decimal:
    return sum((one.amount for one in items), NOTHING)
