"""What is to be done first: Skonto and deadlines of open invoices. Pure, for command, page and mail alike.

`plan` puts invoices in the order in which waiting costs: first those whose Skonto can still be had, by the last day
on which they can be ordered, then the others by the day on which they must be ordered to be paid in time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from einvoice.approval import late, workdays
from einvoice.approval.discount import Claim, Tier, best

NOTHING = Decimal("0.00")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice as the cockpit sees it. received, authorised: days in Berlin (authorised: None, it is not yet).

    credit: money comes back, so nothing is urgent. missing: what is still to be done, as codes, in their order.
    persons: whom it waits for now.
    """

    invoice: int
    tenant: str
    claim: Claim
    received: date
    number: str = ""
    seller: str = ""
    state: str = "routed"
    credit: bool = False
    authorised: date | None = None
    missing: tuple[str, ...] = ()
    persons: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """A case with its deadlines, seen on a day.

    tier: the Skonto had if it is ordered that day; later: what may still be had afterwards. order_by: the last day to
    order for it, or to be paid when due. default_since: first day of default if it is not paid; cost: what default
    has cost if it is ordered today (None: no default).
    """

    case: Case
    tier: Tier | None
    later: Decimal
    order_by: date | None
    days_left: int | None
    default_since: date
    cost: late.Cost | None

    @property
    def saves(self) -> Decimal:
        """What ordering today takes off."""
        return self.tier.off if self.tier else NOTHING

    @property
    def at_stake(self) -> Decimal:
        """What is lost of it when the last day to order has passed."""
        return self.saves - self.later


@dataclass(frozen=True, slots=True)
class Loss:
    """Skonto that nobody took: of which case, which offer, when its last day to order was, and how much."""

    case: Case
    tier: Tier
    last_day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """Lines in their order. today: those whose Skonto shrinks or is gone if they are not ordered on that day."""

    day: date
    lead: int
    lines: tuple[Line, ...]
    today: tuple[Line, ...] = field(default=())

    @property
    def saved_today(self) -> dict[str, Decimal]:
        """What ordering the lines of today saves, by currency."""
        return _sums((line.case.claim.currency, line.at_stake) for line in self.today)


def plan(
    cases: Iterable[Case], day: date, lead: int = workdays.LEAD, rates: late.Rates | None = None
) -> Plan:
    """The deadlines of cases as they stand on a day (Berlin). lead: working days from order to value date."""
    lines = sorted((_line(case, day, lead, rates) for case in cases), key=_urgency)
    now = workdays.at_or_after(day)
    today = tuple(
        line for line in lines if line.tier and line.order_by and line.order_by <= now and line.at_stake
    )
    return Plan(day, lead, tuple(lines), today)


def _line(case: Case, day: date, lead: int, rates: late.Rates | None) -> Line:
    since = late.default_since(case.claim.due, case.received)
    if case.credit:
        return Line(case, None, NOTHING, None, None, since, None)
    arrives = workdays.value_date(day, lead)
    tier = best(case.claim, arrives)
    until = tier.until if tier else case.claim.due
    order_by = None if until is None else workdays.last_to_order(until, lead)
    paid = case.claim.currency == "EUR" and late.cost(case.claim.amount, since, arrives, rates)
    left = None if order_by is None else (order_by - day).days
    return Line(case, tier, _then(case.claim, tier, lead), order_by, left, since, paid or None)


def _then(claim: Claim, tier: Tier | None, lead: int) -> Decimal:
    """What may still be had once the last day to order for an offer has passed."""
    if tier is None:
        return NOTHING
    next_day = workdays.last_to_order(tier.until, lead) + _DAY
    following = best(claim, workdays.value_date(next_day, lead))
    return following.off if following else NOTHING


def _urgency(line: Line) -> tuple[bool, date, Decimal, int]:
    return line.tier is None, line.order_by or date.max, -line.at_stake, line.case.invoice


def waiting_for(cases: Iterable[Case], person: int) -> list[Case]:
    """The cases whose next step a person may do."""
    return [case for case in cases if person in case.persons]


def losses(
    cases: Iterable[Case], first: date, last: date, day: date, lead: int = workdays.LEAD
) -> list[Loss]:
    """Skonto lost through lateness whose last day to order lay between two days and before `day`.

    An offer counts where it could still be had when the invoice came, and the invoice was ordered later or is open
    yet; of several, each counts with what the next one did not give.
    """
    found = []
    for case in cases:
        if case.credit:
            continue
        arrived = workdays.value_date(case.received, lead)
        tiers = _descending([tier for tier in case.claim.tiers if tier.until >= arrived])
        for number, tier in enumerate(tiers, 1):
            by = workdays.last_to_order(tier.until, lead)
            in_time = case.authorised is not None and case.authorised <= by
            if not in_time and first <= by <= last and by < day:
                following = tiers[number].off if number < len(tiers) else NOTHING
                found.append(Loss(case, tier, by, tier.off - following))
    return sorted(found, key=lambda loss: (-loss.amount, loss.case.invoice))


def _descending(tiers: Sequence[Tier]) -> list[Tier]:
    """The offers that one after the other are the best: each later one lasts longer and takes less off."""
    kept: list[Tier] = []
    for tier in sorted(tiers, key=lambda one: (-one.off, -one.until.toordinal())):
        if not kept or tier.until > kept[-1].until:
            kept.append(tier)
    return kept


def total(lost: Iterable[Loss]) -> dict[str, Decimal]:
    """What was lost, by currency."""
    return _sums((loss.case.claim.currency, loss.amount) for loss in lost)


def month_before(day: date) -> tuple[date, date]:
    """The first and last day of the month before a day's."""
    last = day.replace(day=1) - _DAY
    return last.replace(day=1), last


def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, NOTHING) + amount
    return dict(sorted(found.items()))
