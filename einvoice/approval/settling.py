"""From what an invoice states to what is approved: deductions taken off its postings, to the cent, VAT in proportion.

A posting keeps the invoice's own amounts (`full`, `full_vat`); the approved ones are computed from these each time,
so that taking a deduction back gives exactly what was there before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from einvoice.approval.shares import CENT, shares

NOTHING = Decimal("0.00")
Group = tuple[str, str]
"""VAT category and rate, the rate without trailing zeros."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What is booked in one place: gross and VAT as stated, the VAT group, and the line if it is one."""

    full: Decimal
    full_vat: Decimal
    group: Group
    line: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken off: gross, of a line (with its VAT group) or of all (None)."""

    amount: Decimal
    line: str | None = None
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What is approved in one place; net and VAT make up the amount."""

    amount: Decimal
    net: Decimal
    vat: Decimal


def group_of(category: str | None, rate: Decimal | None) -> Group:
    """The VAT group of a category (BT-118) and a rate (BT-119)."""
    return category or "", f"{(rate or Decimal()).normalize():f}"


def settled(booked: Sequence[Booked], taken: Sequence[Taken]) -> list[Settled]:
    """The approved amounts of each place: their sum is the sum of `full` less all that is taken.

    Something of a line comes off the places of that line, else off its VAT group, else off all.
    """
    amounts = [one.full for one in booked]
    for one in taken:
        places = _places(booked, one)
        parts = shares(one.amount, [abs(amounts[index]) for index in places])
        for index, part in zip(places, parts, strict=True):
            amounts[index] -= part
    vats = _vats(booked, amounts)
    return [Settled(amount, amount - vat, vat) for amount, vat in zip(amounts, vats, strict=True)]


def _places(booked: Sequence[Booked], taken: Taken) -> list[int]:
    everything = list(range(len(booked)))
    if taken.line is None:
        return everything
    same_line = [index for index in everything if booked[index].line == taken.line]
    same_group = [index for index in everything if booked[index].group == taken.group]
    return same_line or same_group or everything


def _vats(booked: Sequence[Booked], amounts: Sequence[Decimal]) -> list[Decimal]:
    """The VAT within each amount: within a VAT group in the group's own proportion, rounded once for the group."""
    groups: dict[Group, list[int]] = {}
    for index, one in enumerate(booked):
        groups.setdefault(one.group, []).append(index)
    vats = [NOTHING] * len(booked)
    for members in groups.values():
        full = sum((booked[index].full for index in members), NOTHING)
        vat = sum((booked[index].full_vat for index in members), NOTHING)
        now = sum((amounts[index] for index in members), NOTHING)
        if now == full and all(amounts[index] == booked[index].full for index in members):
            parts = [booked[index].full_vat for index in members]
        else:
            whole = (vat * now / full).quantize(CENT, ROUND_HALF_UP) if full else NOTHING
            parts = shares(whole, [amounts[index] for index in members])
        for index, part in zip(members, parts, strict=True):
            vats[index] = part
    return vats
