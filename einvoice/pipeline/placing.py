"""Routed → its place in the tenant: the state an invoice begins with there, what it duplicates or replaces, its
identity, its creditor, and its proposed postings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval import seen
from einvoice.approval.proposing import Ruled, begin
from einvoice.formats.mail import heads
from einvoice.intake.checking import Facts
from einvoice.intake.duplicates import NEAR_DAYS, Standing, new_identities, standing
from einvoice.intake.neighbours import Neighbours
from einvoice.pipeline.house import Decision
from einvoice.store import people
from einvoice.store.bulk import put
from einvoice.store.tables import Deduction, Identity, Invoice, Outbox, Posting, Tenant
from einvoice.store.work import Work


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An invoice that comes to its tenant. town: what the town's own rules and policy make of it; answered: the
    invoice whose answer it replies to; ruled: what its posting rules say; anyway: a person takes it over although it
    was rejected.
    """

    row: Invoice
    facts: Facts
    town: Decision | None = None
    answered: int | None = None
    ruled: Ruled = field(default_factory=dict)
    anyway: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is not rejected, so that it has to be compared and booked."""
        rejected = self.row.verdict == "rejected" or (self.town is not None and self.town[0] == "rejected")
        return self.anyway or not rejected


@dataclass(frozen=True, slots=True)
class Placed:
    """An invoice that has its state. new: what it is known by from now on; taken: (kind, value) that a returned one
    gives up to it.
    """

    row: Invoice
    new: list[Identity]
    taken: list[tuple[str, str]]


def place_in_tenants(work: Work, newcomers: Sequence[Newcomer]) -> list[Placed]:
    """Gives invoices their states in their tenants, one after the other; those that count, with what identifies them.

    The towns' rows stay locked, so that of two transactions at once one sees the other.
    """
    towns = sorted({one.row.tenant_id or 0 for one in newcomers})
    locked = select(Tenant.id).where(col(Tenant.id).in_(towns)).order_by(col(Tenant.id))
    work.session.exec(locked.with_for_update(key_share=True)).all()
    limits = {town: row.value or {} for town, row in people.policies(work.session, "duplicates").items()}
    others = _neighbours(work, [one for one in newcomers if one.counts], limits)
    found = []
    for one in newcomers:
        row, (state, reason) = one.row, one.town or ("routed", None)
        if one.counts:
            _stand(
                row, standing(row, others, limits.get(row.tenant_id or 0, {}), one.answered), state, reason
            )
            found.append(Placed(row, *new_identities(row, others)))
        else:
            put(row, state="rejected", reason=reason if row.verdict != "rejected" else None)
        others.add(row)
    return found


def _neighbours(
    work: Work, newcomers: Sequence[Newcomer], limits: Mapping[int, Mapping[str, Any]]
) -> Neighbours:
    days = [int(one.get("near_days", NEAR_DAYS)) for one in limits.values()]
    replied = [one.answered for one in newcomers if one.answered is not None]
    return Neighbours(work.session, [one.row for one in newcomers], max([NEAR_DAYS, *days]), replied)


def place_in_tenant(work: Work, one: Newcomer) -> None:
    """As a run does it with many, for an invoice whose record is there already: all that follows from its place."""
    placed = place_in_tenants(work, [one])
    work.insert(*(identity for some in placed for identity in some.new), *booked(work, [one]))
    take_over(work, placed)
    seen.record(work, [some.row for some in placed])


def take_over(work: Work, placed: Sequence[Placed]) -> None:
    """Gives invoices, which are written by now, the identities that returned ones gave up."""
    for one in placed:
        for kind, value in one.taken:
            same = (Identity.tenant_id == one.row.tenant_id, Identity.kind == kind, Identity.value == value)
            held = work.session.exec(select(Identity).where(*same).with_for_update()).one()
            held.invoice_id = one.row.id or 0
            work.session.add(held)


def booked(work: Work, newcomers: Sequence[Newcomer]) -> list[Deduction | Posting]:
    """The rows that book invoices that have their place, as proposed; fixes their approved sums."""
    counting = [(one.row, one.facts, one.ruled) for one in newcomers if one.counts]
    return begin(work.session, counting, work.time)


def _stand(row: Invoice, found: Standing, state: str, reason: dict[str, Any] | None) -> None:
    if found.state != "routed":
        state, reason = found.state, found.reason
    put(row, duplicate_of=found.duplicate_of, replaces=found.replaces, state=state, reason=reason)


def answered(session: Session, data: bytes, tenant: int) -> int | None:
    """The invoice of a tenant that a mail answers our answer about; None if it is no such reply, or of several."""
    fields = [value for name, value in heads(data) if name in ("in-reply-to", "references")]
    ours = re.compile(rf"<einvoice\.{re.escape(people.installation(session).uuid)}\.([0-9]{{1,18}})@")
    numbers = {int(number) for value in fields for number in ours.findall(value)}
    if not numbers:
        return None
    query = (
        select(Invoice.id).join(Outbox, col(Outbox.delivery_id) == Invoice.delivery_id)
        .where(col(Outbox.id).in_(numbers), Invoice.tenant_id == tenant)
        .where(col(Invoice.state).in_(("rejected", "returned")))
    )  # fmt: skip
    found = session.exec(query).all()
    return found[0] if len(found) == 1 else None
