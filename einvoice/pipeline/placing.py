"""Routed → its place in the tenant: the state an invoice begins with there, what it duplicates or replaces, its
identity, its creditor, and its proposed postings."""

import re
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval import creditors
from einvoice.approval.proposing import Fits, begin
from einvoice.formats.mail import heads
from einvoice.intake.checking import Facts
from einvoice.intake.duplicates import Standing, new_identities, standing
from einvoice.pipeline.house import Decision
from einvoice.store import people
from einvoice.store.tables import Invoice, Outbox
from einvoice.store.work import Work


def place_in_tenant(
    work: Work,
    row: Invoice,
    facts: Facts,
    town: Decision | None,
    answered: int | None = None,
    ruled: Sequence[Fits] = (),
    anyway: bool = False,
) -> None:
    """Gives an invoice its state in its tenant.

    town: what the town's own rules and policy make of it; answered: the invoice whose answer it replies to;
    ruled: what its posting rules say; anyway: a person takes it over although it was rejected.
    """
    state, reason = town or ("routed", None)
    if not anyway and (row.verdict == "rejected" or state == "rejected"):
        row.state, row.reason = "rejected", reason if row.verdict != "rejected" else None
        return
    found = standing(work.session, row, answered)
    creditors.record(work, row)
    _stand(row, found, state, reason)
    work.add(*new_identities(work.session, row))
    begin(work, row, facts, ruled)


def _stand(row: Invoice, found: Standing, state: str, reason: dict[str, Any] | None) -> None:
    row.duplicate_of, row.replaces = found.duplicate_of, found.replaces
    if found.state != "routed":
        row.state, row.reason = found.state, found.reason
    else:
        row.state, row.reason = state, reason


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
