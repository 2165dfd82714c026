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
    for item in items:
        if item.credit:
            notes.append(item)
        else:
            group = groups.setdefault((item.creditor, item.iban), Group(item.creditor, item.iban))
            group.due.append(item)
    waiting = []
    for item in sorted(notes, key=lambda one: (one.amount, one.key)):
        group_of = _place(list(groups.values()), item)
        if group_of is None or group_of.net - item.amount <= 0:
            waiting.append(item)
        else:
            group_of.credits.append(item)
    return list(groups.values()), sorted(waiting, key=lambda one: one.key)


def _place(groups: Sequence[Group], item: Item) -> Group | None:
    fitting = [g for g in groups if g.creditor == item.creditor and item.iban in ("", g.iban)]
    return max(fitting, key=lambda group: _sum(group.due), default=None)


def _sum(items: Iterable[Item]) -> Decimal:
    return sum((item.amount for item in items), NOTHING)
