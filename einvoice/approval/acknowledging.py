"""What the accounting system answers to a batch, row by row or as a whole: accepted under a number, or rejected.

A rejected invoice goes back to the clerk and has to be approved anew; its row never lives again. The same answer
again changes nothing, another one is refused: what was booked is not undone by a file that comes later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from einvoice.approval.batches import name, opened_by_cash, rows_of
from einvoice.approval.cashier import said_of
from einvoice.approval.persons import Actor
from einvoice.approval.refusals import logged
from einvoice.approval.signing import begin_anew
from einvoice.errors import Refused
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Batch, BatchRow, Invoice
from einvoice.store.work import Work

ANSWERED = ("accepted", "rejected")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one row, by its position in the batch; position None: to all rows without one of their own.

    voucher: the number under which it is booked, of an accepted one; reason: why, of a rejected one.
    """

    position: int | None
    accepted: bool
    voucher: str | None = None
    reason: str | None = None

    def plain(self) -> dict[str, str]:
        """As a row keeps it."""
        said = {"state": "accepted" if self.accepted else "rejected"}
        return said | {k: v for k, v in (("voucher", self.voucher), ("reason", self.reason)) if v}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What an acknowledgement did: rows newly accepted, newly rejected, answered so before, without an answer yet."""

    accepted: int = 0
    rejected: int = 0
    known: int = 0
    open: int = 0


@repeated
def acknowledge(store: Store, who: Actor, batch_id: int, answers: Sequence[Answer]) -> Acknowledged:
    """Writes down the answers to an exported batch, all or none. Needs the role cash.

    Raises Refused for a batch that was not exported, a row it has not, a rejection without its reason, two answers to
    one row, or an answer other than the one there is.
    """
    with logged(store, who, "acknowledge", f"batch/{batch_id}"), store.writing(who.person_id) as work:
        batch, _, acting = opened_by_cash(work, who, batch_id, "exported", "acknowledged")
        rows = rows_of(work.session, batch_id)
        new = _new(batch, rows, _by_row(rows, answers))
        for row, answer in new:
            _answer(work, who, batch, row, answer)
        states = [(row.result or {}).get("state") for row in rows]
        done = Acknowledged(
            accepted=sum(answer.accepted for _, answer in new),
            rejected=sum(not answer.accepted for _, answer in new),
            known=sum(state in ANSWERED for state in states) - len(new),
            open=sum(state not in ANSWERED for state in states),
        )
        if not new:
            return done
        if not done.open:
            batch.state = "acknowledged"
        batch.acknowledgement = {
            "time": work.time,
            "by": who.person_id,
            **{state: states.count(state) for state in ANSWERED},
        }
        work.session.add(batch)
        said = [{"position": row.position, **answer.plain()} for row, answer in new]
        work.event("batch-acknowledged", batch, {"rows": said, **said_of(acting)})
    return done


def _by_row(rows: Iterable[BatchRow], answers: Sequence[Answer]) -> dict[int, Answer]:
    """The answer to each row that has one."""
    for one in answers:
        if not one.accepted and not (one.reason or "").strip():
            raise Refused("A rejection needs its reason.", "Eine Ablehnung braucht ihren Grund.")
    own = {one.position: one for one in answers if one.position is not None}
    whole = [one for one in answers if one.position is None]
    if len(own) + len(whole) != len(answers) or len(whole) > 1:
        raise Refused("There are two answers to one row.", "Zu einer Zeile gibt es zwei Antworten.")
    if unknown := sorted(own.keys() - {row.position for row in rows}):
        which = ", ".join(map(str, unknown))
        raise Refused(f"The batch has no row {which}.", f"Der Stapel hat keine Zeile {which}.")
    found = {row.position: own.get(row.position, *whole[:1]) for row in rows}
    return {position: answer for position, answer in found.items() if answer is not None}


def _new(
    batch: Batch, rows: Iterable[BatchRow], answers: Mapping[int, Answer]
) -> list[tuple[BatchRow, Answer]]:
    """The rows that are answered for the first time. Raises Refused where another answer is there."""
    new = []
    for row in rows:
        answer = answers.get(row.position)
        if answer is None:
            continue
        known: dict[str, Any] = {
            k: v for k, v in (row.result or {}).items() if k in ("state", "voucher", "reason")
        }
        if not known:
            new.append((row, answer))
        elif known != answer.plain():
            raise Refused(
                f"Batch {name(batch)}, row {row.position} is answered already: {_said(known)}.",
                f"Stapel {name(batch)}, Zeile {row.position} ist schon quittiert: {_said(known)}.",
            )
    return new


def _said(known: Mapping[str, Any]) -> str:
    return ", ".join(str(known[key]) for key in ("state", "voucher", "reason") if key in known)


def _answer(work: Work, who: Actor, batch: Batch, row: BatchRow, answer: Answer) -> None:
    row.result = {**answer.plain(), "by": who.person_id, "time": work.time}
    invoice = work.session.exec(select(Invoice).where(Invoice.id == row.invoice_id).with_for_update()).one()
    invoice.since = work.time
    if answer.accepted:
        invoice.state = "acknowledged"
    else:
        row.live = False
        begin_anew(invoice)
        invoice.state = "routed"
        invoice.reason = {"code": "batch-rejected", "batch": name(batch), "text": answer.reason or ""}
        work.event("invoice-reopened", invoice)
    work.session.add_all([row, invoice])
