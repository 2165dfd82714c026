"""What is paid on an invoice on a day: the amount approved, less the best Skonto still reachable. Pure; exact cents.

A row `#SKONTO#TAGE=14#PROZENT=2.00#` of BT-20 counts from the invoice date (BT-2), to the end of its last day; that
it may be a holiday changes nothing (§193 BGB is for what is owed, and Skonto is an offer). Its base is BASISBETRAG,
else the amount due (BT-115). Where less is paid than BT-115 (deductions), the base shrinks in the same proportion,
rounded half up to cents: who pays 90 % gets 90 % of the discount. A credit note has none: it gives money back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from einvoice.approval import workdays
from einvoice.model.credit import is_credit
from einvoice.model.discounts import Discount, discount_from, discounted, discounts
from einvoice.model.lexical import iso_date
from einvoice.store.tables import Invoice

CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Tier:
    """An offer of Skonto in figures: paid by `until`, `percent` of `base` is taken off, which is `off`."""

    until: date
    percent: Decimal
    base: Decimal
    off: Decimal

    def plain(self) -> dict[str, str]:
        """As texts, to be kept in a row."""
        return {name: str(getattr(self, name)) for name in ("until", "percent", "base", "off")}

    @classmethod
    def parse(cls, said: Mapping[str, str]) -> "Tier":
        """The counterpart of `plain`."""
        figures = (Decimal(said[name]) for name in ("percent", "base", "off"))
        return cls(date.fromisoformat(said["until"]), *figures)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an invoice asks for: `amount` is to be paid (BT-115 less deductions; of a credit note: comes back).

    tiers: what may be taken off, earliest first. due: BT-9. Amounts in `currency`, never below zero for a credit note
    that is written as one.
    """

    amount: Decimal
    currency: str
    due: date | None = None
    tiers: tuple[Tier, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As texts, to be frozen in a row of a batch."""
        return {
            "amount": str(self.amount),
            "currency": self.currency,
            "due": str(self.due) if self.due else None,
            "tiers": [tier.plain() for tier in self.tiers],
        }

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> "Claim":
        """The counterpart of `plain`."""
        tiers = tuple(Tier.parse(one) for one in said["tiers"])
        return cls(Decimal(said["amount"]), said["currency"], iso_date(said["due"] or ""), tiers)


@dataclass(frozen=True, slots=True)
class Payment:
    """What is paid: `amount` = `full` less what `tier` takes off (None: no Skonto can be had that day)."""

    amount: Decimal
    full: Decimal
    tier: Tier | None = None

    @property
    def off(self) -> Decimal:
        """What is saved."""
        return self.full - self.amount


def claim(invoice: Invoice) -> Claim:
    """What an invoice asks for, as approved so far."""
    due = iso_date(invoice.due_date or "")
    return Claim(to_pay(invoice), invoice.currency or "EUR", due, tiers(invoice))


def to_pay(invoice: Invoice) -> Decimal:
    """The approved sum, BT-112 less deductions (what the invoice says is paid already is one); BT-115 without one.

    Nothing where the invoice is paid wholly: it is booked, not paid.
    """
    if invoice.approved is None:
        return invoice.payable if invoice.payable is not None else invoice.gross or _NOTHING
    return _NOTHING if invoice.payable == 0 else invoice.approved


def offers(invoice: Invoice) -> list[Discount]:
    """The Skonto rows of an invoice: those found when it came, else those of its payment terms as stored."""
    if invoice.skonto is None:
        return discounts(invoice.terms or "")
    return [discount_from(one) for one in invoice.skonto]


def tiers(invoice: Invoice) -> tuple[Tier, ...]:
    """The offers of an invoice in figures, earliest first; those that would take nothing off, or all, are none."""
    issued, asked, paid = iso_date(invoice.issue_date or ""), invoice.payable, to_pay(invoice)
    if issued is None or asked is None or asked <= 0 or is_credit(invoice.type_code, invoice.syntax):
        return ()
    found = []
    for offer in offers(invoice):
        if date.max - issued < timedelta(days=offer.days):
            continue
        base = _reduced(offer.base if offer.base is not None else asked, asked, paid)
        tier = Tier(issued + timedelta(days=offer.days), offer.percent, base, discounted(base, offer.percent))
        if 0 < tier.off < paid:
            found.append(tier)
    return tuple(sorted(found, key=lambda tier: (tier.until, -tier.off)))


def _reduced(base: Decimal, asked: Decimal, paid: Decimal) -> Decimal:
    """The base in the proportion in which less is paid than was asked."""
    return base if paid == asked else (base * paid / asked).quantize(CENT, ROUND_HALF_UP)


def best(claim: Claim, value_date: date) -> Tier | None:
    """The offer that saves most of those reached by a payment that arrives on a day; the later one of two alike."""
    reached = [tier for tier in claim.tiers if value_date <= tier.until]
    return max(reached, key=lambda tier: (tier.off, tier.until), default=None)


def payment_due(asked: Invoice | Claim, value_date: date) -> Payment:
    """What is paid on an invoice (or on its claim, as frozen in a batch) when the money arrives on a day."""
    said = claim(asked) if isinstance(asked, Invoice) else asked
    tier = best(said, value_date)
    return Payment(said.amount - tier.off if tier else said.amount, said.amount, tier)


def arrival(asked: Claim, earliest: date) -> date:
    """The value date to choose from a working day on: the last that keeps the best Skonto, else the last in time.

    What is late already, or has no date, is paid on the earliest day.
    """
    earliest = workdays.at_or_after(earliest)
    tier = best(asked, earliest)
    until = tier.until if tier else asked.due
    return earliest if until is None else max(earliest, workdays.at_or_before(until))
