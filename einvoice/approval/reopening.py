"""Reopening a closed batch: by two persons always, and never once the accounting system has answered (F33)."""

from sqlmodel import Session, col, select

from einvoice.approval.acknowledging import ANSWERED
from einvoice.approval.batches import name, rows_of
from einvoice.approval.kind import Change, Kind, Value
from einvoice.errors import Refused
from einvoice.render.states import BATCHES
from einvoice.store.tables import Batch, Invoice
from einvoice.store.work import Work

_REOPENABLE = ("closed", "exported")
_WHO = frozenset({"administrator", "cash", "authoriser"})


def _batch(session: Session, tenant: int | None, subject: str) -> Batch:
    found = session.get(Batch, int(subject)) if subject.isdigit() else None
    if found is None or found.tenant_id != tenant:
        raise Refused(f"There is no batch {subject}.", f"Es gibt keinen Stapel {subject}.")
    return found


def _now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    batch = _batch(session, tenant, subject)
    return {"state": batch.state, "digest": batch.digest}


def _check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    batch = _batch(session, tenant, subject)
    if not str((new or {}).get("reason") or "").strip():
        raise Refused("A reason is needed.", "Bitte einen Grund angeben.")
    if batch.state not in _REOPENABLE:
        raise Refused(
            f"Batch {name(batch)} is {batch.state}: only a closed one can be reopened.",
            f"Stapel {name(batch)} ist {BATCHES[batch.state][0]}: nur ein geschlossener kann geöffnet werden.",
        )
    answered = [row.position for row in rows_of(session, batch.id or 0) if _answered(row.result)]
    if answered:
        which = ", ".join(map(str, answered))
        raise Refused(
            f"Batch {name(batch)} is acknowledged already (rows {which}) and stays as it is.",
            f"Stapel {name(batch)} ist schon quittiert (Zeilen {which}) und bleibt, wie er ist.",
        )


def _answered(result: Value) -> bool:
    return (result or {}).get("state") in ANSWERED


def _apply(work: Work, change: Change) -> None:
    """The batch keeps number, rows and files as a record; its invoices are authorised as before."""
    query = select(Batch).where(Batch.id == int(change.subject)).with_for_update()
    batch = work.session.exec(query).one()
    reason = str((change.new or {}).get("reason") or "")
    rows = [row for row in rows_of(work.session, batch.id or 0) if row.live]
    by = {"by": change.decided_by, "time": work.time}
    for row in rows:
        row.live, row.result = False, {"state": "reopened", **by}
        work.session.add(row)
    ids = [row.invoice_id for row in rows]
    for invoice in work.session.exec(select(Invoice).where(col(Invoice.id).in_(ids)).with_for_update()):
        invoice.state, invoice.since = "authorised", work.time
        invoice.reason = {"code": "batch-reopened", "batch": name(batch), "text": reason}
        work.session.add(invoice)
    batch.state = "reopened"
    work.session.add(batch)
    said = {"reason": reason, "proposed_by": change.proposed_by, "decided_by": change.decided_by}
    work.event("batch-reopened", batch, said)


def _named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    batch = session.get(Batch, int(subject)) if subject.isdigit() else None
    called = f"{subject} ({name(batch)})" if batch is not None else subject
    return called, called


REOPEN = Kind(
    "Stapel öffnen",
    "reopen batch",
    _now,
    _apply,
    _check,
    _named,
    proposers=_WHO,
    deciders=_WHO,
    alone=False,
)
